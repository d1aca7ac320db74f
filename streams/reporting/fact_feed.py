"""Reads the four input topics into a file of facts, from where the file stands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog

from streams.reporting.fact_store import FactStore
from streams.reporting.log_reader import LogReader, ends_of, logs_of, names_of, start_of
from streams.reporting.read_facts import INPUTS, FactBatch, add_facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from streams.reporting.fact_store import Place
    from streams.reporting.law import Law

log = structlog.get_logger("streams.feedback")
# Identities come in no order, so each transaction writes most of the pages that hold them: few
# large ones. Of the messages themselves fewer are in memory at a time.
_AT_ONCE, _OF_THEM = 20_000, 2_000


class FactFeed:
    """The facts of the log at *bootstrap* in the file *path*; `step` takes in what comes next.

    *law* as of a FactStore.
    `unreadable` counts the messages passed over because they are none of ours, by topic.
    Raises: StopServiceError if a topic is missing or no longer has what comes next.
    """

    def __init__(self, bootstrap: str, path: Path, law: Law) -> None:
        self._bootstrap = bootstrap
        logs = logs_of(bootstrap, INPUTS)
        self.store = FactStore(path, names_of(logs), law)
        self._reader = LogReader(bootstrap, start_of(logs, self.store.positions()))
        self._stored = dict(self._reader.positions)
        self.unreadable: Counter[str] = Counter()

    @property
    def positions(self) -> Mapping[Place, int]:
        """What the file holds: everything before these offsets."""
        return self._stored

    def step(self, wait_s: float) -> int:
        """Take in what has come within *wait_s*; return how many messages that were."""
        batch, count = FactBatch(), 0
        while count < _AT_ONCE:
            messages = self._reader.poll(_OF_THEM, wait_s if not count else 0)
            if not messages:
                break
            add_facts(batch, messages)
            count += len(messages)
        if self._reader.positions == self._stored:
            return 0
        if batch.unreadable:
            self.unreadable.update(batch.unreadable)
            log.warning("unreadable", **batch.unreadable)
        positions = dict(self._reader.positions)
        self.store.take(batch, positions)
        self._stored = positions  # replaced, never changed: another thread may look at it
        return count

    def ends(self) -> dict[Place, int]:
        """Return the end that each partition has now, uncommitted messages with it."""
        return ends_of(logs_of(self._bootstrap, INPUTS))

    def holds(self, ends: Mapping[Place, int]) -> bool:
        """Tell whether the file holds everything before *ends*."""
        stored = self._stored
        return all(stored.get(place, 0) >= end for place, end in ends.items())

    def close(self) -> None:
        """Leave broker and file."""
        self._reader.close()
        self.store.close()
