"""The clock as a port: the real one, or a fixed day for the demo and for tests."""

import time
from datetime import datetime, timedelta
from typing import Protocol

from schemas.times import SHANGHAI


class Clock(Protocol):
    """Tells the time; whoever needs to know it is given one."""

    def __call__(self) -> datetime:
        """Return the present instant, with its offset."""


class SystemClock:
    """What this machine's clock says."""

    def __call__(self) -> datetime:
        """Return the present instant in +08:00."""
        return datetime.now(SHANGHAI)


class SimulatedClock:
    """A day of our choosing that passes at the speed of real time, from *start* on."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(SHANGHAI)
        self._began_s = time.monotonic()

    def __call__(self) -> datetime:
        """Return *start* and the time that has really passed since."""
        return self._start + timedelta(seconds=time.monotonic() - self._began_s)
