"""What a report needs of a message, and the day in Shanghai on which each input counts.

| input | counts on |
|---|---|
| tally | the business day of each of its counts |
| action | the day of the message's `time`, when the change happened |
| decision | the business day of its event; only its first (`sequence` 0) |
| receipt | the day of `at`, when the department reported |

Each fact carries the identity of its message. Facts are ordered, so that of two with one
identity the same one is taken whatever the order in which they came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

from schemas import lean
from schemas.action import Action
from schemas.receipt import Receipt
from schemas.tally import Tally
from schemas.times import SHANGHAI, read_instant

Identity = tuple[str, str]


class Fact(Protocol):
    """Whatever has the identity of its message and an order."""

    @property
    def identity(self) -> Identity:
        """Source and id of the message."""

    def __lt__(self, other: Any, /) -> bool:
        """Order facts of one kind."""


@dataclass(frozen=True, order=True)
class Tallied:
    """One tally: (business day, department, family, stage, verdict, n) of each of its counts."""

    identity: Identity
    counts: tuple[tuple[date, str, str, str, str, int], ...]


@dataclass(frozen=True, order=True)
class Change:
    """One revision of an action; `due_on` and `reason` are empty where there is none."""

    identity: Identity
    action_id: str
    revision: int
    change: str
    at: datetime
    department: str
    measure_id: str
    measure_version: str
    effect: str
    state: str
    due_on: date
    due_provisional: bool
    reason: str
    objection_at: datetime


@dataclass(frozen=True, order=True)
class Answer:
    """One receipt."""

    identity: Identity
    action_id: str
    department: str
    at: datetime
    receipt_id: str
    outcome: str
    reason_code: str


@dataclass(frozen=True, order=True)
class Decided:
    """The first decision on one event, by the event's business time."""

    identity: Identity
    day: date
    department: str
    family: str
    stage: str
    verdict: str


NEVER = date.max
NO_OBJECTION = datetime.max.replace(tzinfo=UTC)
WITHOUT_REASON = "other"
WITHDRAWAL_REASONS = frozenset(
    ["repaired", "expired", "annulled", "corrected", "early", "superseded", "overturned"]
)


def day_of(instant: datetime) -> date:
    """Return the day of *instant* in Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def tallied_of(message: Tally) -> Tallied:
    """Return what a report needs of a tally."""
    return Tallied(
        (message.source, message.id),
        tuple(
            (row.day, row.department, row.family, row.stage, row.verdict, row.n)
            for row in message.data.counts
        ),
    )


def change_of(message: Action) -> Change:
    """Return what a report needs of one revision of an action."""
    data = message.data
    return Change(
        identity=(message.source, message.id),
        action_id=data.action_id,
        revision=data.revision,
        change=message.type.removeprefix("credit.action."),
        at=message.time,
        department=data.department,
        measure_id=data.measure.id,
        measure_version=data.measure.version,
        effect=data.effect,
        state=data.state,
        due_on=data.due_on or NEVER,
        # Without a receipt's term it says the same of the review's.
        due_provisional=data.due_provisional and data.due_on is not None,
        # A closed set: what a reviewer wrote freely must not turn up in a report.
        reason=data.reason if data.reason in WITHDRAWAL_REASONS else WITHOUT_REASON,
        objection_at=data.objection.marked_at if data.objection else NO_OBJECTION,
    )


def answer_of(message: Receipt) -> Answer:
    """Return what a report needs of a receipt."""
    data = message.data
    return Answer(
        (message.source, message.id),
        data.action_id,
        data.department,
        data.at,
        data.receipt_id,
        data.outcome,
        data.reason_code or WITHOUT_REASON,
    )


def decided_of(message: lean.Envelope[lean.DecisionData]) -> Decided | None:
    """Return what a report needs of a decision; None for a decision made again.

    Of the lean twin: there is one for each event, a million on a busy day.
    """
    data = message.data
    if data.sequence:
        return None
    _, family, stage = data.event.type.split(".", 2)
    return Decided(
        (message.source, message.id),
        day_of(read_instant(data.event.time).instant),
        data.department,
        family,
        stage,
        data.verdict,
    )


F = TypeVar("F", bound=Fact)


def once_each(facts: Iterable[F]) -> Iterator[F]:
    """Yield one fact for each identity, the same ones for any order and any repetition."""
    kept: dict[Identity, F] = {}
    for fact in facts:
        before = kept.get(fact.identity)
        if before is None or fact < before:
            kept[fact.identity] = fact
    return iter(kept.values())
