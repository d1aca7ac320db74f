"""A role of `up` as a child process: started again when it dies, its readiness told on change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from cli.readiness import asked
from infra.child_process import ChildProcess
from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Say = Callable[[str], None]

_STOP = 3
_BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STEADY_S = 60.0  # who has run that long has earned a quick restart again


class SupervisedRole:
    """Role *role*, called *title* in what is told by *say*, with metrics on *port*.

    What is *vital* ends `up` where it ends with exit code 3, for no restart would mend that; what
    is not is started again all the same: without the streams everything is decided as before.
    """

    def __init__(  # noqa: PLR0913  # a process is all of these
        self,
        role: str,
        title: str,
        *,
        say: Say,
        log_path: Path,
        environment: Mapping[str, str],
        port: int,
        vital: bool,
    ) -> None:
        self._role, self._title, self._say = role, title, say
        self._vital, self._log_path = vital, log_path
        self._environment = environment
        self._address = f"{_reachable(environment['CREDIT_HTTP'])}:{port}"
        self._waits: Iterator[float] = iter(_BACKOFF_S)
        self._restart_at: float | None = None
        self._told = ""
        self._start()
        say(f"{title}: http://{self._address}/metrics, 日志 / log: {log_path}")

    def _start(self) -> None:
        command = (sys.executable, "-P", "-m", "cli.main", "run", self._role)
        self._child = ChildProcess(command, self._log_path, self._environment)
        self._began = time.monotonic()
        self._restart_at = None

    def look(self) -> None:
        """Tell a change of readiness; start it again when its time has come.

        Raises: StopServiceError if it ended with exit code 3: no restart would mend that.
        """
        code = self._child.exit_code()
        if code is None:
            self._tell(self._readiness())
        elif code == _STOP and self._vital:
            raise StopServiceError(f"{self._role}: {self._child.last_line()} ({self._log_path})")
        elif self._restart_at is None:
            if time.monotonic() - self._began > _STEADY_S:
                self._waits = iter(_BACKOFF_S)
            wait = next(self._waits, _BACKOFF_S[-1])
            self._restart_at = time.monotonic() + wait
            self._tell(f"已退出 / ended with {code}, {wait:g} s 后重启 / until restart")
        elif time.monotonic() >= self._restart_at:
            self._start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM without waiting."""
        self._child.ask_to_stop()

    def stop(self) -> None:
        """Stop it: SIGTERM, then a deadline."""
        self._child.stop()

    def _readiness(self) -> str:
        told = asked(self._address)
        if told is None:
            return "启动中 / starting"
        ready, why = told
        return f"{'就绪 / ready' if ready else '未就绪 / not ready'}: {why}"

    def _tell(self, state: str) -> None:
        if state != self._told:
            self._say(f"{self._title}: {state}")
            self._told = state


def _reachable(listen: str) -> str:
    host = listen.rsplit(":", 1)[0] if listen.count(":") == 1 else listen
    return "127.0.0.1" if host in ("0.0.0.0", "[::]") else host  # noqa: S104 - compared, not bound
