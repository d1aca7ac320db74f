from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServices]:
    with EmbeddedServices(tmp_path_factory.mktemp("embedded")) as services:
        yield services


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, without a `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
