"""What is done to, for or about an organisation in one matter, and on what article of law."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Count, Model, Name, Short, Text
from schemas.cloudevent import CloudEvent
from schemas.decision import EntryRef, EventRef
from schemas.times import Day, Instant
from schemas.uscc import Uscc


class ActionState(StrEnum):
    """Where an action stands; the transitions are the table of contracts D."""

    IN_FORCE = "in_force"
    AWAITING_REVIEW = "awaiting_review"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    DISMISSED = "dismissed"


class ActionChange(StrEnum):
    """The message type that tells of a change, without the prefix `credit.action.`."""

    ISSUED = "issued"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"


ActionType = Literal[
    "credit.action.issued",
    "credit.action.confirmed",
    "credit.action.dismissed",
    "credit.action.suspended",
    "credit.action.resumed",
    "credit.action.amended",
    "credit.action.withdrawn",
]


class MeasureRef(Model):
    """The measure that was applied; `version` is the content hash of its file."""

    id: Short
    version: Short
    title: Name


class ActionBasis(Model):
    """One article of law that the action rests on."""

    act: Name
    article: Short
    level: Short
    url: Text
    jurisdiction: Name | None = None


class ObjectionRoute(Model):
    """Where to object and within what time."""

    to: Name
    within: Name


class ReconsiderRoute(Model):
    """Administrative reconsideration (行政复议)."""

    body: Name
    within: Name


class SueRoute(Model):
    """Administrative litigation (行政诉讼)."""

    court: Name
    within: Name


class Notice(Model):
    """The due-process packet (告知): facts, basis, term, removal, remedies, repair."""

    lang: Short
    facts: Text
    basis: Text
    measure: Text
    term: Text
    remove: Text
    object: ObjectionRoute
    reconsider: ReconsiderRoute
    sue: SueRoute
    repair: Text


class Objection(Model):
    """The mark 异议处理中, and the outcome when there is one."""

    marked_at: Instant
    outcome: Short | None = None


class ActionData(Model):
    """`data` of an action; `from` and `until` are days, `until` exclusive, null until removal."""

    action_id: Short
    revision: Count
    decision_id: Short
    event: EventRef
    entry: EntryRef
    measure: MeasureRef
    polarity: Literal["punish", "reward", "supervise"]
    effect: Short
    proposed_effect: Short | None
    force: Literal["mandatory", "discretionary"]
    verified: bool
    state: Literal["in_force", "awaiting_review", "suspended", "withdrawn", "dismissed"]
    resumes_to: Literal["in_force", "awaiting_review"] | None
    legal_basis: Annotated[list[ActionBasis], Field(min_length=1)]
    department: Uscc
    item_code: Short
    application_no: Short
    from_: Day = Field(alias="from")
    until: Day | None
    notice: Notice
    due_on: Day | None
    due_provisional: bool
    review_due_on: Day | None
    objection: Objection | None
    reason: Text | None


class Action(CloudEvent):
    """A message on `credit.actions`, id `<action_id>/<revision>`."""

    type: ActionType
    data: ActionData
