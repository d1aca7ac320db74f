"""The run as tables for a reader and as JSON for a machine."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.latency import Percentiles
from bench.results import OURS, BenchResult, EngineResult
from bench.targets import FULL_ENTRIES, FULL_EVENTS, Target, counts

_NONE = "-"


def to_json(result: BenchResult, targets: list[Target]) -> str:
    """Return the whole run as one JSON object; units are in the names."""
    engines = [_as_dict(engine) for engine in result.engines]
    whole: dict[str, Any] = {
        **asdict(result),
        "engines": engines,
        "few_entries": _as_dict(result.few_entries) if result.few_entries else None,
        "targets": [asdict(target) for target in targets],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def print_report(result: BenchResult, targets: list[Target], console: Console) -> None:
    """Print where it ran, what each engine did, and what of the targets is met."""
    console.print(f"Kafka: {result.kafka}", highlight=False)
    for reason in result.passed_over:
        console.print(f"  未采用 / not taken: {reason}", highlight=False)
    console.print(f"Redis: {result.redis}", highlight=False)
    console.print(
        f"{result.events:,} 事件 / events, {result.entries:,} 名单条目 / list entries,"
        f" {result.hits:,} 命中 / hits, {result.partitions} 分区 / partitions,"
        f" {result.processors} 处理器 / processors",
        highlight=False,
    )
    console.print(_throughput_table(result))
    if any(engine.latency for engine in result.engines):
        console.print(_latency_table(result))
    for engine in result.engines:
        for gap in (engine.left_out, engine.latency_left_out):
            if gap:
                console.print(f"{engine.name}: {gap}", highlight=False, markup=False)
    console.print(_target_table(targets))
    if not counts(result):
        console.print(
            "规模不足或非 Apache Kafka, 速度目标不判定 / targets of speed are judged at full size"
            f" ({FULL_EVENTS:,} events, {FULL_ENTRIES:,} entries) on Apache Kafka alone",
            highlight=False,
        )


def _as_dict(engine: EngineResult) -> dict[str, Any]:
    return {
        **asdict(engine),
        "events_per_s": engine.events_per_s,
        "cpu_us_per_event": engine.cpu_us_per_event,
        "rss_max_bytes": engine.rss_max_bytes,
    }


def _throughput_table(result: BenchResult) -> Table:
    table = Table(
        title="吞吐 / throughput: 事件/秒 events/s, 每事件处理器时间 CPU µs an event",
        title_justify="left",
    )
    table.add_column("引擎 / engine", no_wrap=True)
    for heading in (
        "events/s",
        "CPU µs",
        "RSS MB",
        "已决定 / decided",
        "重复 / twice",
        "本系统 / 它 ours / it",
    ):
        table.add_column(heading, justify="right")
    ours = result.engine(OURS)
    rows = [*result.engines, *([result.few_entries] if result.few_entries else [])]
    for engine in rows:
        words = engine.words
        if engine is result.few_entries:
            words += f" ({result.few_entries_count:,} entries)"
        table.add_row(words, *_throughput_cells(engine, ours.events_per_s if ours else None))
    return table


def _throughput_cells(engine: EngineResult, ours: float | None) -> list[str]:
    rate, cost, memory = engine.events_per_s, engine.cpu_us_per_event, engine.rss_max_bytes
    if rate is None or cost is None or memory is None:
        return [_NONE] * 6
    return [
        f"{rate:,.0f}",
        f"{cost:.1f}",
        f"{memory / 1e6:.0f}",
        " ".join(f"{r.decided:,}" + ("…" if r.cut_off else "") for r in engine.rounds),
        f"{sum(r.repeated for r in engine.rounds):,}",
        f"{ours / rate:.2f}" if ours else _NONE,
    ]


def _latency_table(result: BenchResult) -> Table:
    table = Table(
        title="从事件到可读 / event until it can be read, p50 / p99 / p99.9 ms",
        title_justify="left",
    )
    table.add_column("引擎 / engine", no_wrap=True)
    table.add_column("events/s", justify="right")
    table.add_column("处置 action", justify="right")
    table.add_column("决定 decision", justify="right")
    for engine in result.engines:
        for pace in engine.latency:
            actions = _percentiles(pace.actions) if pace.actions else _NONE
            table.add_row(engine.words, f"{pace.rate:,}", actions, _percentiles(pace.decisions))
    return table


def _percentiles(found: Percentiles) -> str:
    text = f"{found.p50_ms:.0f} / {found.p99_ms:.0f} / {found.p999_ms:.0f}"
    return text + (f" ({found.missing} missing)" if found.missing else "")


def _target_table(targets: list[Target]) -> Table:
    table = Table(title="目标 / targets", title_justify="left")
    for heading in ("目标 / target", "要求 / wanted", "结果 / got", ""):
        table.add_column(heading)
    for target in targets:
        table.add_row(target.name, target.wanted, target.got, _verdict(target))
    return table


def _verdict(target: Target) -> str:
    match target.met:
        case True:
            return "达到 / met"
        case False:
            return "未达到 / not met"
        case None:
            return "不判定 / not judged"
