"""What the trigger must reach beside its peers, and whether it did in this run."""

from dataclasses import dataclass, replace

from bench.latency import Latency
from bench.results import BARE, FAUST, KAFKA_STREAMS, OURS, BenchResult, EngineResult

TIMES_FAUST, TIMES_KAFKA_STREAMS, TIMES_BARE = 40.0, 2.0, 0.25
MEMORY_MB = 400.0
FULL_TO_FEW_ENTRIES = 0.9
# The size that the targets are set for; a smaller run shows figures and judges none of them.
FULL_EVENTS, FULL_ENTRIES = 500_000, 1_000_000


@dataclass(frozen=True)
class Target:
    """One promise; `met` is None where this run has no figure for it, or none that counts."""

    name: str
    wanted: str
    got: str
    met: bool | None


def judge(result: BenchResult) -> list[Target]:
    """Return every target with what this run says of it."""
    targets = [
        _times(result, FAUST, TIMES_FAUST),
        _times(result, KAFKA_STREAMS, TIMES_KAFKA_STREAMS),
        _times(result, BARE, TIMES_BARE),
        *_latencies(result),
        _memory(result),
        _entries(result),
    ]
    if not counts(result):
        targets = [replace(target, met=None) for target in targets]
    return [*targets, _exactly_once(result)]  # which holds at any size, on any broker


def counts(result: BenchResult) -> bool:
    """Tell whether the figures of a run count: full size, on Apache Kafka."""
    full = result.events >= FULL_EVENTS and result.entries >= FULL_ENTRIES
    return full and result.is_apache


def _times(result: BenchResult, peer: str, wanted: float) -> Target:
    ours, theirs = _rate(result.engine(OURS)), _rate(result.engine(peer))
    name, goal = f"events/s: {OURS} / {peer}", f">= {wanted:g}"
    if ours is None or theirs is None:
        return Target(name, goal, "-", None)
    return Target(name, goal, f"{ours / theirs:.2f}", ours / theirs >= wanted)


def _latencies(result: BenchResult) -> list[Target]:
    """Event to action, below Kafka Streams' in the same run, at each pace both were given."""
    ours, theirs = result.engine(OURS), result.engine(KAFKA_STREAMS)
    pairs = [
        (mine, other)
        for mine in (ours.latency if ours else [])
        for other in (theirs.latency if theirs else [])
        if mine.rate == other.rate
    ]
    if not pairs:
        return [Target("event to action, p50 and p99", f"< {KAFKA_STREAMS}", "-", None)]
    return [target for mine, other in pairs for target in _at_pace(mine, other)]


def _at_pace(mine: Latency, other: Latency) -> list[Target]:
    if mine.actions is None or other.actions is None:
        return [Target(f"event to action at {mine.rate:,}/s", f"< {KAFKA_STREAMS}", "-", None)]
    both = (
        ("p50", mine.actions.p50_ms, other.actions.p50_ms),
        ("p99", mine.actions.p99_ms, other.actions.p99_ms),
    )
    # What was never read took longer than any figure here.
    whole = mine.actions.missing == 0
    return [
        Target(
            f"event to action at {mine.rate:,}/s, {percentile}",
            f"< {theirs:.0f} ms ({KAFKA_STREAMS})",
            f"{ours:.0f} ms" + ("" if whole else f", {mine.actions.missing} missing"),
            ours < theirs and whole,
        )
        for percentile, ours, theirs in both
    ]


def _memory(result: BenchResult) -> Target:
    ours = result.engine(OURS)
    used = ours.rss_max_bytes if ours else None
    name, goal = f"resident memory, {result.entries:,} entries", f"< {MEMORY_MB:.0f} MB"
    if used is None:
        return Target(name, goal, "-", None)
    return Target(name, goal, f"{used / 1e6:.0f} MB", used / 1e6 < MEMORY_MB)


def _entries(result: BenchResult) -> Target:
    full, few = _rate(result.engine(OURS)), _rate(result.few_entries)
    name = f"events/s: {result.entries:,} entries / {result.few_entries_count:,}"
    goal = f">= {FULL_TO_FEW_ENTRIES:g}"
    if full is None or few is None:
        return Target(name, goal, "-", None)
    return Target(name, goal, f"{full / few:.2f}", full / few >= FULL_TO_FEW_ENTRIES)


def _exactly_once(result: BenchResult) -> Target:
    """Every event decided once: a rate that loses or repeats is no rate."""
    ours = result.engine(OURS)
    name, goal = "events decided twice or never", "0"
    if ours is None or not ours.rounds:
        return Target(name, goal, "-", None)
    twice = sum(r.repeated for r in ours.rounds)
    never = sum(result.events - r.decided for r in ours.rounds if not r.cut_off)
    return Target(name, goal, str(twice + never), twice + never == 0)


def _rate(engine: EngineResult | None) -> float | None:
    return engine.events_per_s if engine else None
