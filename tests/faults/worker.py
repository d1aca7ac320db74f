"""One trigger worker as a process that can be killed, frozen, woken and told another time."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from infra.embedded import free_port

CHECKOUT = Path(__file__).parents[2]
_READY_S = 90.0
_STOP_S = 20.0


class Worker:
    """A process of `credit-trigger run trigger`; with *skew*, on a clock that file sets wrong."""

    def __init__(self, settings: dict[str, str], log: Path, *, skew: Path | None = None) -> None:
        self._log, self._port = log, free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CREDIT_")}
        mine = {
            "PYTHONPATH": str(CHECKOUT),
            "CREDIT_STATE_DIR": str(log.parent),
            "CREDIT_METRICS_PORT": str(self._port),
            "PYTHONFAULTHANDLER": "1",  # see `where`
        }
        usual = ["cli.main", "run", "trigger"]
        words = usual if skew is None else ["tests.faults.skewed_trigger", str(skew)]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", *words],
                env=kept | mine | settings,
                cwd=log.parent,
                stdout=output,
                stderr=output,
            )

    @property
    def alive(self) -> bool:
        """Tell whether the process runs, frozen or not."""
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, as a lost machine would."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP, in whatever it is doing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it knows nothing of the time that has passed."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait(_STOP_S)

    def wait(self, timeout_s: float) -> int:
        """Return the exit code of a worker that ends."""
        return self._process.wait(timeout_s)

    def said(self) -> str:
        """Return the end of its log."""
        return self._log.read_text(errors="replace")[-4000:]

    def where(self) -> str:
        """End it, and return where each of its threads stood, and what it said before."""
        self._process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(5)
        return self.said()

    def ready(self) -> bool:
        """Tell what /readyz says; a worker that does not serve yet is not ready."""
        return self._get("/readyz") is not None

    def wait_ready(self, *, ready: bool = True) -> None:
        """Wait until /readyz says so."""
        deadline = time.monotonic() + _READY_S
        while self.ready() is not ready:
            assert self.alive, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def owned(self) -> int:
        """Return how many partitions it decides now."""
        for line in (self._get("/metrics") or "").splitlines():
            if line.startswith("credit_partitions_owned_count "):
                return int(float(line.rpartition(" ")[2]))
        return 0

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=2) as page:
                return str(page.read().decode())
        except (urllib.error.URLError, OSError):
            return None
