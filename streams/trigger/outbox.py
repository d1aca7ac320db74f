"""What one batch writes: records for Kafka, and the counts that go with them."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from confluent_kafka import Message

from infra.kafka import refused_from
from schemas import topics
from schemas.action import ActionChange
from schemas.alert import ALERT_RAISED
from schemas.cloudevent import CONTENT_TYPE
from schemas.decision import DECISION_MADE
from schemas.errors import RejectRecordError
from schemas.ids import identity
from schemas.lean import (
    ActionData,
    AlertData,
    DecisionData,
    Outgoing,
    TallyCount,
    TallyData,
    encode,
)
from schemas.set_aside import set_aside
from schemas.tally import TALLY_COUNTED
from schemas.times import format_instant
from streams.trigger.tally import Tally
from streams.trigger.transaction import Record

Headers = list[tuple[str, str | bytes | None]]
HEADERS: Headers = [("content-type", CONTENT_TYPE.encode())]
_TO_ONE_PARTITION = 0


Sink = Callable[[list[Record]], None]


class Outbox:
    """Collects the records of one batch; `now` is the batch's instant in text.

    With a sink they are handed on at each `hand_on`, so that Kafka works while more is folded.
    """

    def __init__(self, at: datetime, sink: Sink | None = None) -> None:
        self._sink = sink
        self.at = at
        self.now = format_instant(at)
        self.records: list[Record] = []
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.actions: Counter[tuple[str, str]] = Counter()
        self.alerts: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.shadows: Counter[str] = Counter()
        self._tallies: dict[tuple[str, int], dict[tuple[str, str, str, str], Tally]] = {}

    def hand_on(self) -> None:
        """Hand what was collected to the sink, if there is one."""
        if self._sink is not None and self.records:
            self._sink(self.records)
            self.records = []

    def decision(
        self, partition: int, subject: str, data: DecisionData, traceparent: str | None
    ) -> None:
        """Add one decision."""
        value = decision_bytes(subject, data, traceparent)
        self.records.append((topics.DECISIONS, partition, subject.encode(), value, HEADERS))

    def action(
        self,
        partition: int,
        subject: str,
        change: ActionChange,
        data: ActionData,
        traceparent: str | None,
    ) -> None:
        """Add one change of an action."""
        message = Outgoing(
            f"{data.action_id}/{data.revision}",
            topics.TRIGGER_SOURCE,
            f"credit.action.{change.value}",
            subject,
            self.now,
            data,
            traceparent,
        )
        self.records.append((topics.ACTIONS, partition, subject.encode(), encode(message), HEADERS))
        self.actions[data.effect, change.value] += 1

    def alert(self, data: AlertData) -> None:
        """Add one alert."""
        self.alerts[data.kind] += 1
        message = Outgoing(
            data.alert_id,
            topics.TRIGGER_SOURCE,
            ALERT_RAISED,
            data.department,
            data.raised_at,
            data,
        )
        self.records.append(
            (topics.ALERTS, _TO_ONE_PARTITION, data.department.encode(), encode(message), HEADERS)
        )

    def state(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Add one record of working state; without *value* it is deleted."""
        self.records.append((topics.STATE, partition, key, value, None))

    def tally(self, where: tuple[str, int], of: tuple[str, str, str, str]) -> Tally:
        """Return what counts the decisions on the input partition *where* that have this in common.

        *of*: department, family, stage, verdict.
        """
        tallies = self._tallies.setdefault(where, {})
        found = tallies.get(of)
        if found is None:
            found = tallies[of] = Tally()
        return found

    def tallied(self) -> list[tuple[str, str, str, str]]:
        """Return what the decisions counted so far have in common: see `tally`."""
        return [of for tallies in self._tallies.values() for of in tallies]

    def tallies(self) -> None:
        """Add the tallies of the batch, one for each input partition and department."""
        for where, tallies in self._tallies.items():
            batch = f"{where[0]}/{where[1]}/{max(tally.last for tally in tallies.values())}"
            counts = sorted(
                (day, of, n) for of, tally in tallies.items() for day, n in tally.days().items()
            )
            by_department: dict[str, list[TallyCount]] = {}
            for day, (department, family, stage, verdict), n in counts:
                by_department.setdefault(department, []).append(
                    TallyCount(date.fromisoformat(day), department, family, stage, verdict, n)
                )
                self.verdicts[family, verdict] += n
            for department, rows in by_department.items():
                self._tally(department, TallyData(batch, rows))

    def _tally(self, department: str, data: TallyData) -> None:
        message = Outgoing(
            identity(data.batch_id, department),
            topics.TRIGGER_SOURCE,
            TALLY_COUNTED,
            department,
            self.now,
            data,
        )
        self.records.append(
            (topics.TALLIES, _TO_ONE_PARTITION, department.encode(), encode(message), HEADERS)
        )

    def dead_letter(self, message: Message, fault: RejectRecordError) -> None:
        """Set one message aside with its reason; its value has been searched for persons."""
        letter = set_aside(refused_from(message), fault, at=self.at, searched=True)
        headers: Headers = [*letter.headers]
        self.records.append(
            (topics.DEAD_LETTERS, _TO_ONE_PARTITION, letter.key, letter.value, headers)
        )
        self.rejected[letter.reason.value] += 1


def decision_bytes(subject: str, data: DecisionData, traceparent: str | None) -> bytes:
    """Return the message that tells one decision."""
    message = Outgoing(
        f"{data.decision_id}/{data.sequence}",
        topics.TRIGGER_SOURCE,
        DECISION_MADE,
        subject,
        data.decided_at,
        data,
        traceparent,
    )
    return encode(message)
