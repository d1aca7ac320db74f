"""The sample in JavaScript, against the contract alone: combines, acts once, goes on, reports."""

import json
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from infra.kafka import murmur2_partition
from schemas.receipt import Receipt
from schemas.topics import RECEIPTS
from sources.topic_reader import partition_count, read_to_end
from tests.cli.recorded import FINANCE, FIRM
from tests.department.answers import action, answer, decision
from tests.real.city import CHECKOUT, City
from tests.real.node import node_tools

pytestmark = pytest.mark.connected

PARTNER, THIRD = "93210521MA0BX0031C", "51210500MJ0BX0050Q"


@pytest.fixture
def run(city: City, tmp_path: Path) -> "Run":
    tools = node_tools(CHECKOUT / "docs" / "examples" / "DepartmentSample.mjs")
    command = [tools.node, str(tools.sample), city.kafka, FINANCE, str(tmp_path / "done.jsonl")]
    return Run(command, tmp_path / "done.jsonl")


class Run:
    """The sample with its journal."""

    def __init__(self, command: list[str], journal: Path) -> None:
        self.command, self.journal = [*command, "--once"], journal

    def __call__(self) -> list[str]:
        done = subprocess.run(
            self.command, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        self.warned = done.stderr
        return done.stdout.splitlines()


def in_force(name: str, revision: int = 0) -> dict[str, object]:
    told = action(name, revision)
    told["data"]["state"] = "in_force"
    return told


def receipts(kafka: str) -> list[Receipt]:
    partitions = range(partition_count(kafka, RECEIPTS))
    came = [m.value() or b"" for m in read_to_end(kafka, RECEIPTS, partitions)]
    return [Receipt.model_validate_json(value) for value in came]


def test_it_acts_once_on_an_action_and_sends_receipts_that_the_schema_takes(
    city: City, run: Run
) -> None:
    answer(
        city.kafka, FINANCE,
        decision("1", "deny", application_no="A-1"), in_force("a"), in_force("a"), b"no JSON",
    )  # fmt: skip
    assert run() == [f"A-1 deny {FIRM}", "credit.action.issued a/0"]
    answer(city.kafka, FINANCE, in_force("a"), action("b", 1), action("b", 0))
    assert run() == ["credit.action.issued b/1"]
    sent = receipts(city.kafka)
    assert len(sent) == 3  # at least once
    assert {(r.subject, r.data.action_id) for r in sent} == {(FIRM, "a")}
    assert len({r.model_dump_json() for r in sent}) == 1


def test_a_bid_stands_as_its_worst_member_also_where_the_sample_began_anew(
    city: City, run: Run
) -> None:
    bid = {"source": "/x", "id": "1"}
    share = {"consortium_of": {"uscc": FIRM, **bid}, "application_no": "A-1"}
    answer(city.kafka, FINANCE, decision("1", application_no="A-1", members=[PARTNER, THIRD]))
    assert run() == [f"A-1 hold waiting for {PARTNER} {THIRD}"]
    answer(city.kafka, FINANCE, decision("1/p", "deny", subject=PARTNER, sequence=1, **share))
    assert run() == [f"A-1 deny {PARTNER} waiting for {THIRD}"]
    answer(
        city.kafka, FINANCE,
        decision("1/p", "hold", subject=PARTNER, **share),  # behind a newer one
        decision("1/t", subject=THIRD, **share),
        decision("1/p", subject=PARTNER, sequence=2, **share),
    )  # fmt: skip
    told = run()
    assert len(told) == 2
    assert told[-1] == f"A-1 pass {' '.join(sorted([FIRM, PARTNER, THIRD]))}"


def test_what_it_was_killed_in_is_neither_done_again_nor_reported_until_somebody_says(
    city: City, run: Run
) -> None:
    run.journal.write_text('{"begun":"a","revision":0}\n{"begun":"b","rev')  # as kill -9 leaves it
    answer(city.kafka, FINANCE, in_force("a"), in_force("b"))
    assert run() == ["credit.action.issued b/0"]
    assert "in doubt: a/0" in run.warned
    assert {r.data.action_id for r in receipts(city.kafka)} == {"b"}
    with run.journal.open("a") as journal:
        told = {"done": "a/0", "at": "2026-06-18T10:00:00.000+08:00"}
        journal.write(json.dumps(told) + "\n")
    answer(city.kafka, FINANCE, in_force("a"))
    assert run() == []
    assert run.warned == ""
    assert {r.data.action_id for r in receipts(city.kafka)} == {"a", "b"}


def test_its_receipts_lie_where_kafkas_own_partitioner_puts_them(city: City, run: Run) -> None:
    admin = AdminClient({"bootstrap.servers": city.kafka})
    # With 4 partitions a sign makes no difference, with 12 it does.
    admin.create_partitions([NewPartitions(RECEIPTS, 12)])[RECEIPTS].result(30)
    firms = [FIRM, PARTNER, THIRD, "12210500MB0BX0043K", "N2210522MF0BX00722"]
    for number, firm in enumerate(firms):
        told = in_force(f"a{number}") | {"subject": firm}
        answer(city.kafka, FINANCE, told)
    run()
    for message in read_to_end(city.kafka, RECEIPTS, range(12)):
        assert message.partition() == murmur2_partition(message.key() or b"", 12)
