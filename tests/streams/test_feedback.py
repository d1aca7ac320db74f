"""The reporter on the embedded broker: closing, late data, messages that are none.

The Faust worker around it is tried on real Kafka (tests/faults/test_feedback.py).
"""

import gc
import json
import time
from datetime import date, timedelta
from pathlib import Path

from infra.embedded import EmbeddedServices
from schemas import topics
from schemas.errors import StopServiceError
from tests.rules.test_feedback_report import DEPARTMENTS
from tests.streams.feedback_check import holds
from tests.streams.feedback_log import COUNTS, Sent, SyntheticLog, publish
from tests.streams.feedback_worker import Reports
from tests.streams.office import MONDAY, Office, at, at_once, due, spans, until


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
