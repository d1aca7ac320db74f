import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.city import FaultyCity

SEED = int(os.environ.get("CREDIT_FAULTS_SEED") or 20260610)
_cities: list[FaultyCity] = []


@pytest.fixture(scope="session")
def _last_city_closed() -> Iterator[None]:
    yield
    while _cities:
        _cities.pop().close()


@pytest.fixture
def city(
    _last_city_closed: None, tmp_path_factory: pytest.TempPathFactory, request: Any
) -> Iterator[FaultyCity]:
    """The city that all faults happen to, one after the other; a new one after a failed test."""
    if _cities and _cities[-1].spoiled:
        _cities.pop().close()
    if not _cities:
        _cities.append(founded(tmp_path_factory.mktemp("city"), SEED))
    lent = _cities[-1]
    failed_before = request.session.testsfailed
    lent.spoiled = True
    yield lent
    lent.spoiled = request.session.testsfailed > failed_before


@pytest.fixture
def fresh_city(tmp_path: Path) -> Iterator[FaultyCity]:
    """A city of its own, for what leaves none whole; the other makes room for it."""
    while _cities:
        _cities.pop().close()
    own = founded(tmp_path, SEED)
    yield own
    own.close()


def founded(folder: Path, seed: int, **how: int) -> FaultyCity:
    """Return a city that runs; whatever goes wrong, nothing of it is left behind."""
    city = FaultyCity(folder, seed, **how)
    try:
        city.start()
    except BaseException:
        city.close()
        raise
    return city
