"""A trigger worker whose clock is wrong by as many seconds as a file says, whenever it looks.

Run as `python -m tests.faults.skewed_trigger FILE`: the role itself, on another clock than the
machine's. The command has no such switch for real servers, on purpose.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from infra.clock import SystemClock
from infra.logs import configure_logs
from infra.settings import load_settings
from streams.trigger.service import run


class SkewedClock:
    """The machine's clock and what *file* adds to it (s)."""

    def __init__(self, file: Path) -> None:
        self._file, self._right = file, SystemClock()

    def __call__(self) -> datetime:
        return self._right() + timedelta(seconds=float(self._file.read_text()))


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings, "trigger")
    run(settings, clock=SkewedClock(Path(sys.argv[1])))
