"""How soon a busy day is reported, and in how much memory, by a worker that has no facts yet.

`CREDIT_FAULTS_RECORDS=1000000 make test-real ARGS="-k busy_day"` is the size of the budget.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from infra.kafka import producer_config
from infra.settings import Settings
from schemas import topics
from schemas.ids import identity
from schemas.times import SHANGHAI, format_instant
from streams.catalogue_in_force import load_catalogue
from tests.real.servers import kafka_with
from tests.streams.feedback_log import COUNTS, FIRMS, TRIGGER, Sent, SyntheticLog
from tests.streams.feedback_worker import FeedbackWorker, Reports

pytestmark = pytest.mark.connected

EVENTS = int(os.environ.get("CREDIT_FAULTS_RECORDS") or 50_000)
BUDGET_S = 120.0  # of the issue, for a million; of processor time, since others share the machine
PATIENCE_S = 10 * BUDGET_S
MEMORY_MB = 500
DAY = date(2026, 6, 25)
BATCH = 500  # events in a tally
HIT_EVERY = 20  # one event in so many has an action


class BusyDay:
    """Writes the messages of one day, and remembers what its reports must say in total."""

    def __init__(self, kafka: str, departments: list[str]) -> None:
        self._producer = Producer(
            producer_config(kafka, linger_ms=50, queue_buffering_max_messages=500_000)
        )
        self._departments = departments
        self.verdicts: Counter[str] = Counter()
        self.actions = 0

    def write(self, events: int) -> None:
        """Write *events* decisions with their tallies, actions and receipts."""
        dice = random.Random(5)
        small = SyntheticLog(3, DAY, 1, events=0, departments=self._departments)
        counted: Counter[tuple[str, ...]] = Counter()
        for number in range(events):
            at = datetime(2026, 6, 25, tzinfo=SHANGHAI) + timedelta(
                seconds=number * 86_000 / events
            )
            department = self._departments[number % len(self._departments)]
            firm, verdict = FIRMS[number % len(FIRMS)], "pass" if number % 10 else "hold"
            event = {"source": "/b", "id": f"e-{number}", "type": "credit.bidding.registered"}
            event["time"] = format_instant(at)
            small._decision(at, firm, department, event, verdict)
            if number % HIT_EVERY == 0:
                small._action(at, firm, department, event, dice)
                self.actions += 1
            counted[DAY.isoformat(), "bidding", "registered", verdict, department] += 1
            self.verdicts[verdict] += 1
            if number % BATCH == BATCH - 1 or number == events - 1:
                self._tally(at, counted, number)
                counted.clear()
                self._send(small.sent)
                small.sent.clear()
        assert self._producer.flush(120) == 0

    def _tally(self, at: datetime, counted: Counter[tuple[str, ...]], last: int) -> None:
        names = ("day", "family", "stage", "verdict", "department")
        for department in self._departments:
            batch = f"credit.events.bidding/0/{last}"
            rows = [
                dict(zip(names, of, strict=True)) | {"n": n}
                for of, n in counted.items()
                if of[-1] == department
            ]
            message = {
                "specversion": "1.0",
                "id": identity(batch, department),
                "source": TRIGGER,
                "type": "credit.tally.counted",
                "subject": department,
                "time": format_instant(at),
                "data": {"batch_id": batch, "counts": rows},
            }
            self._send([Sent(at, topics.TALLIES, department, json.dumps(message).encode())])

    def _send(self, sent: list[Sent]) -> None:
        for each in sent:
            self._producer.produce(each.topic, each.value, each.key.encode(), each.partition)
        self._producer.poll(0)


@pytest.fixture
def kafka() -> Iterator[str]:
    with kafka_with(COUNTS) as address:
        yield address


def test_a_busy_day_is_closed_in_time_and_in_bounded_memory(kafka: str, tmp_path: Path) -> None:
    departments = sorted(load_catalogue(Settings()).departments)
    day = BusyDay(kafka, departments[:8])
    day.write(EVENTS)
    reports = Reports(kafka)
    began_s = time.monotonic()
    worker = FeedbackWorker(kafka, tmp_path, datetime(2026, 6, 26, 1, tzinfo=SHANGHAI))
    peak = 0
    try:
        process = psutil.Process(worker.process.pid)
        while len(found := reports.all()) <= len(departments):
            assert worker.process.poll() is None, worker.said()
            assert time.monotonic() - began_s < PATIENCE_S, worker.said()
            peak = max(peak, process.memory_info().rss)
        took_s, used = time.monotonic() - began_s, process.cpu_times()
    finally:
        worker.kill()
        reports.close()
    size = sum(path.stat().st_size for path in tmp_path.rglob("facts.sqlite3*"))
    print(  # noqa: T201 - what was measured
        f"{EVENTS:,} events, {day.actions:,} actions: closed in {took_s:.1f} s from nothing, "
        f"{used.user + used.system:.1f} s of one processor; "
        f"{peak >> 20} MB at most, {size >> 20} MB of facts"
    )
    (city,) = (r.data for r in found if r.data.department == "city")
    assert {each.verdict: each.n for each in city.counts.verdicts} == dict(day.verdicts)
    assert city.counts.issued == day.actions
    assert city.reconciled.agrees
    assert used.user + used.system < BUDGET_S
    assert peak >> 20 < MEMORY_MB
