"""A process of ours on a leash: it never outlives us, and stops within a deadline."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.leash import GRACE_S, leashed


class ChildProcess:
    """Runs *command* with its output in *log_path*; `pid` is that of the leash.

    Told to stop it has *grace_s* to end by itself.

    It runs in a session of its own: Ctrl-C reaches us alone, and we decide in which order to
    stop. It ends when `stop` is called, and also when this process is gone without a word.
    """

    def __init__(
        self,
        command: Sequence[str],
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        *,
        grace_s: float = GRACE_S,
    ) -> None:
        self.log_path = log_path
        self._grace_s = grace_s
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(command, grace_s=grace_s),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(environment) if environment is not None else None,
                cwd=os.sep,  # holds no folder busy, and reads no `.env` of anybody
                start_new_session=True,
            )
        self.pid = self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code if the program has ended, else None."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM without waiting."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Stop the program (SIGTERM, SIGKILL after the grace); return its exit code."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()  # lets go of the leash
        try:
            return self._process.wait(self._grace_s + 2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def last_line(self) -> str:
        """Return the last line of the log, or an empty string: what it said before it died."""
        lines = self.log_path.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
