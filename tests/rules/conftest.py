import pytest

from streams.rules.catalogue import Catalogue
from tests.rules.given import real_catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return real_catalogue()
