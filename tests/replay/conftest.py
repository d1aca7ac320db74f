from collections.abc import Iterator, Mapping

import pytest

from streams.rules.catalogue import Catalogue, build_catalogue
from tests.rules.given import real_catalogue


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """Build the catalogue once for all replays: that alone takes longer than the rest."""
    known = real_catalogue()

    def build(files: Mapping[str, str]) -> Catalogue:
        return known if files == known.files else build_catalogue(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.replay.catalogues.build_catalogue", build)
        yield
