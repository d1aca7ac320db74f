from pathlib import Path

import pytest

from infra.catalogue_files import read_catalogue
from streams.rules.catalogue import Catalogue, build_catalogue

FOLDER = Path(__file__).parents[2] / "catalogue"


@pytest.fixture(scope="session")
def catalogue_files() -> dict[str, str]:
    return read_catalogue(FOLDER)


@pytest.fixture(scope="session")
def catalogue(catalogue_files: dict[str, str]) -> Catalogue:
    return build_catalogue(catalogue_files)
