"""A target is met at its bound and not below it; without a figure it is neither."""

import json
from dataclasses import replace

import pytest

from bench.latency import Latency, Percentiles, percentiles
from bench.report import to_json
from bench.results import BARE, FAUST, KAFKA_STREAMS, OURS, BenchResult, EngineResult
from bench.targets import judge
from bench.throughput import Throughput

ROUND = Throughput(
    decided=500_000, repeated=0, cut_off=False, events_per_s=40_000.0, cpu_us_per_event=20.0,
    rss_max_bytes=300_000_000, start_s=1.0,
)  # fmt: skip


def engine(name: str, rate: float, *, p50: float = 1.0, p99: float = 2.0) -> EngineResult:
    seen = Percentiles(p50, p99, p99, count=100, missing=0)
    rounds = [replace(ROUND, events_per_s=rate)]
    return EngineResult(name, name, rounds, [Latency(1_000, seen, seen)])


def run(*engines: EngineResult) -> BenchResult:
    return BenchResult(
        kafka="k", redis="r", is_apache=True, passed_over=(), processors=2, events=500_000,
        entries=1_000_000, hits=25, partitions=4, engines=list(engines),
        few_entries=engine(OURS, 40_000.0),
    )  # fmt: skip


def met(result: BenchResult, part: str) -> bool | None:
    found = [target.met for target in judge(result) if part in target.name]
    assert len(found) == 1, part
    return found[0]


@pytest.mark.parametrize(
    ("peer", "at_the_bound", "above"),
    [(FAUST, 1_000.0, 1_000.1), (KAFKA_STREAMS, 20_000.0, 20_001.0), (BARE, 160_000.0, 160_001.0)],
)
def test_a_rate_meets_its_target_at_the_bound_and_misses_it_beyond(
    peer: str, at_the_bound: float, above: float
) -> None:
    ours = engine(OURS, 40_000.0)
    assert met(run(ours, engine(peer, at_the_bound)), f"/ {peer}") is True
    assert met(run(ours, engine(peer, above)), f"/ {peer}") is False


def test_latency_must_be_below_kafka_streams_in_the_same_run() -> None:
    theirs = engine(KAFKA_STREAMS, 1.0, p50=90, p99=220)
    result = run(engine(OURS, 40_000.0, p50=89, p99=220), theirs)
    assert met(result, "p50") is True
    assert met(result, "p99") is False


def test_an_action_that_never_came_misses_the_latency_target() -> None:
    ours = engine(OURS, 40_000.0)
    seen = Percentiles(1, 2, 3, count=99, missing=1)
    ours.latency = [Latency(1_000, seen, seen)]
    assert met(run(ours, engine(KAFKA_STREAMS, 1.0, p50=90, p99=220)), "p50") is False


def test_memory_and_many_entries_have_their_bounds() -> None:
    ours = engine(OURS, 36_000.0)
    result = run(ours)
    assert met(result, "resident memory") is True
    assert met(result, "entries / 1,000") is True
    ours.rounds = [replace(ROUND, events_per_s=35_999.0, rss_max_bytes=400_000_000)]
    assert met(result, "resident memory") is False
    assert met(result, "entries / 1,000") is False


def test_an_event_decided_twice_or_never_misses_a_target() -> None:
    name = "twice or never"
    ours = engine(OURS, 40_000.0)
    assert met(run(ours), name) is True
    ours.rounds = [replace(ROUND, decided=499_999)]
    assert met(run(ours), name) is False
    ours.rounds = [replace(ROUND, repeated=1)]
    assert met(run(ours), name) is False
    ours.rounds = [replace(ROUND, decided=300, cut_off=True)]
    assert met(run(ours), name) is True


def test_without_a_figure_a_target_is_neither_met_nor_missed() -> None:
    assert {target.met for target in judge(replace(run(), few_entries=None))} == {None}


@pytest.mark.parametrize(
    "smaller", [{"events": 499_999}, {"entries": 999_999}, {"is_apache": False}]
)
def test_a_smaller_run_or_another_broker_judges_no_speed(smaller: dict[str, int]) -> None:
    result = replace(run(engine(OURS, 40_000.0), engine(FAUST, 1.0)), **smaller)
    judged = [target.name for target in judge(result) if target.met is not None]
    assert judged == ["events decided twice or never"]


def test_percentiles_are_nearest_rank_and_count_what_is_missing() -> None:
    found = percentiles([float(n) for n in range(1000)], expected=1_002)
    assert (found.p50_ms, found.p99_ms, found.p999_ms, found.missing) == (500, 990, 999, 2)


def test_the_json_holds_every_figure_and_every_target() -> None:
    result = run(engine(OURS, 40_000.0))
    told = json.loads(to_json(result, judge(result)))
    assert told["engines"][0]["events_per_s"] == 40_000.0
    assert told["engines"][0]["latency"][0]["actions"]["p99_ms"] == 2.0
    assert {target["met"] for target in told["targets"]} == {True, None}
