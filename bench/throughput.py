"""How fast an engine works off a prefilled topic, and at what cost, seen from outside."""

import time
from bisect import bisect_right
from dataclasses import dataclass

from bench.child_process import ChildProcess
from bench.decision_log import DecisionLog, read_decisions
from bench.engine import Engine
from bench.errors import LeftOutError
from bench.stand import Stand

SAMPLE_EVERY_S = 0.25
# The first half is left out of the rate: rebalance, restore, cold caches, and above all the JIT
# compiler, which takes half a processor for the first ten seconds of a Java peer.
RAMP = 0.5
START_LIMIT_S = 600.0  # a table of a million entries is loaded before the first decision
STALL_LIMIT_S = 60.0
SETTLED_SAMPLES = 4


@dataclass(frozen=True)
class Sample:
    """One look from outside: the broker's clock is this machine's."""

    at_ms: float
    cpu_s: float
    rss_bytes: int
    visible: int


@dataclass(frozen=True)
class Throughput:
    """What came of one run over the prefilled topic.

    `decided` events have a decision, `repeated` of them more than one; `cut_off` where the time was
    over before the topic was. Rate and cost are those of the second half.
    """

    decided: int
    repeated: int
    cut_off: bool
    events_per_s: float
    cpu_us_per_event: float
    rss_max_bytes: int
    start_s: float


def measure_throughput(engine: Engine, stand: Stand, *, limit_s: float) -> Throughput:
    """Run *engine* from nothing over the prefilled topic, *limit_s* from its first decision.

    Raises: LeftOutError if it ends, stalls or decides too little to tell a rate.
    """
    engine.fresh()
    started_ms = time.time() * 1000
    process = engine.start(stand.events)
    try:
        samples, cut_off = _watch(engine, process, stand, limit_s)
    finally:
        process.stop()
    log = read_decisions(
        stand.kafka.bootstrap,
        engine.decisions,
        stand.scenario.partitions,
        stand.scenario.events,
    )
    return summarise(log, samples, started_ms=started_ms, cut_off=cut_off)


def summarise(
    log: DecisionLog, samples: list[Sample], *, started_ms: float, cut_off: bool
) -> Throughput:
    """Return rate and cost of a run. Raises: LeftOutError if it is too short to tell."""
    times = log.appended_ms
    if not times:
        msg = "it decided nothing"
        raise LeftOutError(msg)
    # A run that was cut off stops at the last look, not at what it wrote while it was stopped.
    end_ms = min(float(times[-1]), samples[-1].at_ms)
    measured = times[: bisect_right(times, end_ms)]
    ramp = int(len(measured) * RAMP)
    begin_ms = float(measured[ramp]) if measured else end_ms
    # Decisions appended in the millisecond that ends the ramp belong to it.
    count = len(measured) - bisect_right(measured, begin_ms)
    if count <= 0 or end_ms <= begin_ms:
        msg = (
            f"it decided {len(times)} events in one go: too few to tell a rate, give more --events"
        )
        raise LeftOutError(msg)
    cpu_s = _cpu_at(samples, end_ms) - _cpu_at(samples, begin_ms)
    return Throughput(
        decided=log.distinct,
        repeated=log.repeated,
        cut_off=cut_off,
        events_per_s=count / (end_ms - begin_ms) * 1000,
        cpu_us_per_event=cpu_s / count * 1e6,
        rss_max_bytes=max(sample.rss_bytes for sample in samples),
        start_s=(times[0] - started_ms) / 1000,
    )


def _watch(
    engine: Engine, process: ChildProcess, stand: Stand, limit_s: float
) -> tuple[list[Sample], bool]:
    """Look at the process until its output is whole and settled, or cut it off after *limit_s*."""
    samples: list[Sample] = []
    began = moved = time.monotonic()
    first: float | None = None
    while True:
        samples.append(_look(engine, process, stand))
        now = time.monotonic()
        seen = samples[-1].visible
        if len(samples) > 1 and seen != samples[-2].visible:
            moved = now
        if first is None and seen:
            first = now
        recent = {sample.visible for sample in samples[-SETTLED_SAMPLES:]}
        # Marks of transactions count as offsets, so enough is not the end until it stands still.
        if seen >= stand.scenario.events and len(recent) == 1:
            return samples, False
        if first is not None and now - first > limit_s:
            return samples, True
        if now - moved > (START_LIMIT_S if first is None else STALL_LIMIT_S):
            msg = f"no decision for {now - moved:.0f} s after {now - began:.0f} s"
            raise LeftOutError(f"{msg}: {process.last_words()[:200]}")
        time.sleep(SAMPLE_EVERY_S)


def _look(engine: Engine, process: ChildProcess, stand: Stand) -> Sample:
    try:
        usage = process.usage()
    except LookupError as err:
        raise LeftOutError(f"{err}: {process.last_words()[:200]}") from err
    at_ms = time.time() * 1000
    visible = stand.topics.visible(engine.decisions, stand.scenario.partitions)
    return Sample(at_ms, usage.cpu_s, usage.rss_bytes, visible)


def _cpu_at(samples: list[Sample], at_ms: float) -> float:
    """Return the processor time used by *at_ms*, on a straight line between two looks."""
    index = bisect_right([sample.at_ms for sample in samples], at_ms)
    if index == 0:
        return samples[0].cpu_s
    if index == len(samples):
        return samples[-1].cpu_s
    before, after = samples[index - 1], samples[index]
    share = (at_ms - before.at_ms) / (after.at_ms - before.at_ms)
    return before.cpu_s + share * (after.cpu_s - before.cpu_s)
