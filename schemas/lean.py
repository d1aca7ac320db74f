"""The messages as the trigger holds them: lean structs, twins of the pydantic models.

The pydantic models are the contract; these decode and encode the same JSON in a quarter of the
time. `tests/schemas/test_twins.py` holds each pair to the same refusals and the same bytes.
Instants of ours are carried as text already formatted (`schemas.times.format_instant`).
"""

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from schemas.base import MAX_FEN, MAX_NAME, MAX_SHORT, MAX_TEXT
from schemas.department_event import MAX_ATTRIBUTES, MAX_MEMBERS

Short = Annotated[str, Meta(min_length=1, max_length=MAX_SHORT)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Fen = Annotated[int, Meta(ge=0, le=MAX_FEN)]
# Its shape is read_instant's to judge, which remembers: a pattern here would cost 2 µs an event.
Instant = Annotated[str, Meta(min_length=20, max_length=64)]
Attribute = (
    bool | Annotated[int, Meta(ge=-MAX_FEN, le=MAX_FEN)] | Annotated[str, Meta(max_length=2048)]
)

T = TypeVar("T")


class Member(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Twin of `department_event.Member`."""

    uscc: str
    name: Name


class ConsortiumParent(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Twin of `department_event.ConsortiumParent`."""

    uscc: str
    source: Name
    id: Name


class EventData(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Twin of `department_event.DepartmentEventData`."""

    department: str
    item_code: Short
    item_name: Name
    application_no: Short
    subject_name: Name
    amount_fen: Fen | None = None
    region: Short | None = None
    members: Annotated[list[Member], Meta(max_length=MAX_MEMBERS)] = field(default_factory=list)
    attributes: Annotated[dict[Short, Attribute], Meta(max_length=MAX_ATTRIBUTES)] = field(
        default_factory=dict
    )


class MemberEventData(EventData, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Twin of `department_event.MemberEventData`."""

    consortium_of: ConsortiumParent


class Envelope(Struct, Generic[T], frozen=True, gc=False):
    """Twin of `cloudevent.CloudEvent` for what comes in; extensions stay in the raw message.

    `time` is text that has the shape of RFC 3339; `schemas.times.parse_instant` has the last word.
    """

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Short
    subject: str
    time: Instant
    data: T
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    traceparent: Annotated[str, Meta(max_length=MAX_SHORT)] | None = None


class ListChangeData(Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Twin of `list_change.ListChangeData`."""

    entry_id: Short
    revision: Fen
    list_code: Short
    subject_name: Name
    doc_no: Name
    recognised_by: Name
    effective_from: date
    effective_until: date | None = None
    facts: Text
    facts_code: Short | None = None
    severity: Literal["minor", "general", "serious"] | None = None
    scope: Annotated[list[Short], Meta(max_length=1000)] | None = None
    removed_on: date | None = None
    removal_reason: Literal["repaired", "expired", "annulled", "corrected", "early"] | None = None


class ReviewData(Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Twin of `review.ReviewData`."""

    review_id: Short
    action_id: Short
    outcome: Literal["confirm", "dismiss", "object", "uphold", "overturn"]
    reason: Text
    basis: Text | None = None
    reviewer: Short
    reviewer_department: str
    second_reviewer: Short | None = None
    at: Instant


class Outgoing(
    Struct,
    Generic[T],
    frozen=True,
    gc=False,
    omit_defaults=True,
    tag_field="specversion",
    tag="1.0",
):
    """The envelope of what we write; `specversion` comes first, `traceparent` only where known."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: T
    traceparent: str | None = None


class EventRef(Struct, frozen=True, gc=False):
    """Twin of `decision.EventRef`."""

    source: str
    id: str
    type: str
    time: str


class ActionRef(Struct, frozen=True, gc=False):
    """Twin of `decision.ActionRef`."""

    action_id: str
    effect: str
    state: str


class DecisionReason(Struct, frozen=True, gc=False):
    """Twin of `decision.DecisionReason`."""

    code: str
    zh: str
    en: str
    measure_id: str | None = None
    list_code: str | None = None
    entry_id: str | None = None


class EntryRef(Struct, frozen=True, gc=False):
    """Twin of `decision.EntryRef`."""

    list_code: str
    entry_id: str
    revision: int


class Position(Struct, frozen=True, gc=False):
    """Twin of `decision.Position`."""

    partition: int
    offset: int


class EventPosition(Struct, frozen=True, gc=False):
    """Twin of `decision.EventPosition`."""

    topic: str
    partition: int
    offset: int


class DecisionData(Struct, frozen=True, gc=False):
    """Twin of `decision.DecisionData`."""

    decision_id: str
    sequence: int
    event: EventRef
    department: str
    item_code: str
    application_no: str
    verdict: str
    actions: tuple[ActionRef, ...]
    reasons: tuple[DecisionReason, ...]
    entries: tuple[EntryRef, ...]
    decided_at: str
    cause: str
    catalogue_version: str
    event_position: EventPosition
    list_position: Position
    review_position: Position
    day: str
    consortium_of: ConsortiumParent | None = None
    members: tuple[str, ...] = ()
    watermark_position: Position | None = None


class MeasureRef(Struct, frozen=True, gc=False):
    """Twin of `action.MeasureRef`."""

    id: str
    version: str
    title: str


class ActionBasis(Struct, frozen=True, gc=False):
    """Twin of `action.ActionBasis`."""

    act: str
    article: str
    level: str
    url: str
    jurisdiction: str | None = None


class ObjectionRoute(Struct, frozen=True, gc=False):
    """Twin of `action.ObjectionRoute`."""

    to: str
    within: str


class ReconsiderRoute(Struct, frozen=True, gc=False):
    """Twin of `action.ReconsiderRoute`."""

    body: str
    within: str


class SueRoute(Struct, frozen=True, gc=False):
    """Twin of `action.SueRoute`."""

    court: str
    within: str


class Notice(Struct, frozen=True, gc=False):
    """Twin of `action.Notice`."""

    lang: str
    facts: str
    basis: str
    measure: str
    term: str
    remove: str
    object: ObjectionRoute
    reconsider: ReconsiderRoute
    sue: SueRoute
    repair: str


class Objection(Struct, frozen=True, gc=False):
    """Twin of `action.Objection`."""

    marked_at: str
    outcome: str | None = None


class ActionData(Struct, frozen=True, gc=False):
    """Twin of `action.ActionData`."""

    action_id: str
    revision: int
    decision_id: str
    event: EventRef
    entry: EntryRef
    measure: MeasureRef
    polarity: str
    effect: str
    proposed_effect: str | None
    force: str
    verified: bool
    state: str
    resumes_to: str | None
    legal_basis: tuple[ActionBasis, ...]
    department: str
    item_code: str
    application_no: str
    from_: date = field(name="from")
    until: date | None
    notice: Notice
    due_on: date | None
    due_provisional: bool
    review_due_on: date | None
    objection: Objection | None
    reason: str | None


class AlertData(Struct, frozen=True, gc=False):
    """Twin of `alert.AlertData`."""

    alert_id: str
    kind: str
    urgency: str
    department: str
    uscc: str | None
    action_id: str | None
    decision_id: str | None
    text_zh: str
    text_en: str
    raised_at: str


class TallyCount(Struct, frozen=True, gc=False):
    """Twin of `tally.TallyCount`."""

    day: date
    department: str
    family: str
    stage: str
    verdict: str
    n: int


class TallyData(Struct, frozen=True, gc=False):
    """Twin of `tally.TallyData`."""

    batch_id: str
    counts: list[TallyCount]


class KnownEntry(Struct, frozen=True, gc=False):
    """Twin of `state.KnownEntry`."""

    change: ListChangeData
    suspended: bool
    provider: str
    appended_at: str
    jurisdiction: str | None = None


class Sweep(Struct, frozen=True, gc=False):
    """Twin of `state.Sweep`."""

    turn: int = 0
    after: str = ""


class MemberChange(Struct, frozen=True, gc=False):
    """Twin of `state.MemberChange`."""

    offset: int
    list_code: str
    entry_id: str
    before: str
    after: str


class Ahead(Struct, frozen=True, gc=False):
    """Twin of `state.Ahead`."""

    until: int
    members: tuple[MemberChange, ...]


class SubjectEntries(Struct, frozen=True, gc=False):
    """Twin of `state.SubjectEntries`."""

    entries: tuple[KnownEntry, ...]
    sweep: Sweep | None = None
    ahead: Ahead | None = None


class ListFreshness(Struct, frozen=True, gc=False):
    """Twin of `state.ListFreshness`."""

    generation: int
    published_at: datetime
    appended_at: datetime
    sound: bool


class PartitionState(Struct, frozen=True):
    """Twin of `state.PartitionState`."""

    inputs: dict[str, int]
    day: date
    lists: dict[str, ListFreshness]
    first_published: str | None = None
    logs: dict[str, str] = {}
    tidied: str | None = None


class DecidedEvent(Struct, frozen=True, gc=False):
    """Twin of `state.DecidedEvent`; `data` is kept as the bytes to hash, or `null`."""

    source: str
    id: str
    type: str
    time: str
    content: str | None
    topic: str
    partition: int
    offset: int
    sequence: int
    verdict: str
    decided_on: date
    data: msgspec.Raw
    consortium_of: ConsortiumParent | None = None
    reasons: str = ""


NO_DATA = msgspec.Raw(b"null")


class Matter(Struct, frozen=True, gc=False):
    """Twin of `state.Matter`."""

    events: tuple[DecidedEvent, ...]
    actions: tuple[ActionData, ...]
    closed_on: date | None
    remedied: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()
    due: date | None = None
    waits: bool = False


encode = msgspec.json.Encoder(order=None).encode
encode_sorted = msgspec.json.Encoder(order="deterministic").encode
