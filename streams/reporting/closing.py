"""Which periods are due, and what of their reports has not been published yet."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from schemas.times import legal_day
from streams.reporting.report_message import make_report, numbers_of
from streams.rules.feedback_report import CITY
from streams.rules.periods import spans_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from schemas.feedback import Feedback
    from streams.reporting.fact_snapshot import FactSnapshot
    from streams.reporting.report_log import Published, ReportLog
    from streams.rules.periods import Span

_DAY = timedelta(days=1)
_TOO_OLD = timedelta(days=400)


class Unpublished(NamedTuple):
    """A report that is not on the topic, and the newest that is; None for a new one."""

    report: Feedback
    known: Published | None


def closed_before(now: datetime, grace: timedelta) -> date:
    """Return the day of Shanghai such that a period is closed if it ends on it or earlier."""
    return legal_day(now - grace)


def closed_spans(seen: FactSnapshot, last_end: date) -> list[Span]:
    """Return the periods that end by *last_end* and are to be reported, by their ends.

    These are all since the trigger began to decide, and earlier ones in which something counts:
    an event may tell of a day before there was a trigger, though of none that is too old to be
    decided (contracts G).
    """
    began_on = seen.began_on()
    if began_on is None:
        return []
    days = {day for day in seen.days() if began_on - _TOO_OLD <= day < last_end}
    days |= {began_on + n * _DAY for n in range((last_end - began_on).days)}
    spans = {span for day in days for span in spans_of(day) if span.end <= last_end}
    return sorted(spans, key=lambda span: (span.end, -span.first.toordinal()))


def in_question(
    seen: FactSnapshot, last_end: date, log: ReportLog, touched: Iterable[date]
) -> list[Span]:
    """Return the periods without a report, by their ends; then those that late data touched."""
    spans = closed_spans(seen, last_end)
    days = sorted(touched)

    def is_touched(span: Span) -> bool:
        place = bisect_left(days, span.first)
        return place < len(days) and days[place] < span.end

    new = [span for span in spans if CITY not in log.published(span)]
    return new + [s for s in spans if CITY in log.published(s) and is_touched(s)]


def unpublished(
    seen: FactSnapshot, span: Span, registered: Iterable[str], log: ReportLog
) -> list[Unpublished]:
    """Return the reports of *span* that *log* lacks or that say other numbers, as to publish.

    Who owes a nil return is settled when a period is closed: a department that is registered
    later does not revise what was reported before.
    """
    known = log.published(span)
    owing = [name for name in known if name != CITY] if CITY in known else registered
    found: list[Unpublished] = []
    for department, report in seen.reports(span.first, span.end, owing).items():
        before = known.get(department)
        numbers = numbers_of(report.counts, report.measures, report.reconciled)
        if before is None or before.numbers != numbers:
            revision = before.revision + 1 if before else 0
            found.append(Unpublished(make_report(department, span, report, revision), before))
    return found
