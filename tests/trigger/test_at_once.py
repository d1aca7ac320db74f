"""A list change brings its consequence with it; whoever has many matters waits for slices."""

import json
from collections.abc import Iterator

import pytest
import redis

from schemas import topics
from schemas.lean import SubjectEntries
from streams.trigger.fold_sweeps import MOST_OF_ONE
from streams.trigger.keys import entries_key
from streams.trigger.working import decode_entries
from tests.replay.desk import Desk
from tests.rules.given import real_catalogue
from tests.trigger.messages import (
    AT,
    Watermarks,
    change,
    event,
    firm,
    on_events,
    on_lists,
    partition_of,
    removal,
)

LISTS = ("licence-bar", "court-defaulter", "safety-serious", "city-focus")


@pytest.fixture
def desk(cache_server: redis.Redis) -> Iterator[Desk]:
    opened = Desk(cache_server, real_catalogue())
    yield opened
    opened.close()


def barred(desk: Desk, matters: int) -> tuple[str, dict[str, object]]:
    """Bar a new company from a licence for which it applied so often; return it, and its entry."""
    subject, book = firm(), Watermarks()
    entered = change(subject)
    book.note(entered)
    desk.send(on_lists(entered))
    for code in LISTS:
        desk.send(*book.published(code, at=AT))
    desk.settle()
    desk.send(*(on_events(event(subject)) for _ in range(matters)))
    desk.settle()
    return subject, entered


def withdrawn(desk: Desk, subject: str) -> int:
    lying = desk.log.topics[topics.ACTIONS, partition_of(subject)]
    told = [json.loads(m.value() or b"") for m in lying if m.key() == subject.encode()]
    return sum(t["type"] == "credit.action.withdrawn" for t in told)


def entries(desk: Desk, subject: str) -> SubjectEntries:
    lying = desk.log.topics[topics.STATE, partition_of(subject)]
    return decode_entries([m.value() for m in lying if m.key() == entries_key(subject)][-1])


@pytest.mark.parametrize("overlaps", [True, False])
def test_few_matters_are_decided_again_with_the_change(desk: Desk, *, overlaps: bool) -> None:
    desk.overlaps = overlaps
    subject, entered = barred(desk, MOST_OF_ONE)
    desk.send(on_lists(removal(entered)))
    desk.turn()
    assert withdrawn(desk, subject) == MOST_OF_ONE
    assert entries(desk, subject).sweep is None


def test_many_matters_are_swept(desk: Desk) -> None:
    subject, entered = barred(desk, MOST_OF_ONE + 1)
    desk.send(on_lists(removal(entered)))
    desk.turn()
    assert withdrawn(desk, subject) == 0
    assert entries(desk, subject).sweep is not None
    desk.settle()
    assert withdrawn(desk, subject) == MOST_OF_ONE + 1
    assert entries(desk, subject).sweep is None


def test_a_matter_of_the_batch_before_which_redis_lacks_is_among_the_few(desk: Desk) -> None:
    subject, entered = barred(desk, 1)
    desk.send(on_events(event(subject)))
    desk.turn()
    desk.send(on_lists(removal(entered)))
    desk.turn()
    assert withdrawn(desk, subject) == 2
