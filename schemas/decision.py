"""What the trigger decided about one event, and everything needed to decide it again."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Count, Model, Short, Text
from schemas.cloudevent import CloudEvent, EventId, Source
from schemas.department_event import ConsortiumParent
from schemas.times import Day, Instant
from schemas.uscc import Uscc

DECISION_MADE = "credit.decision.made"


class Verdict(StrEnum):
    """What the business system is told; ordered from mild to strict in `STRICTNESS`."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    HOLD = "hold"
    DENY = "deny"


STRICTNESS = (Verdict.PASS, Verdict.HOLD, Verdict.DENY)


class EventRef(Model):
    """The event that was decided."""

    source: Source
    id: EventId
    type: Short
    time: Instant


class ActionRef(Model):
    """An action of this decision, as it stands with this decision."""

    action_id: Short
    effect: Short
    state: Short


class DecisionReason(Model):
    """One reason, with the closed `code` and the words for a human in both languages."""

    code: Short
    zh: Text
    en: Text
    measure_id: Short | None = None
    list_code: Short | None = None
    entry_id: Short | None = None


class EntryRef(Model):
    """An entry that some measure looked at."""

    list_code: Short
    entry_id: Short
    revision: Count


class Position(Model):
    """The next offset to read: everything before it in the partition was known."""

    partition: Annotated[int, Field(ge=0)]
    offset: Count


class EventPosition(Model):
    """Where the decided event lies."""

    topic: Short
    partition: Annotated[int, Field(ge=0)]
    offset: Count


class DecisionData(Model):
    """`data` of a decision. `sequence` 0, then +1 each time the event is decided again."""

    decision_id: Short
    sequence: Count
    event: EventRef
    department: Uscc
    item_code: Short
    application_no: Short
    verdict: Literal["pass", "hold", "deny"]
    actions: list[ActionRef]
    reasons: list[DecisionReason]
    entries: list[EntryRef]
    decided_at: Instant
    cause: Literal["event", "list", "review", "time"]
    catalogue_version: Short
    event_position: EventPosition
    list_position: Position
    review_position: Position
    day: Day
    consortium_of: ConsortiumParent | None = None
    members: list[Uscc] = Field(default_factory=list)
    watermark_position: Position | None = None


class Decision(CloudEvent):
    """A message on `credit.decisions`, id `<decision_id>/<sequence>`."""

    type: Literal["credit.decision.made"]
    data: DecisionData
