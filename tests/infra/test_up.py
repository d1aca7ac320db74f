"""`credit-trigger up`, as an operator sees it: one process tree from start to Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


class Up:
    """A running `up`, what it has said, and everything that it started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.said_path = folder / "said.txt"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CREDIT_STATE_DIR": str(folder / "state"),
            "CREDIT_METRICS_PORT": "0",
            **settings,
        }
        with self.said_path.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "up"],
                stdout=said,
                stderr=said,
                env=self.environment,
                cwd=folder,
            )

    def wait_for(self, words: str, *, times: int = 1, within_s: float = 40) -> None:
        deadline = time.monotonic() + within_s
        while self.said_path.read_text().count(words) < times:
            assert time.monotonic() < deadline, self.said_path.read_text()
            assert self.process.poll() is None, self.said_path.read_text()
            time.sleep(0.1)

    def child(self, role: str) -> psutil.Process:
        """The process of *role* itself, not the leash that holds it."""
        (found,) = [
            each
            for each in psutil.Process(self.process.pid).children(recursive=True)
            if each.cmdline()[-2:] == ["run", role] and "leash.py" not in str(each.cmdline())
        ]
        return found


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def test_up_starts_everything_starts_again_what_died_and_stops_cleanly(up: Up) -> None:
    ready = {
        "trigger": "触发器 / trigger: 就绪 / ready: deciding",
        "streams": "流处理 / streams: 就绪 / ready",
        "dispatch": "分发 / dispatch: 就绪 / ready",
    }
    for words in ready.values():
        up.wait_for(words)
    joined = subprocess.run(
        [sys.executable, "-m", "cli.main", "topics", "apply", "--check"],
        env=up.environment,
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert joined.returncode == 0

    for process in [up.child(role) for role in ready]:  # all found before one is a zombie
        process.send_signal(signal.SIGKILL)
    up.wait_for("137", times=len(ready))  # 128 + SIGKILL, as a shell says it
    for words in ready.values():
        up.wait_for(words, times=2)

    family = psutil.Process(up.process.pid).children(recursive=True)
    began = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(15) == 0
    assert time.monotonic() - began < 10
    assert not [each for each in family if each.is_running()]
    assert not (up.said_path.parent / "state" / "services.json").exists()


def test_up_ends_with_3_when_an_embedded_server_has_lost_what_it_held(up: Up) -> None:
    up.wait_for("Ctrl-C")
    for each in psutil.Process(up.process.pid).children(recursive=True):
        if each.name().startswith("redis-server"):
            each.kill()
    assert up.process.wait(20) == 3
    assert "embedded-redis.log" in up.said_path.read_text()
