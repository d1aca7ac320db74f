"""A list change brings its consequence with it; whoever has many matters waits for slices."""

import json
from collections import Counter
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
    Json,
    Watermarks,
    change,
    event,
    firm,
    on_events,
    on_lists,
    on_reviews,
    partition_of,
    removal,
    review,
)

LISTS = ("licence-bar", "court-defaulter", "safety-serious", "city-focus")


@pytest.fixture
def desk(cache_server: redis.Redis) -> Iterator[Desk]:
    opened = Desk(cache_server, real_catalogue())
    yield opened
    opened.close()


def barred(desk: Desk, matters: int) -> tuple[str, Json]:
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


def actions(desk: Desk, subject: str) -> list[Json]:
    lying = desk.log.topics[topics.ACTIONS, partition_of(subject)]
    return [json.loads(m.value() or b"") for m in lying if m.key() == subject.encode()]


def withdrawn(desk: Desk, subject: str) -> int:
    return sum(told["type"] == "credit.action.withdrawn" for told in actions(desk, subject))


def kinds_of_alerts(desk: Desk) -> Counter[str]:
    lying = desk.log.topics[topics.ALERTS, 0]
    return Counter(json.loads(m.value() or b"")["data"]["kind"] for m in lying)


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


# What follows right behind a batch that Redis does not have yet.


def test_a_matter_of_the_batch_before_is_among_the_few(desk: Desk) -> None:
    subject, entered = barred(desk, 1)
    desk.send(on_events(event(subject)))
    desk.turn()
    desk.send(on_lists(removal(entered)))
    desk.turn()
    assert withdrawn(desk, subject) == 2


def test_a_review_of_an_action_of_the_batch_before_is_applied(desk: Desk) -> None:
    subject, _ = barred(desk, 0)
    desk.send(on_events(event(subject)))
    desk.turn()
    (told,) = actions(desk, subject)
    desk.send(on_reviews(review(subject, told["data"]["action_id"], "overturn")))
    desk.turn()
    assert withdrawn(desk, subject) == 1


def test_a_watermark_counts_what_the_batch_before_changed(desk: Desk) -> None:
    book, before = Watermarks(), kinds_of_alerts(desk)
    for _ in range(3):
        entered = change(firm())
        book.note(entered)
        desk.send(on_lists(entered))
    desk.turn()
    desk.send(*book.published("licence-bar", at=AT))
    desk.turn()
    assert kinds_of_alerts(desk) == before
