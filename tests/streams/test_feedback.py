"""The feedback processor on the embedded broker: closing, late data, and who owes what."""

import gc
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from infra.settings import Settings
from infra.topics import Topics
from infra.wanted_topics import Topic
from schemas.feedback import Feedback
from schemas.times import SHANGHAI
from streams.rules.periods import spans_of
from streams.trigger.service import load_catalogue
from tests.streams.feedback_check import holds
from tests.streams.feedback_log import COUNTS, SyntheticLog, publish
from tests.streams.feedback_worker import FeedbackWorker, Reports

FIRST, DAYS = date(2026, 6, 25), 4  # to Sunday the 28th
BEFORE = FIRST - timedelta(days=1)  # of which events of the first day tell


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    with EmbeddedServices(tmp_path / "broker", with_redis=False) as running:
        Topics(running.kafka).apply([Topic(name, n, 1, {}) for name, n in COUNTS.items()])
        yield running.kafka
        gc.collect()


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=SHANGHAI)


def until(true: Callable[[], bool], worker: FeedbackWorker, *, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert worker.process.poll() is None, worker.said()
        assert time.monotonic() < deadline, worker.said()
        time.sleep(0.2)


def test_periods_are_closed_after_the_grace_and_late_data_makes_revisions(
    kafka: str, tmp_path: Path
) -> None:
    departments = sorted(load_catalogue(Settings()).departments)
    log = SyntheticLog(11, FIRST, DAYS, departments=departments[:3])
    late = [s for s in log.sent[::13] if s.at < at(date(2026, 6, 29), 0)]
    in_time = [s for s in log.sent if s not in late and s.at < at(date(2026, 6, 29), 0)]
    publish(kafka, in_time)
    reports = Reports(kafka)

    def days(of: list[Feedback]) -> set[date]:
        return {report.data.until for report in of if report.data.period == "day"}

    # 8 seconds before the grace of Sunday ends: the days before are closed, Sunday is not.
    worker = FeedbackWorker(kafka, tmp_path / "one", at(date(2026, 6, 29), 0, 59, 52))
    try:
        until(lambda: date(2026, 6, 28) in days(reports.all()), worker)
        early = reports.all()
        if date(2026, 6, 29) not in days(early):  # else the machine was slower than the grace
            holds(early, in_time, departments)
        until(lambda: ("week", 1) in _kinds(reports.all()), worker)
        found = reports.all()
        assert {(r.data.period, r.data.from_, r.data.until) for r in found} == {
            span
            for n in range(DAYS + 1)
            for span in spans_of(BEFORE + timedelta(days=n))
            if span.end <= date(2026, 6, 29)
        }
        holds(found, in_time, departments)
        assert {report.data.revision for report in found} == {0}
        assert all(report.time == at(report.data.until, 0) for report in found)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(10) == 0, worker.said()

        # What comes late, and some of it again; the file of facts is lost as well.
        publish(kafka, [*late, *late[:5], *in_time[:30]])
        worker = FeedbackWorker(kafka, tmp_path / "two", at(date(2026, 6, 29), 9))
        until(lambda: len(reports.all()) > len(found), worker)
        until(lambda: '"closed"' in worker.said() or "closed " in worker.said(), worker)
        whole = reports.all()
        holds(whole, [*in_time, *late], departments)
        assert {report.data.revision for report in whole[len(found) :]} == {1}
        assert whole[: len(found)] == found
    finally:
        worker.kill()
        reports.close()


def _kinds(of: list[Feedback]) -> set[tuple[str, int]]:
    return {(r.data.period, int(r.data.until == date(2026, 6, 29))) for r in of}
