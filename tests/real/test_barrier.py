"""Promise 2: no pass while an entry was acknowledged before the event was published."""

import time
from datetime import timedelta
from itertools import count

import pytest
from confluent_kafka import Producer

from schemas.times import legal_day
from tests.real.checker import Checker
from tests.real.city import City, producer_settings
from tests.real.scenario import Day, firm
from tests.trigger.messages import (
    Json,
    Watermarks,
    change,
    event,
    on_events,
    on_lists,
    partition_of,
)

pytestmark = pytest.mark.connected
ROUNDS = 150


class OtherWriter:
    """Somebody else who writes to `credit.lists` in transactions, and takes his time."""

    def __init__(self, city: City) -> None:
        settings = {**producer_settings(city.kafka), "transactional.id": "another-importer"}
        self._producer = Producer(settings)
        self._producer.init_transactions(30)

    def open(self, messages: list[Json]) -> None:
        """Begin a transaction that holds *messages*, acknowledged but not committed."""
        self._producer.begin_transaction()
        for message in messages:
            sent = on_lists(message)
            self._producer.produce(sent.topic, sent.value, sent.key, sent.partition)
        assert self._producer.flush(30) == 0

    def commit(self) -> None:
        """Commit what is open."""
        self._producer.commit_transaction(30)

    def abort(self) -> None:
        """Drop what is open."""
        self._producer.abort_transaction(30)


def one_in_each_partition(first: int) -> list[str]:
    """Return four organisations, one in each partition, numbered from *first* on."""
    found: dict[int, str] = {}
    for number in count(first):
        found.setdefault(partition_of(firm(number)), firm(number))
        if len(found) == 4:
            return [found[partition] for partition in sorted(found)]
    raise AssertionError


def entered(day: Day, subject: str, name: str) -> Json:
    since = legal_day(day.now) - timedelta(days=60)
    return change(subject, "licence-bar", entry_id=name, since=since, time=day.now)


@pytest.mark.parametrize("outcome", ["commit", "abort"])
def test_an_entry_behind_somebodys_open_transaction_still_stops(
    city: City, checker: Checker, day: Day, outcome: str
) -> None:
    city.send(day.lists(Watermarks()))
    trigger = city.trigger()
    trigger.wait_ready()
    other = OtherWriter(city)
    strangers, subjects = one_in_each_partition(900_000), one_in_each_partition(910_000)
    other.open([entered(day, s, f"open-{s}") for s in strangers])
    city.send(on_lists(entered(day, s, f"late-{s}")) for s in subjects)  # acknowledged here
    city.send(on_events(event(s, event_id=f"event-{s}", time=day.now)) for s in subjects)
    time.sleep(3.0)
    checker.read_to_end()
    early = checker.books.verdicts()
    assert early == {}, "decided before the lists were read to their end"
    getattr(other, outcome)()
    books = checker.wait_for(decisions=4)
    assert set(books.verdicts().values()) == {"deny"}
    city.send(on_events(event(s, event_id=f"stranger-{s}", time=day.now)) for s in strangers)
    books = checker.wait_for(decisions=8)
    told = {books.verdicts()[f"stranger-{s}"] for s in strangers}
    assert told == ({"deny"} if outcome == "commit" else {"pass"})


def test_an_entry_acknowledged_just_before_the_event_always_stops(
    city: City, checker: Checker, day: Day
) -> None:
    """Again and again, with another writer's transactions coming and going."""
    city.send(day.lists(Watermarks()))
    trigger = city.trigger()
    trigger.wait_ready()
    other = OtherWriter(city)
    producer = Producer({**producer_settings(city.kafka), "linger.ms": 0})
    for number in range(ROUNDS):
        subject, stranger = firm(920_000 + number), firm(930_000 + number)
        other.open([entered(day, stranger, f"other-{number}")])
        for sent in (
            on_lists(entered(day, subject, f"just-{number}")),
            on_events(event(subject, event_id=f"event-{number}", time=day.now)),
        ):
            producer.produce(sent.topic, sent.value, sent.key, sent.partition)
            assert producer.flush(30) == 0
        other.commit()
    books = checker.wait_for(decisions=ROUNDS)
    books.assert_nothing_twice()
    assert set(books.verdicts().values()) == {"deny"}
