"""The trigger's working state on `credit.state`: what a restart, or another worker, goes on from.

Keys: `<USCC>/entries`, `<USCC>/matter/<matter id>`, and in each partition `/birth`, `/position`.
"""

from typing import Annotated

from pydantic import Field

from schemas.action import ActionData
from schemas.base import Count, Model, Short
from schemas.cloudevent import EventId, Source
from schemas.department_event import ConsortiumParent, DepartmentEventData, MemberEventData
from schemas.list_change import ListChangeData
from schemas.times import Day, Instant

BIRTH_KEY = b"/birth"
POSITION_KEY = b"/position"


class Birth(Model):
    """The first record of a partition: a log made anew has another one."""

    birth_id: Short


class ListFreshness(Model):
    """The newest watermark of one list in one partition; `sound` if its digest agreed."""

    generation: Count
    published_at: Instant
    appended_at: Instant
    sound: bool


class PartitionState(Model):
    """Where the inputs of a partition are to be read on, the day it lives in, its watermarks.

    `first_published`: a list was published for the first time, and the matters that waited for it
    were decided again up to this one (USCC/matter id), in order; null if nothing is left to do.
    `logs`: the id of each topic that `inputs` counts in: one made anew under the same name has
    another, and our offsets mean nothing in it. `tidied`: a month began, and the matters were
    looked through up to this one for those to be forgotten; null if nothing is left to do.
    """

    inputs: dict[Short, Count]
    day: Day
    lists: dict[Short, ListFreshness]
    first_published: str | None = None
    logs: dict[Short, Short] = Field(default_factory=dict)
    tidied: str | None = None


class KnownEntry(Model):
    """One entry as last told, and whether it is suspended; `provider` is who told it.

    `jurisdiction`: the place of a provider that is not ours, null for one of ours.
    """

    change: ListChangeData
    suspended: bool
    provider: Source
    appended_at: Instant
    jurisdiction: Short | None = None


class Sweep(Model):
    """The running matters of a subject are to be decided again, since its entries changed.

    `after`: id of the matter up to which it was done, in order; `turn`: how many slices it took
    so far, since whoever had fewer comes first.
    """

    turn: Count = 0
    after: str = ""


class MemberChange(Model):
    """What one change does to the members of a list: revisions, empty for one that is not there."""

    offset: Count
    list_code: Short
    entry_id: Short
    before: str
    after: str


class Ahead(Model):
    """The changes of a subject before the offset `until` were folded ahead of their turn.

    An event was waiting for them. `members` of the lists change in turn, as a watermark counts
    what stands before it.
    """

    until: Count
    members: list[MemberChange]


class SubjectEntries(Model):
    """All entries, removed ones too, of one subject; `sweep` while its matters lag behind them."""

    entries: list[KnownEntry]
    sweep: Sweep | None = None
    ahead: Ahead | None = None


class DecidedEvent(Model):
    """One event of a matter; `data` stays until a later event takes its place."""

    source: Source
    id: EventId
    type: Short
    time: Instant
    content: Short | None = Field(description="hash of type, time and data, once `data` is gone")
    topic: Short
    partition: Annotated[int, Field(ge=0)]
    offset: Count
    sequence: Count
    verdict: Short
    decided_on: Day
    data: DepartmentEventData | MemberEventData | None
    consortium_of: ConsortiumParent | None = None
    reasons: str = ""


class Matter(Model):
    """Everything about (department, application, subject): identities, decisions, actions.

    `remedied`: ids of the past actions whose remedy was asked for, once each. `reviewed`: ids of
    the reviews that were looked at. `due`: the next day on which something changes by itself.
    `waits`: it is held because a list was never published.
    """

    events: list[DecidedEvent]
    actions: list[ActionData]
    closed_on: Day | None
    remedied: list[Short] = Field(default_factory=list)
    reviewed: list[Short] = Field(default_factory=list)
    due: Day | None = None
    waits: bool = False
