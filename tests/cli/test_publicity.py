"""`publicity` beside a broker: permits by department, and which of them arrived late."""

import json
from datetime import datetime

import pytest
from confluent_kafka import Producer

from infra.kafka import producer_config
from schemas.times import SHANGHAI
from schemas.topics import events_topic
from tests.cli.conftest import Run
from tests.cli.recorded import FIRM

SEPTEMBER = ("--from", "2026-09-01", "--until", "2026-10-01")
HOUSING = "11210500105000226H"


def _permit(number: int, stage: str = "decided", **data: str) -> bytes:
    message = {
        "specversion": "1.0",
        "id": f"permit-{number}-{stage}-{len(data)}",
        "source": "/housing",
        "type": f"credit.approval.{stage}",
        "subject": FIRM,
        "time": "2026-09-30T16:00:00+08:00",
        "data": {
            "department": HOUSING,
            "item_code": "bx-zj-001",
            "item_name": "建筑工程施工许可",
            "application_no": f"P-{number}",
            "subject_name": "某公司",
            **data,
        },
    }
    return json.dumps(message, ensure_ascii=False).encode()


@pytest.fixture
def beside(run: Run, broker: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", broker)
    return run


@pytest.fixture(scope="module")
def _permits(broker: str) -> None:
    producer = Producer(producer_config(broker))
    for value, month, day in [
        (_permit(1), 10, 15),  # the seventh working day
        (_permit(2), 10, 16),
        (_permit(3), 10, 15),
        (_permit(3, item_name="更正"), 11, 2),  # corrected later: reported in time all the same
        (_permit(4, "applied"), 11, 2),  # no decision
        (b"{}", 11, 2),
    ]:
        arrived = datetime(2026, month, day, 12, tzinfo=SHANGHAI)
        at_ms = int(arrived.timestamp() * 1000)
        producer.produce(events_topic("approval"), value, FIRM, timestamp=at_ms)
    assert producer.flush(10) == 0


@pytest.mark.usefixtures("_permits")
def test_permits_are_counted_by_department_and_the_late_ones_named(beside: Run) -> None:
    """Exit code 1, since one was late; a period without a decision is fine."""
    ran = beside("publicity", *SEPTEMBER, "--json")
    (told,) = json.loads(ran.out)["departments"]
    assert told == {
        "department": HOUSING,
        "decided": 3,
        "late": 1,
        "most_days_late": 1,
        "provisional": 0,
    }
    assert ran.code == 1
    assert "迟报" in beside("publicity", *SEPTEMBER).out
    other = beside("publicity", "--from", "2026-08-01", "--until", "2026-09-01")
    assert (other.code, "没有行政许可决定" in other.out) == (0, True)


def test_a_period_that_ends_before_it_begins_is_refused(beside: Run) -> None:
    """In one line."""
    ran = beside("publicity", "--from", "2026-09-02", "--until", "2026-09-01")
    assert (ran.code, "--until" in ran.err) == (2, True)
