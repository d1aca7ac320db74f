"""`alerts`: since last time or live, what cannot wait first, nothing lost."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import ALERTS
from tests.cli.conftest import Run
from tests.cli.recorded import FIRM, SHOP, alert, alert_bytes, department, raise_alerts, write

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0

Follow = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def beside(run: Run, broker: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", broker)
    return run


@pytest.fixture
def follow(broker: str, tmp_path: Path) -> Iterator[Follow]:
    """Starts `alerts --follow ARGS` as a program of its own, in the state folder of `beside`."""
    running: list[subprocess.Popen[str]] = []

    def start(*args: str) -> subprocess.Popen[str]:
        settings = {"CREDIT_KAFKA": broker, "CREDIT_STATE_DIR": str(tmp_path / "state")}
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "cli.main", "alerts", "--follow", *args],
                cwd=tmp_path,
                env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        waiting = running[-1].stderr
        assert waiting is not None
        while "Ctrl-C" not in (line := waiting.readline()):
            assert line, "it ended before it waited"
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.communicate()


def told(beside: Run, *args: str) -> list[dict[str, Any]]:
    ran = beside("alerts", "--json", *args)
    assert (ran.code, ran.err) == (0, ""), ran
    return [json.loads(line) for line in ran.out.splitlines()]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["alert_id"] for each in found]


def test_each_alert_is_told_once_and_only_those_since_last_time(beside: Run, broker: str) -> None:
    to = department()
    first, second, third = alert(to), alert(to), alert(to)
    raise_alerts(broker, first, second)
    assert ids(told(beside, "--department", to)) == [first.alert_id, second.alert_id]
    assert told(beside, "--department", to) == []
    raise_alerts(broker, third)
    assert ids(told(beside, "--department", to)) == [third.alert_id]
    everything = ids(told(beside, "--department", to, "--from-beginning"))
    assert everything == [first.alert_id, second.alert_id, third.alert_id]
    assert told(beside, "--department", to) == []


def test_each_department_has_a_place_of_its_own(beside: Run, broker: str) -> None:
    one, other = department(), department()
    mine, theirs = alert(one), alert(other)
    raise_alerts(broker, mine, theirs)
    assert ids(told(beside, "--department", one)) == [mine.alert_id]
    assert ids(told(beside, "--department", other)) == [theirs.alert_id]
    everybodys = beside("alerts").out
    for each in (mine, theirs):
        assert str(each.action_id) in everybodys


def test_what_cannot_wait_comes_first_then_the_older(beside: Run, broker: str) -> None:
    to = department()
    late = "2026-06-17T09:00:00.000+08:00"
    calm, urgent = alert(to, urgency="day", kind="reward"), alert(to, raised_at=late)
    older, over = alert(to), alert(to)
    raise_alerts(broker, calm, urgent, older, over)
    raise_alerts(broker, over, what="cleared")
    found = told(beside, "--department", to)
    assert ids(found) == [older.alert_id, urgent.alert_id, calm.alert_id, over.alert_id]
    assert [each["cleared"] for each in found] == [False, False, False, True]
    lines = beside("alerts", "--department", to, "--from-beginning").out.splitlines()
    assert ["  ! " in line for line in lines] == [True, True, False, False]
    assert "cleared" in lines[3]


@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_an_alert_is_one_line_in_the_language_that_is_set(
    beside: Run, broker: str, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("CREDIT_LANG", lang)
    to = department()
    raised = alert(to, text_zh="需人工\n复核\x1b[2J", text_en="awaits a\nreview")
    raise_alerts(broker, raised)
    (line,) = beside("alerts", "--department", to).out.splitlines()
    assert line.startswith("2026-06-16 09:31:02  ")
    assert FIRM in line
    assert f" {raised.action_id}]" in line
    assert "\x1b" not in line
    assert ("暂缓" in line, "需人工" in line) == (lang != "en", lang != "en")
    assert ("hold" in line, "awaits" in line) == (lang != "zh", lang != "zh")


def test_an_individual_business_is_masked(beside: Run, broker: str) -> None:
    to = department()
    raise_alerts(broker, alert(to, uscc=SHOP))
    shown = beside("alerts", "--department", to).out
    assert (SHOP in shown, "92210502MA0B******" in shown) == (False, True)
    (as_json,) = told(beside, "--department", to, "--from-beginning")
    assert as_json["uscc"] == "92210502MA0B******"


def test_no_news_is_said(beside: Run) -> None:
    ran = beside("alerts", "--department", department())
    assert "no new alerts" in ran.out


def test_what_is_no_alert_is_named_and_passed_over(beside: Run, broker: str) -> None:
    to = department()
    raised = alert(to)
    bad = [(to, b"\xff{"), (to, b'{"type": 1}'), (department(), b"not theirs")]
    write(broker, ALERTS, [*bad, (to, alert_bytes(raised))])
    ran = beside("alerts", "--department", to, "--json")
    assert ids([json.loads(line) for line in ran.out.splitlines()]) == [raised.alert_id]
    problems = [line for line in ran.err.splitlines() if re.match(r"credit.alerts/0/\d+: ", line)]
    assert len(problems) == 2


def test_a_place_in_another_log_is_told_in_one_line_and_the_earliest_taken(
    beside: Run, broker: str, tmp_path: Path
) -> None:
    to = department()
    raised = alert(to)
    raise_alerts(broker, raised)
    assert ids(told(beside, "--department", to)) == [raised.alert_id]
    (kept,) = tmp_path.rglob(f"{to}.json")
    place = json.loads(kept.read_text())
    kept.write_text(json.dumps(place | {"topic_id": "an-earlier-topic"}))
    ran = beside("alerts", "--department", to, "--json")
    assert ids([json.loads(line) for line in ran.out.splitlines()]) == [raised.alert_id]
    assert "made anew" in ran.err.splitlines()[0]
    assert beside("alerts", "--department", to, "--json").out == ""


def test_a_code_that_is_none_is_refused_and_not_repeated(beside: Run) -> None:
    ran = beside("alerts", "--department", "11010519491231002X")
    assert (ran.code, "11010519491231002X" in ran.err) == (2, False)
    assert len(ran.err.strip().splitlines()) == 1


def test_what_nobody_has_read_is_shown_again(beside: Run, broker: str, tmp_path: Path) -> None:
    to = department()
    raised = [alert(to, text_zh="长" * 4000) for _ in range(20)]  # more than a pipe holds
    raise_alerts(broker, *raised)
    told_to_nobody = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "alerts", "--department", to],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert told_to_nobody.stdout is not None
    assert told_to_nobody.stderr is not None
    told_to_nobody.stdout.close()
    told_to_nobody.wait(PATIENCE_S)
    told_to_nobody.stderr.close()
    assert len(told(beside, "--department", to)) == 20


def test_a_follower_sees_a_commit_within_200_ms_and_stops_with_0(
    beside: Run, broker: str, follow: Follow
) -> None:
    to = department()
    before, after = alert(to), alert(to)
    raise_alerts(broker, before)
    live = follow("--department", to, "--json")
    assert live.stdout is not None
    assert json.loads(live.stdout.readline())["alert_id"] == before.alert_id
    took_ms = []
    for _ in range(9):
        raised = alert(to)
        raise_alerts(broker, alert(department()), raised)
        committed = time.monotonic()
        assert json.loads(live.stdout.readline())["alert_id"] == raised.alert_id
        took_ms.append((time.monotonic() - committed) * 1000)
    assert statistics.median(took_ms) < 200, took_ms

    live.send_signal(signal.SIGINT)
    assert live.wait(PATIENCE_S) == 0
    raise_alerts(broker, after)
    assert ids(told(beside, "--department", to)) == [after.alert_id]


def test_a_follower_that_is_killed_goes_on_where_it_had_shown(
    beside: Run, broker: str, follow: Follow
) -> None:
    to = department()
    seen, missed = alert(to), alert(to)
    live = follow("--department", to, "--json")
    assert live.stdout is not None
    raise_alerts(broker, seen)
    assert json.loads(live.stdout.readline())["alert_id"] == seen.alert_id
    time.sleep(0.3)  # its place is kept after its line has left
    live.kill()
    live.wait(PATIENCE_S)
    raise_alerts(broker, missed)
    assert ids(told(beside, "--department", to)) == [missed.alert_id]
