"""`dlq` and `explain` beside a trigger at work, on servers of their own."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Producer

from cli.demo_stage import DemoStage
from infra.kafka import murmur2_partition, producer_config
from schemas.ids import decision_id
from sources.topic_reader import partition_count, read_to_end
from tests.cli.conftest import Run
from tests.cli.test_explain_file import FIRM, PARTNER, event

BIDDING = "credit.events.bidding"
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def stage() -> Iterator[DemoStage]:
    with DemoStage(lambda _zh, _en: None) as running:
        deadline = time.monotonic() + PATIENCE_S
        while not running.is_ready():
            assert time.monotonic() < deadline, running.trigger.last_line()
            time.sleep(0.1)
        yield running


@pytest.fixture
def beside(stage: DemoStage, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands that find the services of *stage*, as beside `demo --keep` or `up`."""
    monkeypatch.setenv("CREDIT_STATE_DIR", str(stage.folder))
    return run


def send(stage: DemoStage, told: dict[str, Any], *, key: str = FIRM, astray: bool = False) -> None:
    """Send one event now, by the stage's clock; *astray* to a partition that is not its own."""
    partition = (murmur2_partition(key.encode(), 4) + astray) % 4
    millis = int(stage.clock().timestamp() * 1000)
    producer = Producer(producer_config(stage.endpoints.kafka))
    producer.produce(BIDDING, json.dumps(told), key, partition, timestamp=millis)
    assert producer.flush(10) == 0


def held(stage: DemoStage, topic: str) -> int:
    count = partition_count(stage.endpoints.kafka, topic)
    return sum(1 for _ in read_to_end(stage.endpoints.kafka, topic, range(count)))


def wait_for(stage: DemoStage, topic: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (found := held(stage, topic)) < count:
        assert time.monotonic() < deadline, f"{topic}: {found} of {count}"
        stage.look()
        time.sleep(0.05)


def test_a_dead_letter_is_put_back_decided_once_and_explained(
    stage: DemoStage, beside: Run
) -> None:
    letters, decisions = held(stage, "credit.dead-letters"), held(stage, "credit.decisions")
    members = [{"uscc": PARTNER, "name": "示例成员有限公司"}]
    send(stage, event(id="astray", data={"members": members}), astray=True)
    send(stage, event(id="other-key"), key=PARTNER)
    wait_for(stage, "credit.dead-letters", letters + 2)
    listed = json.loads(beside("dlq", "list", "--json").out)
    assert {"wrong-partition", "subject-key-mismatch"} <= {group["reason"] for group in listed}

    before = held(stage, BIDDING)
    assert beside("dlq", "replay", "--dry-run").code == 0
    refused = beside("dlq", "replay")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert held(stage, BIDDING) == before

    done = json.loads(beside("dlq", "replay", "--yes", "--json").out)
    assert (done["written"], len(done["put_back"])) == (True, 2)
    wait_for(stage, "credit.decisions", decisions + 3)  # the bid, its member, the other event

    again = json.loads(beside("dlq", "replay", "--yes", "--json").out)
    assert (again["written"], len(again["left_alone"]["replayed"])) == (False, 2)
    assert beside("dlq", "replay", "--reason", "wrong-partition", "--yes").code == 0
    assert held(stage, BIDDING) == before + 2

    told = json.loads(
        beside("explain", decision_id("/departments/example", "astray"), "--json").out
    )
    assert (told["recorded"], told["uscc"], told["sequence"]) == (True, FIRM, 0)
    assert [member["uscc"] for member in told["members"]] == [PARTNER]
    assert told["bid_verdict"] == "hold"  # no list was ever published on this stage


def test_an_id_is_told_as_it_stood_when_the_day_ended(stage: DemoStage, beside: Run) -> None:
    decisions = held(stage, "credit.decisions")
    send(stage, event(id="as-of", data={"application_no": "A-2"}))
    wait_for(stage, "credit.decisions", decisions + 1)
    wanted = decision_id("/departments/example", "as-of")
    assert beside("explain", wanted, "--as-of", "2026-06-16").code == 0
    assert beside("explain", wanted, "--as-of", "2026-06-15").code == 1


def test_an_id_is_found_in_the_partition_of_its_subject_alone(
    stage: DemoStage, beside: Run
) -> None:
    decisions = held(stage, "credit.decisions")
    send(stage, event(id="of-firm", data={"application_no": "A-3"}))
    wait_for(stage, "credit.decisions", decisions + 1)
    wanted = decision_id("/departments/example", "of-firm")
    assert json.loads(beside("explain", wanted, "--subject", FIRM, "--json").out)["uscc"] == FIRM
    other = beside("explain", wanted, "--subject", PARTNER)
    assert (other.code, "--subject" in other.err) == (1, True)


def test_what_is_not_there_is_one_line_and_a_finding(beside: Run) -> None:
    for args in (("explain", "00000000-0000-5000-8000-000000000000"), ("dlq", "show", "0/999999")):
        ran = beside(*args)
        assert (ran.code, ran.out, len(ran.err.strip().splitlines())) == (1, "", 1)


def test_a_natural_persons_letter_stays_also_when_asked_for(stage: DemoStage, beside: Run) -> None:
    letters = held(stage, "credit.dead-letters")
    send(stage, event(id="person", subject="11010519491231002X"), key="11010519491231002X")
    wait_for(stage, "credit.dead-letters", letters + 1)
    before = held(stage, BIDDING)
    assert beside("dlq", "replay", "--reason", "natural-person", "--yes").code == 1
    assert held(stage, BIDDING) == before
