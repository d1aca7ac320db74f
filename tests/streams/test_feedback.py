"""The reporter on the embedded broker: closing, late data, lost files, two who both think they own.

The Faust worker around it is tried on real Kafka (tests/faults/test_feedback.py).
"""

import gc
import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from infra.topics import Topics
from infra.wanted_topics import Topic
from schemas import topics
from schemas.errors import StopServiceError
from schemas.feedback import Feedback
from schemas.times import SHANGHAI
from streams.reporting.closer import Desk
from streams.reporting.reporter import Reporter
from streams.rules.periods import spans_of
from tests.rules.terms import KNOWN, law_of
from tests.rules.test_feedback_report import DEPARTMENTS
from tests.streams.feedback_check import holds
from tests.streams.feedback_log import COUNTS, Sent, SyntheticLog, publish
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


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    with EmbeddedServices(tmp_path / "broker", with_redis=False) as running:
        Topics(running.kafka).apply([Topic(name, n, 1, {}) for name, n in COUNTS.items()])
        yield running.kafka
        gc.collect()


@pytest.fixture
def log() -> SyntheticLog:
    return SyntheticLog(11, FIRST, DAYS)


@pytest.fixture
def reports(kafka: str) -> Iterator[Reports]:
    reader = Reports(kafka)
    yield reader
    reader.close()


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


def test_a_period_is_closed_when_its_grace_has_passed_and_late_data_makes_revisions_once_a_day(
    kafka: str, tmp_path: Path, log: SyntheticLog, reports: Reports
) -> None:
    known = [s for s in log.sent if s.at < at(MONDAY, 0)]
    late = [s for s in known if s.topic == topics.RECEIPTS][::3]
    in_time = [s for s in known if s not in late]
    publish(kafka, in_time)
    office = Office(kafka, tmp_path / "one", at(MONDAY, 0, 59))
    until(lambda: spans(reports.all()) == due(MONDAY - timedelta(days=1)))
    office.now = at(MONDAY, 1)
    until(lambda: spans(reports.all()) == due(MONDAY))
    first = reports.all()
    holds(first, in_time, DEPARTMENTS)
    # What the agent waits for before it acknowledges a tally.
    tallies = sum(each.topic == topics.TALLIES for each in in_time)
    assert office.reporter.holds(tallies - 1)
    assert not office.reporter.holds(tallies)
    assert all(report.time == at(report.data.until, 0) for report in first)

    # Late, some of it again, and the messages of Monday; nothing is revised before the next day.
    monday = [s for s in log.sent if s.at.date() == MONDAY]
    publish(kafka, [*reversed(late), *late[:9], *in_time[:50], *monday])
    office.now = at(date(2026, 6, 30), 0, 59)
    time.sleep(2.5)
    assert reports.all() == first
    office.now = at(date(2026, 6, 30), 1)
    until(lambda: any(r.data.revision for r in reports.all() if r.data.period == "week"))
    office.reporter.stop()
    whole = reports.all()
    assert whole[: len(first)] == first
    holds(whole, [*known, *monday], DEPARTMENTS)
    assert {r.data.revision for r in whole if r.data.from_ == MONDAY} == {0}
    assert office.errors == []


def at_once(office: Office, reports: Reports, end: date) -> list[Feedback]:
    """Return the reports once all that is due by *end* has been looked at."""
    until(lambda: spans(reports.all()) >= due(end))
    office.reporter.stop()
    assert office.errors == []
    return reports.all()


def test_whoever_comes_next_publishes_nothing_again_with_the_file_and_without_it(
    kafka: str, tmp_path: Path, log: SyntheticLog, reports: Reports
) -> None:
    publish(kafka, log.sent)
    end = date(2026, 7, 1)
    now = at(end, 9)
    first = at_once(Office(kafka, tmp_path / "one", now), reports, end)
    assert ("half", date(2026, 1, 1), end) in spans(first)
    known = [s for s in log.sent if s.at < now]
    assert [s for s in log.sent if s not in known]  # what is dated later counts later
    for folder in ("one", "two"):
        office = Office(kafka, tmp_path / folder, now)
        time.sleep(3)
        assert at_once(office, reports, end) == first
    holds(first, log.sent, DEPARTMENTS)


def test_of_two_who_think_they_own_one_publishes_and_both_together_publish_once(
    kafka: str, tmp_path: Path, log: SyntheticLog, reports: Reports
) -> None:
    known = [s for s in log.sent if s.at < at(MONDAY, 0)]
    publish(kafka, known)
    early = at(MONDAY, 0, 59)
    offices = [Office(kafka, tmp_path / name, early) for name in ("one", "two")]
    until(lambda: spans(reports.all()) == due(MONDAY - timedelta(days=1)))
    for office in offices:
        office.now = at(MONDAY, 1)
    until(lambda: spans(reports.all()) == due(MONDAY))
    time.sleep(3)  # each puts the other out, and takes up again what that one had in hand
    for office in offices:
        office.reporter.stop()
        assert office.errors == []
    holds(reports.all(), known, DEPARTMENTS)


def test_nobody_closes_who_does_not_own(
    kafka: str, tmp_path: Path, log: SyntheticLog, reports: Reports
) -> None:
    publish(kafka, log.sent)
    office = Office(kafka, tmp_path / "one", at(MONDAY, 9))
    office.owns = False
    time.sleep(2)
    office.reporter.stop()
    assert reports.all() == []


def test_no_message_stops_it_neither_foreign_ones_nor_one_of_the_year_1(
    kafka: str, tmp_path: Path, log: SyntheticLog, reports: Reports
) -> None:
    known = [s for s in log.sent if s.at < at(MONDAY, 0)]
    foreign = [Sent(at(MONDAY, 0), topic, "x", b"{") for topic in COUNTS if "feedback" not in topic]
    receipt = next(each for each in known if each.topic == topics.RECEIPTS)
    told = json.loads(receipt.value)
    ancient = told | {"id": "y1", "data": told["data"] | {"at": "0001-01-02T00:00:00+08:00"}}
    year_1 = Sent(receipt.at, receipt.topic, receipt.key, json.dumps(ancient).encode())
    publish(kafka, [*foreign, *known, year_1, *foreign])
    found = at_once(Office(kafka, tmp_path / "one", at(MONDAY, 9)), reports, MONDAY)
    assert spans(found) == due(MONDAY)
    holds(found, [*known, year_1], DEPARTMENTS)


def test_a_topic_that_is_missing_ends_it(tmp_path: Path) -> None:
    with EmbeddedServices(tmp_path / "broker", with_redis=False) as running:
        office = Office(running.kafka, tmp_path / "one", at(MONDAY, 9))
        until(lambda: bool(office.errors))
        assert isinstance(office.errors[0], StopServiceError)
        assert "topics apply" in str(office.errors[0])
        gc.collect()
