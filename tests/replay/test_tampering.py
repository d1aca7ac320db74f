"""One message dropped, changed or forged in either book, and the replay names it."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from schemas import topics
from streams.replay.differences import Difference, Kind
from streams.replay.verify import verify
from streams.replay.walk import Period
from tests.replay.desk import EVENTS, Desk, Lying
from tests.replay.histories import History
from tests.rules.given import real_catalogue
from tests.trigger.messages import (
    PARTITIONS,
    Json,
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

if TYPE_CHECKING:
    import redis

Book = list[Lying]


class Told:
    """A firm's log: decided, referred, confirmed, lifted; three decisions and three actions."""

    def __init__(self, cache_server: "redis.Redis") -> None:
        self.desk = Desk(cache_server, real_catalogue())
        history = History(self.desk)
        history.publish_all(self.desk.catalogue)
        self.desk.settle()
        self.subject, other = firm(), firm()
        self.partition = partition_of(self.subject)
        self._live(on_events(event(self.subject)), on_events(event(other)))
        entered = change(self.subject)
        self._live(on_lists(entered))
        (issued,) = self.book(topics.ACTIONS)
        action = read(issued)["data"]["action_id"]
        told = review(self.subject, action, "confirm", second_reviewer="staff-08")
        self._live(on_reviews(told))
        self._live(on_lists(removal(entered)))
        self.desk.close()

    def _live(self, *messages: Any) -> None:
        self.desk.send(*messages)
        self.desk.settle()
        self.desk.at += timedelta(seconds=10)

    def book(self, topic: str) -> Book:
        return self.desk.log.topics[topic, self.partition]

    def places(self, topic: str) -> list[int]:
        """Where this firm's messages lie: another may share its partition."""
        own = self.subject.encode()
        return [n for n, m in enumerate(self.book(topic)) if m.key() == own]

    def write(self, topic: str, book: Book) -> None:
        again = [Lying(m.sent, offset) for offset, m in enumerate(book)]
        self.desk.log.topics[topic, self.partition] = again

    def change(self, topic: str, nth: int, how: Callable[[Json], None]) -> str:
        """Change the *nth* message of this firm; return where it lies."""
        book, place = list(self.book(topic)), self.places(topic)[nth]
        body = read(book[place])
        how(body)
        sent = dataclasses.replace(book[place].sent, value=as_written(body))
        book[place] = Lying(sent, place)
        self.write(topic, book)
        return f"{topic}/{self.partition}/{place}"

    def drop(self, topic: str, nth: int) -> str:
        """Drop the *nth* message of this firm; return its id."""
        book, place = list(self.book(topic)), self.places(topic)[nth]
        gone = read(book.pop(place))
        self.write(topic, book)
        return str(gone["id"])

    def differences(self, period: Period | None = None) -> list[Difference]:
        report = verify(self.desk.log, PARTITIONS, events=EVENTS, period=period or Period())
        assert report.findings.count == len(report.findings.first)
        return report.findings.first


def read(message: Lying) -> Json:
    body: Json = json.loads(message.value() or b"")
    return body


