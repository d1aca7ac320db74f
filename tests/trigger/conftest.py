from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from tests.trigger.running import Town


@pytest.fixture(scope="package")
def shared_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A running trigger whose lists are all published; tests bring organisations of their own."""
    folder = tmp_path_factory.mktemp("town")
    with EmbeddedServices(folder) as services:
        town = Town(services, folder)
        town.start()
        town.publish_all()
        yield town
        town.close()


@pytest.fixture
def town(shared_town: Town) -> Town:
    """The shared town, with what other tests left behind read and forgotten."""
    shared_town.settle()
    return shared_town


@pytest.fixture
def new_town(tmp_path: Path) -> Iterator[Town]:
    """A town of one's own: nothing published, and no worker started."""
    with EmbeddedServices(tmp_path) as services:
        town = Town(services, tmp_path)
        yield town
        town.close()
