"""An independent clerk: reads the outputs with another client, and shares the schemas alone."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer, TopicPartition

from schemas.action import Action
from schemas.alert import Alert
from schemas.decision import Decision
from schemas.tally import Tally
from tests.real.scenario import Expected

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE_S = 120.0
_TOPICS = {
    "credit.decisions": 4,
    "credit.actions": 4,
    "credit.alerts": 1,
    "credit.tallies": 1,
    "credit.dead-letters": 1,
}


@dataclass
class Books:
    """Everything committed, in the order of each partition."""

    decisions: list[Decision] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    dead_letters: list[dict[str, str]] = field(default_factory=list)

    def verdicts(self) -> dict[str, str]:
        """Return the verdict by event id."""
        return {d.data.event.id: d.data.verdict for d in self.decisions}

    def assert_nothing_twice(self) -> None:
        """No decision, action or alert twice, no message set aside twice, tallies in step."""
        for messages in (self.decisions, self.actions, self.alerts):
            ids = Counter(message.id for message in messages)
            assert [i for i, n in ids.items() if n > 1][:5] == []
        places = [(d["dlq-topic"], d["dlq-partition"], d["dlq-offset"]) for d in self.dead_letters]
        assert len(set(places)) == len(places)
        counted: Counter[tuple[str, str]] = Counter()
        for tally in self.tallies:
            for count in tally.data.counts:
                counted[count.department, count.verdict] += count.n
        made = Counter((d.data.department, d.data.verdict) for d in self.decisions)
        assert counted == made

    def assert_as_expected(self, expected: Expected) -> None:
        """Every event decided once and as the law says, every fault set aside once."""
        self.assert_nothing_twice()
        verdicts = self.verdicts()
        assert sorted(expected.verdicts.keys() - verdicts.keys())[:5] == []
        wrong = {
            event: (verdict, expected.verdicts.get(event))
            for event, verdict in verdicts.items()
            if expected.verdicts.get(event) != verdict
        }
        assert dict(list(wrong.items())[:5]) == {}
        assert len(self.dead_letters) == expected.dead_letters

    def essence(self) -> dict[str, Any]:
        """Return what two runs over the same messages must have in common, by message id."""
        return {
            **{f"decision {d.id}": _decided(d) for d in self.decisions},
            **{f"action {a.id} {a.type}": _acted(a) for a in self.actions},
            "dead letters": Counter((d["dlq-topic"], d["dlq-reason"]) for d in self.dead_letters),
            "alerts": Counter((a.data.kind, a.data.decision_id) for a in self.alerts),
        }


def _decided(decision: Decision) -> tuple[Any, ...]:
    data = decision.data
    position = data.event_position.model_dump() if "members" not in data.event_position.topic else 0
    actions = tuple((a.action_id, a.effect, a.state) for a in data.actions)
    reasons = tuple(r.code for r in data.reasons)
    return decision.subject, data.sequence, data.verdict, actions, reasons, str(position)


def _acted(action: Action) -> tuple[Any, ...]:
    data = action.data
    return action.subject, data.effect, data.state, data.reason, data.measure, data.entry


class Checker:
    """Reads on from where it was, read_committed, as business systems do."""

    def __init__(self, bootstrap: str) -> None:
        self._places = [TopicPartition(t, p) for t, n in _TOPICS.items() for p in range(n)]
        self._consumer = _consumer(bootstrap, "read_committed")
        self._consumer.assign(self._places)
        self._consumer.seek_to_beginning(*self._places)
        self._uncommitted = _consumer(bootstrap, "read_uncommitted")
        self._uncommitted.assign(self._places)  # else it forgets where some of them are led
        self.books = Books()

    def read(self, wait_s: float = 0.2) -> int:
        """Take in what has come; return how many messages."""
        found = 0
        for records in self._consumer.poll(timeout_ms=int(wait_s * 1000)).values():
            for record in records:
                self._enter(record)
                found += 1
        return found

    def wait_for(self, *, decisions: int, dead_letters: int = 0) -> Books:
        """Read until so much is there, and on until the logs end."""
        deadline = time.monotonic() + _PATIENCE_S
        books = self.books
        while len(books.decisions) < decisions or len(books.dead_letters) < dead_letters:
            self.read()
            assert time.monotonic() < deadline, (
                f"{len(books.decisions)} of {decisions} decisions,"
                f" {len(books.dead_letters)} of {dead_letters} dead letters"
            )
        return self.read_to_end()

    def wait_for_more(self) -> None:
        """Read what is there, and wait until more was decided."""
        before = len(self.read_to_end().decisions)
        deadline = time.monotonic() + _PATIENCE_S
        while len(self.books.decisions) == before:
            self.read()
            assert time.monotonic() < deadline, "nothing is decided any more"

    def read_to_end(self) -> Books:
        """Read until the end that the logs have now, open transactions included."""
        deadline = time.monotonic() + _PATIENCE_S
        ends = self._uncommitted.end_offsets(self._places)
        while any(self._consumer.position(where) < end for where, end in ends.items()):
            self.read()
            assert time.monotonic() < deadline, "an open transaction holds the outputs back"
        return self.books

    def wait_for_open_transaction(self) -> None:
        """Return as soon as decisions lie in the log that are not committed yet."""
        deadline = time.monotonic() + _PATIENCE_S
        places = [where for where in self._places if where.topic == "credit.decisions"]
        while self._uncommitted.end_offsets(places) == self._consumer.end_offsets(places):
            assert time.monotonic() < deadline, "no transaction was ever open"

    def undone(self) -> int:
        """Return how many decisions were written and never committed."""
        self.read_to_end()
        places = [where for where in self._places if where.topic == "credit.decisions"]
        self._uncommitted.assign(places)
        self._uncommitted.seek_to_beginning(*places)
        ends = self._uncommitted.end_offsets(places)
        written = 0
        while any(self._uncommitted.position(where) < end for where, end in ends.items()):
            polled: Iterable[list[Any]] = self._uncommitted.poll(timeout_ms=200).values()
            written += sum(len(records) for records in polled)
        return written - len(self.books.decisions)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()
        self._uncommitted.close()

    def _enter(self, record: Any) -> None:
        books, raw = self.books, record.value
        match record.topic:
            case "credit.decisions":
                books.decisions.append(Decision.model_validate_json(raw))
            case "credit.actions":
                books.actions.append(Action.model_validate_json(raw))
            case "credit.alerts":
                books.alerts.append(Alert.model_validate_json(raw))
            case "credit.tallies":
                books.tallies.append(Tally.model_validate_json(raw))
            case _:
                headers = {name: value.decode() for name, value in record.headers}
                books.dead_letters.append(headers)


def _consumer(bootstrap: str, isolation: str) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        enable_auto_commit=False,
        max_poll_records=5000,
    )
