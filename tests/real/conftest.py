from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.times import SHANGHAI
from tests.real.checker import Checker
from tests.real.city import City
from tests.real.scenario import Day
from tests.real.servers import kafka_server
from tests.streams.followed_city import FollowedCity
from tests.trigger.messages import Watermarks

EVENTS = 24_000


@pytest.fixture(scope="session")
def day() -> Day:
    """The day that every run lives through."""
    return Day(EVENTS, datetime.now(SHANGHAI))


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city whose servers nobody else uses."""
    founded = City(tmp_path)
    try:
        founded.start()
        yield founded
    finally:
        founded.close()


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[FollowedCity]:
    """A city of role `streams` alone, on a broker of its own, on a Friday."""
    server, kafka = kafka_server()
    try:
        server.start()
        made = FollowedCity(kafka, tmp_path, date(2026, 6, 19))
        yield made
        made.end()
    finally:
        server.remove()


@pytest.fixture
def checker(city: City) -> Iterator[Checker]:
    """Reads what the city's trigger commits."""
    reader = Checker(city.kafka)
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def undisturbed(day: Day, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run comes to that nothing disturbs."""
    city = City(tmp_path_factory.mktemp("undisturbed"))
    try:
        city.start()
        city.send(day.lists(Watermarks()))
        city.send(day.messages())
        checker = Checker(city.kafka)
        trigger = city.trigger()
        expected = day.expected()
        books = checker.wait_for(
            decisions=len(expected.verdicts), dead_letters=expected.dead_letters
        )
        assert trigger.stop() == 0, trigger.said()[-2000:]
        checker.read_to_end()
        books.assert_as_expected(expected)
        checker.close()
        return books.essence()
    finally:
        city.close()
