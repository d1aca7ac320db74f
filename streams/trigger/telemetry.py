"""What operators see of the trigger: counted once a batch, never once an event."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import redis
from confluent_kafka import Message

from infra import metrics
from infra.health import Health
from schemas.errors import CreditTriggerError
from schemas.lean import PartitionState
from schemas.times import SHANGHAI
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from streams.trigger.folded import Folded

_SAMPLES = 20  # of one batch, for the latency histogram
# The loop turns many times a second. Some seconds without a turn are not ready, whatever the cause;
# a minute is a fault.
_LATE_S = 5.0
_STUCK_S = 60.0
_BARRIER_WAIT_S = 0.05


class Telemetry:
    """Counts, and knows whether the worker lives, whether it is ready, and why not."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._work = Health(ok=False, why="starting")
        self._clock_agrees = True
        self._turned_s = time.monotonic()
        self._doing = ""
        # Asked when it is scraped: a loop that hangs sets nothing.
        metrics.READY.set_function(lambda: self.ready().ok)
        metrics.CATALOGUE_INFO.labels(catalogue.version[:12]).set(1)

    def ready(self) -> Health:
        """Tell whether batches are being decided on the right day, and why not."""
        if not self._clock_agrees:
            return Health(ok=False, why="this clock and the broker's are 5 minutes apart")
        if self._work.ok and self._still_s() > _LATE_S:
            # Without the seconds since: who tells changes of it would tell of each second.
            why = f"no turn of the loop for {_LATE_S:.0f} s: {self._doing or 'at work'}"
            return Health(ok=False, why=why)
        return self._work

    def live(self) -> Health:
        """Tell whether the loop still turns."""
        still_s = self._still_s()
        return Health(ok=still_s < _STUCK_S, why=f"last turn {still_s:.1f} s ago")

    def turned(self) -> None:
        """Note that the loop lives."""
        self._turned_s, self._doing = time.monotonic(), ""

    def doing(self, what: str) -> None:
        """Note what the loop is at, for whoever asks why it does not come round."""
        self._doing = what

    def batch(
        self,
        events: Sequence[Message],
        folded: Folded,
        phases: Mapping[str, float],
        committed_at: datetime,
    ) -> None:
        """Count one committed batch."""
        _count_outcomes(folded)
        metrics.BATCHES.inc()
        metrics.BATCH_SIZE.observe(len(events))
        for phase, seconds in phases.items():
            metrics.PHASE_SECONDS.labels(phase).observe(seconds)
        if phases.get("barrier", 0) > _BARRIER_WAIT_S:
            metrics.BARRIER_WAITS.inc()
        committed_s = committed_at.timestamp()
        for message in events[:: len(events) // _SAMPLES + 1]:
            took_s = committed_s - message.timestamp()[1] / 1000
            metrics.EVENT_TO_COMMIT.observe(max(took_s, 0))

    def standings(self, states: Mapping[int, PartitionState], now: datetime) -> None:
        """Show how old the lists are, what is stale, and the day; every few seconds is enough."""
        stale: set[str] = set()
        for state in states.values():
            standing = standing_of(self._catalogue, state.lists, now)
            stale |= standing.stale | standing.missing
        for code in self._catalogue.lists:
            metrics.LIST_STALE.labels(code).set(code in stale)
            ages = [
                (now - min(known.published_at, known.appended_at)).total_seconds()
                for state in states.values()
                if (known := state.lists.get(code)) is not None
            ]
            if ages:
                metrics.LIST_AGE.labels(code).set(max(ages))
        if states:
            day = min(state.day for state in states.values())
            start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
            metrics.BUSINESS_DAY.set(start.timestamp())

    def lags(self, lags: Mapping[str, int]) -> None:
        """Show how many messages wait, by topic."""
        for topic, n in lags.items():
            metrics.LAG.labels(topic).set(n)

    def dropped(self, reason: str) -> None:
        """Count a batch that was thrown away before its commit."""
        metrics.BATCHES_DROPPED.labels(reason).inc()

    def halted(self, trouble: Exception) -> None:
        """Note that nothing flows, and why."""
        if isinstance(trouble, redis.RedisError):
            metrics.REDIS_UP.set(0)
            why = f"Redis is away ({type(trouble).__name__}); waiting for it"
        else:
            why = str(trouble) if isinstance(trouble, CreditTriggerError) else repr(trouble)
        self._work = Health(ok=False, why=why)

    def assigned(self) -> None:
        """Count a change of assignment; a take-over that is tried again is none."""
        metrics.REBALANCES.inc()

    def taking_over(self, partitions: Sequence[int]) -> None:
        """Note that partitions are being taken over."""
        metrics.PARTITIONS_OWNED.set(0)
        self._work = Health(ok=False, why=f"taking over partitions {list(partitions)}")

    def restoring(self, partition: int, done: int, total: int) -> None:
        """Show how far the restore of a partition has come, in records."""
        metrics.RESTORE_DONE.set(done)
        metrics.RESTORE_TOTAL.set(total)
        self._work = Health(ok=False, why=f"restoring partition {partition}: {done} of {total}")
        self.turned()

    def restored(self, *, rebuilt: bool) -> None:
        """Count a restore that ended."""
        metrics.RESTORES.labels("rebuild" if rebuilt else "catch_up").inc()

    def folding_first_lists(self, done: int, total: int) -> None:
        """Show how far the lists are folded that nobody has folded before, in messages."""
        self._work = Health(ok=False, why=f"folding the first lists: {done} of {total}")

    def flowing(self, partitions: Sequence[int]) -> None:
        """Note that batches are decided."""
        metrics.REDIS_UP.set(1)
        metrics.PARTITIONS_OWNED.set(len(partitions))
        self._work = Health(ok=True, why=f"deciding partitions {list(partitions)}")

    def clock(self, *, agrees: bool) -> None:
        """Note whether our clock and the broker's agree; without that no day passes."""
        self._clock_agrees = agrees

    def _still_s(self) -> float:
        return time.monotonic() - self._turned_s


def _count_outcomes(folded: Folded) -> None:
    outbox = folded.outbox
    for (family, verdict), n in outbox.verdicts.items():
        metrics.EVENTS.labels(family).inc(n)
        metrics.DECISIONS.labels(verdict, family).inc(n)
    for (effect, state), n in outbox.actions.items():
        metrics.ACTIONS.labels(effect, state).inc(n)
    for kind, n in outbox.alerts.items():
        metrics.ALERTS.labels(kind).inc(n)
    for reason, n in outbox.rejected.items():
        metrics.DEAD_LETTERS.labels(reason).inc(n)
    for measure, n in outbox.shadows.items():
        metrics.SHADOWED.labels(measure).inc(n)
    for topic, n in folded.duplicates.items():
        metrics.DUPLICATES.labels(topic).inc(n)
    for cause, n in folded.again.items():
        metrics.DECIDED_AGAIN.labels(cause).inc(n)
    for outcome, n in folded.reviews.items():
        metrics.REVIEWS.labels(outcome).inc(n)
    for (code, outcome), n in folded.list_changes.items():
        metrics.LIST_CHANGES.labels(code, outcome).inc(n)
