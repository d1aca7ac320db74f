"""Who makes the reports, on the embedded broker: whoever comes next, two who both think they own.

What they make is in test_feedback.py.
"""

import time
from datetime import date, timedelta
from pathlib import Path

from tests.rules.test_feedback_report import DEPARTMENTS
from tests.streams.feedback_check import holds
from tests.streams.feedback_log import SyntheticLog, publish
from tests.streams.feedback_worker import Reports
from tests.streams.office import MONDAY, Office, at, at_once, due, spans, until


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
