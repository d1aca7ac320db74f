"""What a report counts; a report holds totals alone and names no organisation."""

from typing import Literal

from schemas.base import Count, Model, Short


class EventCount(Model):
    """`n` events of one family and stage that were decided."""

    family: Short
    stage: Short
    n: Count


class VerdictCount(Model):
    """`n` decisions with one verdict."""

    verdict: Literal["pass", "hold", "deny"]
    n: Count


class ReasonCount(Model):
    """`n` cases of one reason, by its code."""

    reason_code: Short
    n: Count


class TimeToExecute(Model):
    """Whole minutes from an action's issue to its execution; null where `n` is 0."""

    n: Count
    median_minutes: Count | None
    p90_minutes: Count | None


class Timeliness(Model):
    """Reports that came within the term they had, and late ones (迟报)."""

    in_time: Count
    late: Count


class Outcomes(Model):
    """What became of some actions in a period."""

    issued: Count
    confirmed: Count
    dismissed: Count
    executed: Count
    not_executed: list[ReasonCount]
    answered_other: Count
    withdrawn: list[ReasonCount]
    overdue: Count
    objections_marked: Count
    time_to_execute: TimeToExecute


class FeedbackCounts(Outcomes):
    """`counts` of a report; `nil_return` says that the department sent nothing."""

    events: list[EventCount]
    verdicts: list[VerdictCount]
    timeliness: Timeliness
    nil_return: bool
    nil_departments: list[Short]


class MeasureCount(Outcomes):
    """One line of `measures`: what became of the actions of one measure, version and effect.

    The effect is the one that an action was issued with: a refer that a review confirms
    stays in its line, so that `issued` and `confirmed` can be compared.
    """

    measure_id: Short
    measure_version: Short
    effect: Short


class TopicRead(Model):
    """How much of one partition a report rests on: offsets below `until_offset`."""

    topic: Short
    partition: Count
    until_offset: Count


class AgreeingSum(Model):
    """Two totals that must be equal, counted in two ways."""

    name: Short
    left: Count
    right: Count


class Reconciliation(Model):
    """`reconciled` of a report: what was read, and which sums agree."""

    agrees: bool
    read: list[TopicRead]
    sums: list[AgreeingSum]
