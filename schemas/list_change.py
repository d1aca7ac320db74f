"""What a court, a ministry or another city says about one entry of one list."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Count, Model, Name, Short, Text
from schemas.cloudevent import CloudEvent, DepartmentKeyedEvent
from schemas.times import Day, Instant

ENTERED = "credit.list.entered"
AMENDED = "credit.list.amended"
SUSPENDED = "credit.list.suspended"
RESUMED = "credit.list.resumed"
REMOVED = "credit.list.removed"
PUBLISHED = "credit.list.published"

ListChangeType = Literal[
    "credit.list.entered",
    "credit.list.amended",
    "credit.list.suspended",
    "credit.list.resumed",
    "credit.list.removed",
]


class RemovalReason(StrEnum):
    """Why an entry left its list; `annulled` means void from the start."""

    REPAIRED = "repaired"
    EXPIRED = "expired"
    ANNULLED = "annulled"
    CORRECTED = "corrected"
    EARLY = "early"


class ListChangeData(Model):
    """`data` of a list change: always the whole entry, never a patch.

    `effective_until` is exclusive, null means until removal. `scope` names the items that the
    entry is limited to, null means unlimited.
    """

    entry_id: Short
    revision: Annotated[int, Field(ge=0, le=2**53 - 1)]
    list_code: Short
    subject_name: Name
    doc_no: Name
    recognised_by: Name
    effective_from: Day
    effective_until: Day | None = None
    facts: Text
    facts_code: Short | None = None
    severity: Literal["minor", "general", "serious"] | None = None
    scope: Annotated[list[Short], Field(max_length=1000)] | None = None
    removed_on: Day | None = None
    removal_reason: Literal["repaired", "expired", "annulled", "corrected", "early"] | None = None

    @model_validator(mode="after")
    def _term_runs_forward(self) -> Self:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            msg = "effective_until must be after effective_from (it is the first day not in force)"
            raise ValueError(msg)
        return self


class ListChange(CloudEvent):
    """A message on `credit.lists` about one entry."""

    type: ListChangeType
    data: ListChangeData

    @model_validator(mode="after")
    def _removal_is_whole(self) -> Self:
        removed = self.type == REMOVED
        given = self.data.removed_on is not None, self.data.removal_reason is not None
        if given != (removed, removed):
            msg = (
                "removed_on and removal_reason belong to credit.list.removed, both, and only there"
            )
            raise ValueError(msg)
        return self


class ListPublishedData(Model):
    """`data` of a watermark: the list in this partition, complete as of `published_at`."""

    list_code: Short
    generation: Count
    published_at: Instant
    count: Count
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ListPublished(DepartmentKeyedEvent):
    """One copy in each partition of `credit.lists`, after the changes that it closes."""

    type: Literal["credit.list.published"]
    data: ListPublishedData
