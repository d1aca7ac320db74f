"""A report as it lies on `credit.feedback`: its identity, its bytes, and what it says."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock_time
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from schemas.feedback import Feedback, FeedbackData
from schemas.ids import identity
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from schemas.feedback_counts import FeedbackCounts, MeasureCount, Reconciliation
    from streams.rules.feedback_report import PeriodReport
    from streams.rules.periods import Period, Span

SOURCE = "/credit-trigger/streams"
CLOSED: Final = "credit.feedback.closed"


def report_id(department: str, period: Period, first: date, revision: int) -> str:
    """Return the id of one revision of a report (contracts F): the same whoever makes it.

    *department* may be `city`; *first* is the first day of the period.
    """
    return identity(department, period, first.isoformat(), str(revision))


def make_report(department: str, span: Span, report: PeriodReport, revision: int) -> Feedback:
    """Return *report* as a message; a revision corrects the one before it.

    Its time is the end of the period, not the moment of counting: business time.
    """
    of = department, span.period, span.first
    data = FeedbackData.model_validate(
        {
            "report_id": report_id(*of, revision),
            "department": department,
            "period": span.period,
            "from": span.first,
            "until": span.end,
            "revision": revision,
            "correction_of": report_id(*of, revision - 1) if revision else None,
            "counts": report.counts,
            "measures": report.measures,
            "reconciled": report.reconciled,
        }
    )
    return Feedback(
        specversion="1.0",
        id=data.report_id,
        source=SOURCE,
        type=CLOSED,
        subject=department,
        time=datetime.combine(span.end, clock_time.min, SHANGHAI),
        data=data,
    )


def to_bytes(report: Feedback) -> bytes:
    """Return the value of its message."""
    return report.model_dump_json(by_alias=True, exclude_unset=True).encode()


def numbers_of(
    counts: FeedbackCounts, measures: list[MeasureCount], reconciled: Reconciliation
) -> bytes:
    """Return a digest of all that a report says; how far was read is no part of it."""
    parts = [counts, *measures, *reconciled.sums]
    told = "\n".join(part.model_dump_json() for part in parts)
    return blake2b(told.encode(), digest_size=16).digest()


def differences(one: FeedbackData, other: FeedbackData) -> list[str]:
    """Return the names of what the two say differently; how far was read is no difference."""
    ours, theirs = one.counts.model_dump(), other.counts.model_dump()
    found = [f"counts.{name}" for name, value in ours.items() if value != theirs[name]]
    if one.measures != other.measures:
        found.append("measures")
    if one.reconciled.sums != other.reconciled.sums:
        found.append("reconciled.sums")
    return found
