"""Our clock, believed about days only while the broker's says the same (design §6)."""

import time
from datetime import date, datetime, timedelta

import structlog

from infra.clock import Clock
from schemas.times import from_millis, legal_day

log = structlog.get_logger("trigger")

TOLERANCE = timedelta(minutes=5)


class AgreedClock:
    """A clock beside the broker's append times.

    Between two commits nobody tells the time, so what our clock shows is held against how long ago
    the last one was, by a clock that nobody can set. It is believed again after the next commit
    that bears it out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None  # the broker's time, and ours since start
        self.agrees = True

    def look(self) -> datetime:
        """Return what the clock shows, right or wrong."""
        now = self._clock()
        if self._told is not None:
            told, since_s = self._told
            self._note(now, told + timedelta(seconds=time.monotonic() - since_s), agreed=False)
        return now

    def day(self, now: datetime) -> date:
        """Return the legal day of *now*, which `look` gave; where it is not believed, the first."""
        return legal_day(now) if self.agrees else date.min

    def compare(self, appended_ms: int) -> None:
        """Hear from the broker what time it is."""
        told = from_millis(appended_ms)
        self._told = told, time.monotonic()
        self._note(self._clock(), told, agreed=True)

    def _note(self, now: datetime, told: datetime, *, agreed: bool) -> None:
        """Note whether *now* is near *told*; that it is counts only where *agreed*."""
        near = abs(now - told) <= TOLERANCE
        agrees = near and (agreed or self.agrees)
        if agrees != self.agrees:
            log.warning("clock", agrees=agrees, apart_s=(now - told).total_seconds())
        self.agrees = agrees
