"""A process that the bench started: its log, its end, its use of processor and memory."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_WAIT_S = 15.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Usage:
    """Processor time used since the start, user and system together, and resident memory now."""

    cpu_s: float
    rss_bytes: int


class ChildProcess:
    """One child with its log file; it dies with the bench, whatever kills the bench."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        inherit: bool = True,
    ) -> None:
        """Start *command*; *env* is added to this process's environment, or is the whole of it."""
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        libc = ctypes.CDLL(None) if os.uname().sysname == "Linux" else None
        parent = os.getpid()

        def die_with_parent() -> None:
            if libc is not None:
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != parent:  # it died between fork and here
                    os._exit(1)

        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**(os.environ if inherit else {}), **(env or {})},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches the bench, which stops its children
                preexec_fn=die_with_parent,  # noqa: PLW1509  # the bench forks from one thread
            )
        self._psutil = psutil.Process(self._process.pid)

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._process.poll()

    def usage(self) -> Usage:
        """Return what the child and its own children use. Raises: LookupError if it has ended."""
        if (code := self._process.poll()) is not None:  # a dead child still answers until reaped
            msg = f"it ended with {code}"
            raise LookupError(msg)
        try:
            family = [self._psutil, *self._psutil.children(recursive=True)]
            times = [member.cpu_times() for member in family]
            return Usage(
                cpu_s=sum(t.user + t.system for t in times),
                rss_bytes=sum(member.memory_info().rss for member in family),
            )
        except psutil.Error as err:
            msg = "it ended a moment ago"
            raise LookupError(msg) from err

    def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL to its whole session after 15 s."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self) -> str:
        """Return the last non-empty line of its log, for a report."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