def as_written(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture
def told(cache_server: "redis.Redis") -> Told:
    return Told(cache_server)


def test_the_log_as_it_was_written_agrees(told: Told) -> None:
    causes = [read(told.book(topics.DECISIONS)[n])["data"]["cause"] for n in told.places(topics.DECISIONS)]  # fmt: skip  # noqa: E501
    assert causes == ["event", "list", "review", "list"]
    assert len(told.places(topics.ACTIONS)) == 3
    assert told.differences() == []


@pytest.mark.parametrize("nth", range(4))
def test_a_verdict_that_was_changed_is_named_with_both_values(told: Told, nth: int) -> None:
    def forge(body: Json) -> None:
        body["data"]["verdict"] = "pass" if body["data"]["verdict"] != "pass" else "deny"

    where = told.change(topics.DECISIONS, nth, forge)
    (found,) = told.differences()
    assert (found.kind, found.origin) == (Kind.DIFFERS, where)
    assert [field.path for field in found.fields] == ["data.verdict"]


@pytest.mark.parametrize("nth", range(3))
def test_an_action_that_was_changed_is_named_and_its_wording_is_not_shown(
    told: Told, nth: int
) -> None:
    def forge(body: Json) -> None:
        body["data"]["notice"]["facts"] = "合成篡改"

    where = told.change(topics.ACTIONS, nth, forge)
    (found,) = told.differences()
    assert (found.kind, found.origin) == (Kind.DIFFERS, where)
    (field,) = found.fields
    assert field.path == "data.notice.facts"
    assert "合成" not in field.expected + field.found


@pytest.mark.parametrize("topic", [topics.DECISIONS, topics.ACTIONS])
@pytest.mark.parametrize("nth", range(3))
def test_one_byte_of_other_spelling_is_a_difference(told: Told, topic: str, nth: int) -> None:
    book, place = list(told.book(topic)), told.places(topic)[nth]
    value = (book[place].value() or b"").replace(b'{"specversion":', b'{"specversion": ', 1)
    book[place] = Lying(dataclasses.replace(book[place].sent, value=value), place)
    told.write(topic, book)
    (found,) = told.differences()
    assert found.kind is Kind.DIFFERS
    assert [field.path for field in found.fields] == ["value"]


@pytest.mark.parametrize("nth", range(4))
def test_a_decision_that_is_gone_is_missed(told: Told, nth: int) -> None:
    gone = told.drop(topics.DECISIONS, nth)
    found = told.differences()
    assert len(found) == 1
    decision = gone.partition("/")[0]
    kinds = {Kind.MISSING, Kind.UNREPRODUCED, Kind.STATE}
    assert found[0].kind in kinds
    if found[0].kind is Kind.MISSING:
        assert found[0].id.startswith(decision)


@pytest.mark.parametrize("nth", range(3))
def test_an_action_that_is_gone_is_missed(told: Told, nth: int) -> None:
    gone = told.drop(topics.ACTIONS, nth)
    (found,) = told.differences()
    assert (found.kind, found.id) == (Kind.MISSING, gone)


@pytest.mark.parametrize("topic", [topics.DECISIONS, topics.ACTIONS])
def test_what_nobody_decided_is_named(told: Told, topic: str) -> None:
    book = list(told.book(topic))
    place = told.places(topic)[1]
    body = read(book[place])
    body["data"]["application_no"] = "BX-forged"
    body["id"] = "00000000-0000-5000-8000-000000000000/0"
    key = "decision_id" if topic == topics.DECISIONS else "action_id"
    body["data"][key] = "00000000-0000-5000-8000-000000000000"
    sent = dataclasses.replace(book[place].sent, value=as_written(body))
    told.write(topic, [*book[:place], Lying(sent, place), *book[place:]])
    (found,) = told.differences()
    assert found.kind is Kind.UNREPRODUCED
    assert found.origin == f"{topic}/{told.partition}/{place}"


def test_a_decision_told_twice_is_named(told: Told) -> None:
    book, place = list(told.book(topics.DECISIONS)), told.places(topics.DECISIONS)[0]
    told.write(topics.DECISIONS, [*book, book[place]])
    (found,) = told.differences()
    assert found.kind in {Kind.UNREPRODUCED, Kind.POSITION}


def test_a_catalogue_that_nobody_kept_is_named(told: Told) -> None:
    told.desk.log.topics[topics.CATALOGUES, 0].clear()
    assert {found.kind for found in told.differences()} >= {Kind.CATALOGUE}


def test_what_was_decided_before_from_is_not_compared(told: Told) -> None:
    def forge(body: Json) -> None:
        body["data"]["verdict"] = "hold"

    told.change(topics.DECISIONS, 0, forge)
    second = read(told.book(topics.DECISIONS)[told.places(topics.DECISIONS)[1]])
    at = told.desk.at.fromisoformat(second["data"]["decided_at"])
    assert told.differences(Period(begin=at)) == []
    assert len(told.differences(Period(end=at))) == 1
    assert len(told.differences()) == 1


def test_events_that_wait_are_counted_and_are_no_finding(told: Told) -> None:
    told.desk.send(on_events(event(told.subject)), on_events(event(firm())))
    report = verify(told.desk.log, PARTITIONS, events=EVENTS, period=Period())
    assert (report.undecided, report.findings.count) == (2, 0)


def test_an_event_that_the_trigger_read_and_nobody_decided_is_missed(told: Told) -> None:
    book = list(told.book(topics.DECISIONS))
    place = told.places(topics.DECISIONS)[0]
    alone = [m for m in book if m.key() != told.subject.encode()]
    told.write(topics.DECISIONS, alone)
    told.write(topics.ACTIONS, [])
    found = told.differences()
    assert [f.kind for f in found] == [Kind.MISSING]
    assert found[0].id.endswith("/0")
    assert place >= 0
