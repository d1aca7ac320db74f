"""Closes what is due: once when a worker takes over, then once a day when the grace has passed."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING, NamedTuple

import structlog

from infra import metrics
from schemas.times import SHANGHAI
from streams.reporting.closing import closed_before, in_question, unpublished
from streams.reporting.report_log import ReportLog, ReportWriter

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from infra.clock import Clock
    from streams.reporting.closing import Unpublished
    from streams.reporting.fact_feed import FactFeed
    from streams.reporting.law import Law
    from streams.rules.periods import Span

log = structlog.get_logger("streams.feedback")
_LOOK_EVERY_S = 1.0
_DAY = timedelta(days=1)


class Desk(NamedTuple):
    """What reports are made with: *registered* owe one, *grace* is waited after a period.

    The facts are kept in *folder*; provisional terms are counted by *law*.
    """

    kafka: str
    group: str
    folder: Path
    clock: Clock
    grace: timedelta
    registered: list[str]
    law: Law


class Closer:
    """Publishes the reports of closed periods from the facts of *feed*, in a thread of its own.

    What fails is in `error`, and the thread ends.
    """

    def __init__(self, feed: FactFeed, desk: Desk) -> None:
        self.error: Exception | None = None
        self._feed, self._desk = feed, desk
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedback-closer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the period in hand."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            # The only writer first, then read: what another published in between is seen.
            desk = self._desk
            writer, reports = ReportWriter(desk.kafka, desk.group), ReportLog(desk.kafka)
            try:
                self._close_daily(writer, reports)
            finally:
                reports.close()
        except Exception as err:  # noqa: BLE001 - told by whoever started the thread
            self.error = err

    def _close_daily(self, writer: ReportWriter, reports: ReportLog) -> None:
        due: datetime | None = None
        while not self._stop.wait(_LOOK_EVERY_S):
            now = self._desk.clock()
            if due is None or now >= due:
                last_end = closed_before(now, self._desk.grace)
                if self._close(last_end, writer, reports):
                    following = datetime.combine(last_end + _DAY, clock_time.min, SHANGHAI)
                    due = following + self._desk.grace

    def _close(self, last_end: date, writer: ReportWriter, reports: ReportLog) -> bool:
        """Publish all that is due and missing, then what late data changed; False if stopped."""
        began_s = time.monotonic()
        ends = self._feed.ends()
        while not self._feed.holds(ends):
            if self._stop.wait(0.1):
                return False
        reports.refresh()
        with self._feed.store.snapshot() as seen:
            turn, touched = seen.touched()
            for span in in_question(seen, last_end, reports, touched):
                if self._stop.is_set():
                    return False
                if found := unpublished(seen, span, self._desk.registered, reports):
                    writer.publish(each.report for each in found)
                    _tell(span, found)
        self._feed.store.forget_touched(turn)
        log.info("closed", until=str(last_end), took_s=round(time.monotonic() - began_s, 1))
        return True


def _tell(span: Span, found: list[Unpublished]) -> None:
    revised = sum(each.known is not None for each in found)
    metrics.REPORTS.labels(span.period, "closed").inc(len(found) - revised)
    metrics.REPORTS.labels(span.period, "revised").inc(revised)
    log.info(
        "reports_published",
        period=span.period,
        first=str(span.first),
        closed=len(found) - revised,
        revised=revised,
    )
