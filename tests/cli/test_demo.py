"""The demo, as somebody meets it: one command, and everything is gone afterwards."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.demo_stage import DemoStage
from schemas.errors import StopServiceError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The summary of a demo that was started where `.env` and the environment name others."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / ".env").write_text("CREDIT_REDIS=redis://production.invalid:6379/0\n")
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--json"],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "CREDIT_KAFKA": "production.invalid:9092", "CREDIT_TYPO": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    summary: dict[str, Any] = json.loads(ran.stdout)
    return summary


def test_every_event_is_decided_set_aside_or_a_repetition(told: dict[str, Any]) -> None:
    settled = told["decided"] + sum(told["dead_letters"].values()) + told["repeated"]
    assert settled == told["events"] + told["shares"]
    assert sum(sum(each.values()) for each in told["verdicts"].values()) == told["decided"]


def test_the_day_is_as_large_as_promised_and_the_same_every_time(told: dict[str, Any]) -> None:
    assert told["clock"] == "2026-06-16T18:00:00.000+08:00"
    assert set(told["verdicts"]) == {"approval", "bidding", "subsidy"}
    assert told["events"] == pytest.approx(5_000, rel=0.05)
    assert told["entries"] == pytest.approx(500, rel=0.05)
    assert told["verdicts"]["bidding"]["deny"] > 0
    assert len(told["samples"]) == 4


def test_it_is_done_within_a_minute_and_tells_how_fast_it_decided(told: dict[str, Any]) -> None:
    assert told["seconds"] < 60
    for times in told["latency_ms"].values():
        assert 0 < times["p50"] <= times["p99"] < 60_000


def test_it_ends_with_the_feedback_of_its_day(told: dict[str, Any]) -> None:
    """Closed by the streams on the morning after; what departments answered stands in it."""
    report = told["feedback"]
    assert (report["department"], report["period"]) == ("city", "day")
    assert (report["from"], report["until"]) == ("2026-06-16", "2026-06-17")
    assert report["revision"] == 0
    counts = report["counts"]
    assert counts["executed"] > 0
    not_executed = sum(each["n"] for each in counts["not_executed"])
    assert counts["executed"] + not_executed == told["receipts"]
    decided = sum(each["n"] for each in counts["verdicts"])
    assert 0 < decided <= told["decided"]  # some rows tell of days before
    assert report["reconciled"]["agrees"]


def test_nothing_of_it_stays_behind(told: dict[str, Any]) -> None:
    assert not Path(told["state_dir"]).exists()
    for address in (told["kafka"], told["redis"].removeprefix("redis://").removesuffix("/0")):
        host, _, port = address.partition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), 1)


def kill_the_trigger(stage: DemoStage) -> None:
    """Kill the trigger of *stage* as soon as its leash has started it, then look on."""
    deadline = time.monotonic() + 10
    with stage:
        leash = psutil.Process(stage.trigger.pid)
        while not (found := leash.children()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        found[0].kill()
        while time.monotonic() < deadline:
            stage.look()


def test_a_trigger_that_dies_is_told_in_one_line_and_its_log_is_kept() -> None:
    stage = DemoStage(lambda _zh, _en: None)
    with pytest.raises(StopServiceError, match=r"trigger\.log") as stopped:
        kill_the_trigger(stage)
    assert len(str(stopped.value).splitlines()) == 1
    assert (stage.folder / "trigger.log").is_file()
    shutil.rmtree(stage.folder)
