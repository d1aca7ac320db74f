"""The report of one period for one department, or for the city."""

from typing import Literal

from pydantic import Field

from schemas.base import Count, Model, Short
from schemas.cloudevent import DepartmentKeyedEvent
from schemas.feedback_counts import FeedbackCounts, MeasureCount, Reconciliation
from schemas.times import Day


class FeedbackData(Model):
    """`data` of a report; a revision never edits, it corrects (`correction_of`)."""

    report_id: Short
    department: Short = Field(description="USCC of the department, or `city`")
    period: Literal["day", "week", "month", "half"]
    from_: Day = Field(alias="from")
    until: Day
    revision: Count
    correction_of: Short | None
    counts: FeedbackCounts
    measures: list[MeasureCount]
    reconciled: Reconciliation


class Feedback(DepartmentKeyedEvent):
    """A message on `credit.feedback`."""

    type: Literal["credit.feedback.closed"]
    data: FeedbackData
