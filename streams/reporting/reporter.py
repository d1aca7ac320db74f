"""The thread that reads facts and closes periods, on whichever worker owns the tallies."""

from __future__ import annotations

import fcntl
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import structlog

from schemas import topics
from schemas.errors import RetryLaterError
from streams.reporting.closer import Closer
from streams.reporting.fact_feed import FactFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.reporting.closer import Desk

log = structlog.get_logger("streams.feedback")
_RETRY_S = 1.0
_STEP_S = 0.5
_STOP_S = 3.0
TOKEN = (topics.TALLIES, 0)
"""Whoever owns this partition, the only one of its topic, makes the reports."""


class Reporter:
    """Reads and closes while *owns* says so; *failed* is told what it cannot get over, once."""

    def __init__(
        self, desk: Desk, *, owns: Callable[[], bool], failed: Callable[[Exception], None]
    ) -> None:
        self._desk, self._owns, self._failed = desk, owns, failed
        self._feed: FactFeed | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is in hand is done again by whoever comes next."""
        self._stop.set()
        self._thread.join(_STOP_S)

    def holds(self, offset: int) -> bool:
        """Tell whether the facts of the tally at *offset* are kept."""
        feed = self._feed
        return feed is not None and feed.positions.get(TOKEN, 0) > offset

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._owns():
                    self._work()
                else:
                    self._stop.wait(_STEP_S)
            except RetryLaterError as err:
                log.warning("retry_later", why=str(err))
                self._stop.wait(_RETRY_S)
            except Exception as err:  # noqa: BLE001 - the service ends the process for it
                self._failed(err)
                return

    def _work(self) -> None:
        """Read and close until the partition goes to another, or a closing fails."""
        desk = self._desk
        with self._alone() as alone:
            if not alone:
                return
            with closing(FactFeed(desk.kafka, desk.folder / "facts.sqlite3", desk.law)) as feed:
                self._feed = feed
                closer = Closer(feed, desk)
                try:
                    while self._goes_on() and closer.error is None:
                        feed.step(_STEP_S)
                finally:
                    self._feed = None
                    closer.stop()
                if closer.error is not None:
                    raise closer.error

    def _goes_on(self) -> bool:
        return not self._stop.is_set() and self._owns()

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Wait for the file of facts: the worker before us may still close it. False: not ours."""
        self._desk.folder.mkdir(parents=True, exist_ok=True)
        with (self._desk.folder / "facts.lock").open("w") as lock:
            told = False
            while self._goes_on():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if not told:
                        log.warning("waiting_for_another_worker", folder=str(self._desk.folder))
                    told = True
                    self._stop.wait(_STEP_S)
                else:
                    yield True
                    return
            yield False
