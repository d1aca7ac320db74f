from collections.abc import Iterator, Mapping

import pytest
import redis

from infra.embedded import EmbeddedServices
from infra.redis import connect_redis
from streams.rules.catalogue import Catalogue, build_catalogue
from tests.rules.given import real_catalogue


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A Redis for all desks; each writes under a name of its own."""
    with EmbeddedServices(tmp_path_factory.mktemp("desk"), with_kafka=False) as services:
        yield connect_redis(services.redis)


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """Build the catalogue once for all replays: that alone takes longer than the rest."""
    known = real_catalogue()

    def build(files: Mapping[str, str]) -> Catalogue:
        return known if files == known.files else build_catalogue(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.replay.catalogues.build_catalogue", build)
        yield
