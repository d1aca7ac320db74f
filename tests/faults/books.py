"""Everything that was committed, read by another client than the trigger's, as its readers do."""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from schemas.action import Action
from schemas.alert import Alert
from schemas.decision import Decision
from schemas.list_change import ListChange
from schemas.tally import Tally
from schemas.times import from_millis, legal_day
from tests.trigger.messages import PARTITIONS

_PATIENCE_S = 150.0
_TOPICS = {
    "credit.lists": PARTITIONS,
    "credit.decisions": PARTITIONS,
    "credit.actions": PARTITIONS,
    "credit.alerts": 1,
    "credit.tallies": 1,
    "credit.dead-letters": 1,
}


class Listed(NamedTuple):
    """One change of one entry, as it lies in `credit.lists`."""

    partition: int
    offset: int
    type: str
    subject: str
    list_code: str
    entry_id: str
    revision: int
    begins: date
    ends: date | None
    removed_on: date | None
    annulled: bool


class Decided(NamedTuple):
    """One decision, as it lies in `credit.decisions`."""

    partition: int
    offset: int
    id: str
    decision_id: str
    sequence: int
    event_id: str
    source: str
    business_day: date
    subject: str
    department: str
    verdict: str
    cause: str
    day: date
    written_on: date  # by the machine's clock, whatever clock the trigger lives by
    list_offset: int
    actions: tuple[str, ...]


class Acted(NamedTuple):
    """One word about an action, as it lies in `credit.actions`."""

    partition: int
    offset: int
    id: str
    type: str
    action_id: str
    revision: int
    decision_id: str
    state: str
    subject: str
    list_code: str
    entry_id: str
    reason: str | None


@dataclass
class Books:
    """All that was committed, in the order of each partition.

    `tallied`: how many decisions the tallies count, by department and verdict. `set_aside`: where
    each dead letter came from.
    """

    lists: list[Listed] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    actions: list[Acted] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    tallied: dict[tuple[str, str], int] = field(default_factory=dict)
    set_aside: list[tuple[str, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many decisions, actions and alerts there are."""
        return len(self.decisions) + len(self.actions) + len(self.alerts)

    def enter(self, record: Any) -> None:
        """Take in one message, as kafka-python gives it."""
        partition, offset, raw = record.partition, record.offset, record.value
        match record.topic:
            case "credit.lists":
                if b"credit.list.published" not in raw:
                    self.lists.append(_listed(partition, offset, raw))
            case "credit.decisions":
                written_on = legal_day(from_millis(record.timestamp))
                self.decisions.append(_decided(partition, offset, raw, written_on))
            case "credit.actions":
                self.actions.append(_acted(partition, offset, raw))
            case "credit.alerts":
                self.alerts.append(Alert.model_validate_json(raw).id)
            case "credit.tallies":
                for count in Tally.model_validate_json(raw).data.counts:
                    where = count.department, count.verdict
                    self.tallied[where] = self.tallied.get(where, 0) + count.n
            case _:
                told = {name: value.decode() for name, value in record.headers}
                self.set_aside.append(
                    (told["dlq-topic"], told["dlq-partition"], told["dlq-offset"])
                )


class Reader:
    """Reads on from where it was, read_committed; each time with a new connection.

    A client that has lived through a dying broker may be in any state; one that starts now is in
    none.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        places = [TopicPartition(t, p) for t, n in _TOPICS.items() for p in range(n)]
        self._next = dict.fromkeys(places, 0)
        self.books = Books()
        self.open_transactions = 0  # how often somebody waited for one, and it came

    def read_until_decided(self, wanted: int, *, set_aside: int = 0) -> Books:
        """Read until so many events are decided and messages set aside, and on to the end."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self.read_to_end()
            decided = sum(each.sequence == 0 for each in self.books.decisions)
            if decided >= wanted and len(self.books.set_aside) >= set_aside:
                return self.books
            assert time.monotonic() < deadline, (
                f"{decided} of {wanted} events decided,"
                f" {len(self.books.set_aside)} of {set_aside} messages set aside"
            )
            time.sleep(0.5)

    def read_to_end(self) -> Books:
        """Read until the end that the logs have now, open transactions included."""
        ends = self._ends()
        consumer = _consumer(self._bootstrap, "read_committed", self._next)
        for where, offset in self._next.items():
            consumer.seek(where, offset)
        deadline = time.monotonic() + _PATIENCE_S
        try:
            while any(self._next[where] < end for where, end in ends.items()):
                for records in consumer.poll(timeout_ms=300).values():
                    deadline = time.monotonic() + _PATIENCE_S
                    for record in records:
                        self.books.enter(record)
                for where in self._next:
                    self._next[where] = consumer.position(where)
                assert time.monotonic() < deadline, "an open transaction holds the outputs back"
        finally:
            consumer.close()
        return self.books

    def wait_for_open_transaction(self, timeout_s: float = 20.0) -> None:
        """Return as soon as decisions lie in the log that are not committed, and count that."""
        places = [where for where in self._next if where.topic == "credit.decisions"]
        committed = _consumer(self._bootstrap, "read_committed", places)
        written = _consumer(self._bootstrap, "read_uncommitted", places)
        deadline = time.monotonic() + timeout_s
        try:
            while time.monotonic() < deadline:
                with contextlib.suppress(KafkaTimeoutError):  # a leader is still being chosen
                    if written.end_offsets(places) != committed.end_offsets(places):
                        self.open_transactions += 1
                        return
        finally:
            committed.close()
            written.close()

    def _ends(self) -> dict[TopicPartition, int]:
        consumer = _consumer(self._bootstrap, "read_uncommitted", self._next)
        try:
            return dict(consumer.end_offsets(list(self._next)))
        finally:
            consumer.close()


def _consumer(bootstrap: str, isolation: str, places: Iterable[TopicPartition]) -> KafkaConsumer:
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=5000,
    )
    consumer.assign(list(places))
    return consumer


def _listed(partition: int, offset: int, raw: bytes) -> Listed:
    told = ListChange.model_validate_json(raw)
    data = told.data
    return Listed(
        partition,
        offset,
        told.type,
        str(told.subject),
        data.list_code,
        data.entry_id,
        data.revision,
        data.effective_from,
        data.effective_until,
        data.removed_on,
        data.removal_reason == "annulled",
    )


def _decided(partition: int, offset: int, raw: bytes, written_on: date) -> Decided:
    told = Decision.model_validate_json(raw)
    data = told.data
    assert data.list_position.partition == partition, "lists of another partition were looked at"
    return Decided(
        partition,
        offset,
        told.id,
        data.decision_id,
        data.sequence,
        data.event.id,
        data.event.source,
        legal_day(data.event.time),
        str(told.subject),
        data.department,
        data.verdict,
        data.cause,
        data.day,
        written_on,
        data.list_position.offset,
        tuple(action.action_id for action in data.actions),
    )


def _acted(partition: int, offset: int, raw: bytes) -> Acted:
    told = Action.model_validate_json(raw)
    data = told.data
    return Acted(
        partition,
        offset,
        told.id,
        told.type,
        data.action_id,
        data.revision,
        data.decision_id,
        data.state,
        str(told.subject),
        data.entry.list_code,
        data.entry.entry_id,
        data.reason,
    )
