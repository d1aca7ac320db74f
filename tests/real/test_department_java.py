"""The sample in Java, against the contract alone: acts once, goes on, its receipts are valid."""

import subprocess
from pathlib import Path

import pytest

from bench.java import java_tools
from schemas.receipt import Receipt
from schemas.topics import RECEIPTS
from sources.topic_reader import partition_count, read_to_end
from tests.cli.recorded import FINANCE, FIRM
from tests.department.answers import action, answer, decision
from tests.real.city import CHECKOUT, City

pytestmark = pytest.mark.connected


def test_the_java_sample_acts_once_and_sends_receipts_that_the_schema_takes(
    city: City, tmp_path: Path
) -> None:
    tools = java_tools(print)
    journal = tmp_path / "done.txt"
    sample = CHECKOUT / "docs" / "examples" / "DepartmentSample.java"

    def run() -> list[str]:
        done = subprocess.run(
            [
                *(tools.java, "-cp", f"{tools.jars}/*", str(sample)),
                *(city.kafka, FINANCE, str(journal), "--once"),
            ],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.splitlines()

    in_force = action("a")
    in_force["data"]["state"] = "in_force"
    answer(city.kafka, FINANCE, decision("1", "deny", application_no="A-1"), in_force, in_force)
    assert run() == [f"A-1 {FIRM} deny", "credit.action.issued a/0"]
    answer(city.kafka, FINANCE, in_force, action("b"))
    assert run() == ["credit.action.issued b/0"]
    partitions = range(partition_count(city.kafka, RECEIPTS))
    came = [m.value() or b"" for m in read_to_end(city.kafka, RECEIPTS, partitions)]
    receipts = [Receipt.model_validate_json(value) for value in came]
    assert len(receipts) == 3  # at least once
    assert {(r.subject, r.data.action_id) for r in receipts} == {(FIRM, "a")}
    assert len({r.id for r in receipts}) == 1
    with journal.open("a") as file:
        file.write("begun c/0\n")  # as kill -9 leaves it
    killed_in = action("c")
    killed_in["data"]["state"] = "in_force"
    answer(city.kafka, FINANCE, killed_in)
    assert run() == []
    after = read_to_end(city.kafka, RECEIPTS, partitions)
    assert len([m for m in after if m.error() is None]) == 3  # nothing is reported of it
