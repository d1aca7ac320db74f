"""One office that makes reports, beside an embedded broker, and what it should have made."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from schemas.feedback import Feedback
from schemas.times import SHANGHAI
from streams.reporting.closer import Desk
from streams.reporting.reporter import Reporter
from streams.rules.periods import spans_of
from tests.rules.terms import KNOWN, law_of
from tests.rules.test_feedback_report import DEPARTMENTS
from tests.streams.feedback_worker import Reports

FIRST, DAYS = date(2026, 6, 25), 6  # Thursday to Tuesday, the last of June
BEFORE = FIRST - timedelta(days=1)  # of which events of the first day tell
MONDAY = date(2026, 6, 29)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


class Office:
    """One reporter with a clock to set; `owns` is what its worker believes."""

    def __init__(self, kafka: str, folder: Path, now: datetime) -> None:
        self.now, self.owns = now, True
        self.errors: list[Exception] = []
        grace = timedelta(hours=1)
        desk = Desk(kafka, "test", folder, lambda: self.now, grace, DEPARTMENTS, law_of(KNOWN))
        self.reporter = Reporter(desk, owns=lambda: self.owns, failed=self.errors.append)
        self.reporter.start()


def until(true: Callable[[], bool], *, within_s: float = 40.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def spans(of: list[Feedback]) -> set[tuple[str, date, date]]:
    return {(r.data.period, r.data.from_, r.data.until) for r in of}


def due(end: date) -> set[tuple[str, date, date]]:
    days = [BEFORE + timedelta(days=n) for n in range((end - BEFORE).days)]
    return {tuple(span) for day in days for span in spans_of(day) if span.end <= end}


def at_once(office: Office, reports: Reports, end: date) -> list[Feedback]:
    """Return the reports once all that is due by *end* has been looked at."""
    until(lambda: spans(reports.all()) >= due(end))
    office.reporter.stop()
    assert office.errors == []
    return reports.all()
