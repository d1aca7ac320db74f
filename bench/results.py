"""What a run of the bench found."""

from dataclasses import dataclass, field
from statistics import median

from bench.latency import Latency
from bench.throughput import Throughput

OURS, FAUST, KAFKA_STREAMS, BARE = "trigger", "faust", "kstreams", "bare"


@dataclass
class EngineResult:
    """All rounds of one engine; `left_out` says why there are none, or no more of them."""

    name: str
    words: str
    rounds: list[Throughput] = field(default_factory=list)
    latency: list[Latency] = field(default_factory=list)
    left_out: str | None = None
    latency_left_out: str | None = None

    @property
    def events_per_s(self) -> float | None:
        """Median rate of the rounds."""
        return median(r.events_per_s for r in self.rounds) if self.rounds else None

    @property
    def cpu_us_per_event(self) -> float | None:
        """Median cost of the rounds."""
        return median(r.cpu_us_per_event for r in self.rounds) if self.rounds else None

    @property
    def rss_max_bytes(self) -> int | None:
        """The most resident memory that any round took."""
        return max((r.rss_max_bytes for r in self.rounds), default=None)


@dataclass
class BenchResult:
    """A whole run: where, how much, what came of it.

    `few_entries` is our own trigger again, with `few_entries_count` entries instead of all.
    """

    kafka: str
    redis: str
    is_apache: bool
    passed_over: tuple[str, ...]
    processors: int
    events: int
    entries: int
    hits: int
    partitions: int
    engines: list[EngineResult] = field(default_factory=list)
    few_entries_count: int = 1_000
    few_entries: EngineResult | None = None

    def engine(self, name: str) -> EngineResult | None:
        """Return the result of the engine *name*, if it was in the run."""
        return next((engine for engine in self.engines if engine.name == name), None)
