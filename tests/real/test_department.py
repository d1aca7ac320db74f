"""A department's client on real Kafka, killed again and again: what is promised of each way."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.recorded import FINANCE
from tests.department.answers import action, answer, decision
from tests.real.city import CHECKOUT, City

pytestmark = pytest.mark.connected

COUNT, KILLS, PATIENCE_S = 600, 8, 120.0


def watch(*words: str) -> list[str]:
    command = [sys.executable, "-P", "-m", "cli.main", "department", "watch"]
    return [*command, "--department", FINANCE, *words]


def start(city: City, *words: str, output: int | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        watch(*words),
        env=city.environment(),
        cwd=CHECKOUT,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_through_kill_9_a_spool_gets_each_answer_once_and_goes_on_where_it_stopped(
    city: City, tmp_path: Path
) -> None:
    folder, chance = tmp_path / "spool", random.Random(5)
    taken: Counter[str] = Counter()
    answer(
        city.kafka, FINANCE,
        *(each for n in range(COUNT // 2) for each in (decision(str(n)), action(f"a{n}"))),
    )  # fmt: skip

    def take_away() -> None:
        """Act on what is there and remove it, as a department's system does."""
        for file in folder.glob("*.json"):
            told = json.loads(file.read_bytes())  # whole, or it would not parse
            assert file.name == f"{told['kind']}-{told['id']}-{told['number']}.json"
            taken[file.name] += 1
            file.unlink()

    for _ in range(KILLS):
        before = taken.total()
        client = start(city, "--spool", str(folder))
        deadline = time.monotonic() + PATIENCE_S
        while taken.total() < before + 20 and time.monotonic() < deadline:
            take_away()
        time.sleep(chance.random() / 20)
        client.kill()
        client.wait()
    assert taken.total() < COUNT  # it was killed in the midst of its work each time
    last = subprocess.run(
        watch("--spool", str(folder), "--once"),
        env=city.environment(), cwd=CHECKOUT, capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert last.returncode == 0, last.stderr[-2000:]
    take_away()
    assert len(taken) == COUNT
    assert set(taken.values()) == {1}


def test_it_stops_within_five_seconds_of_sigterm_and_kafka_may_come_back(
    city: City, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    client = start(city, "--spool", str(folder))
    answer(city.kafka, FINANCE, action("a"))
    _wait_for(folder / "action-a-0.json")
    city.kafka_server.kill()
    time.sleep(2.0)
    assert client.poll() is None
    city.kafka_server.start_again()
    answer(city.kafka, FINANCE, action("b"))
    _wait_for(folder / "action-b-0.json")
    city.kafka_server.kill()
    time.sleep(1.0)
    began = time.monotonic()
    client.terminate()
    assert client.wait(15) == 0
    assert time.monotonic() - began < 5


def test_a_receipt_from_the_command_line_is_recorded_once(city: City) -> None:
    words = (
        "department", "receipt", "6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1", "--department", FINANCE,
        "--subject", "91210500MA0BX0015F", "--outcome", "executed", "--ended-on", "2026-06-18",
        "--served-at", "2026-06-18T10:00:00+08:00", "--json",
    )  # fmt: skip
    first, second = city.command(*words), city.command(*words)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    refused = city.command(*words[:-5], "--outcome", "not_executed")
    assert refused.returncode == 2
    assert "reason_code" in refused.stderr


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert file.exists()
