"""One run of the bench: servers, filling, rounds in rotated order, latency, few entries again."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.cache_folder import cache_folder
from bench.engine import Engine
from bench.engines import make_peers
from bench.errors import LeftOutError
from bench.fill import fill_entries_redis, fill_entries_topic, fill_events, fill_lists
from bench.kafka_server import choose_kafka
from bench.latency import measure_latency
from bench.peer_engines import ENTRIES_TOPIC
from bench.place_check import check_place
from bench.progress import Progress
from bench.redis_server import PEERS_DATABASE, choose_redis
from bench.results import BARE, KAFKA_STREAMS, BenchResult, EngineResult
from bench.scenario import Scenario
from bench.stand import Stand
from bench.throughput import measure_throughput
from bench.topics import Topics
from bench.trigger_engine import TriggerEngine
from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from schemas.topics import LISTS
from streams.rules.catalogue import Catalogue, build_catalogue

# Below this much headroom a pace only measures how fast a queue grows.
HEADROOM = 1.1


@dataclass(frozen=True)
class Plan:
    """What the user asked for. `seconds` bounds a throughput run and is the length of a pace."""

    kafka: str | None
    redis: str | None
    peers: tuple[str, ...]
    with_trigger: bool = True
    events: int = 500_000
    entries: int = 1_000_000
    few_entries: int = 1_000
    rounds: int = 2
    seconds: int = 30
    rates: tuple[int, ...] = (1_000, 5_000)


def run_bench(plan: Plan, progress: Progress) -> BenchResult:
    """Measure everything of *plan* and leave nothing behind.

    Raises: BenchStopError where nothing can be measured; a peer that fails is reported instead.
    """
    catalogue = build_catalogue(read_catalogue(data_dir("catalogue")))
    scenario = Scenario(events=plan.events, entries=plan.entries)
    check_place(scenario, catalogue, datetime.now(UTC))
    with _stand(plan, scenario, progress) as stand:
        return _measure(plan, stand, catalogue, progress)


@contextmanager
def _stand(plan: Plan, scenario: Scenario, progress: Progress) -> Iterator[Stand]:
    """Yield running servers with a claimed cluster; afterwards stop, release and remove them."""
    with ExitStack() as cleanup:
        work = Path(tempfile.mkdtemp(prefix="credit-trigger-bench-"))
        cleanup.callback(shutil.rmtree, work, ignore_errors=True)
        cleanup.callback(_keep_logs, work)
        kafka = choose_kafka(plan.kafka, work, progress.say)
        cleanup.callback(kafka.stop)
        redis = choose_redis(plan.redis, work)
        cleanup.callback(redis.stop)
        cleanup.callback(redis.clear)
        topics = Topics(kafka.bootstrap)
        topics.claim()
        if plan.kafka:
            cleanup.callback(topics.release)  # our own broker goes with its data
        yield Stand(kafka, redis, topics, scenario, work, progress.say)


def _keep_logs(work: Path) -> None:
    """Keep the processes' logs of the last run: they tell why an engine was left out."""
    kept = cache_folder() / "logs"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for log in work.glob("*.log"):
        shutil.copy(log, kept)


def _measure(plan: Plan, stand: Stand, catalogue: Catalogue, progress: Progress) -> BenchResult:
    peers, left_out = make_peers(stand, plan.peers)
    trigger = TriggerEngine(stand) if plan.with_trigger else None
    engines: list[Engine] = [*([trigger] if trigger else []), *peers]
    result = BenchResult(
        kafka=stand.kafka.words,
        redis=stand.redis.words,
        is_apache=stand.kafka.is_apache,
        passed_over=stand.kafka.passed_over,
        processors=os.cpu_count() or 1,
        events=plan.events,
        entries=plan.entries,
        hits=stand.scenario.hits,
        partitions=stand.scenario.partitions,
        few_entries_count=plan.few_entries,
        engines=[EngineResult(e.name, e.words) for e in engines] + left_out,
    )
    _fill(stand, catalogue, progress, trigger=trigger, peers=peers)
    for round_number in range(plan.rounds):
        # Rotated, so that no engine always follows the same one or always comes first.
        start = round_number % len(engines) if engines else 0
        for engine in engines[start:] + engines[:start]:
            progress.say(f"round {round_number + 1}/{plan.rounds}: {engine.words}")
            last = round_number == plan.rounds - 1
            _run_engine(plan, stand, engine, result, with_latency=last)
    if trigger is not None and plan.few_entries < plan.entries:
        result.few_entries = _few_entries(plan, stand, catalogue, progress)
    return result


def _run_engine(
    plan: Plan, stand: Stand, engine: Engine, result: BenchResult, *, with_latency: bool
) -> None:
    found = result.engine(engine.name)
    if found is None or found.left_out:
        return
    try:
        found.rounds.append(measure_throughput(engine, stand, limit_s=plan.seconds))
    except LeftOutError as reason:
        found.left_out = str(reason)
        return
    if not with_latency:
        return
    capacity = found.events_per_s or 0.0
    rates = tuple(rate for rate in plan.rates if capacity >= rate * HEADROOM)
    try:
        if rates:
            found.latency = measure_latency(engine, stand, rates, seconds=plan.seconds)
    except LeftOutError as reason:
        found.latency_left_out = str(reason)
    if skipped := [f"{rate:,}" for rate in plan.rates if rate not in rates]:
        found.latency_left_out = f"too slow for {' and '.join(skipped)} events/s"


def _fill(
    stand: Stand,
    catalogue: Catalogue,
    progress: Progress,
    *,
    trigger: TriggerEngine | None,
    peers: list[Engine],
) -> None:
    """Write events and lists, and the peers' entries where a peer reads them."""
    bootstrap, scenario, now = stand.kafka.bootstrap, stand.scenario, datetime.now(UTC)
    if trigger is not None:
        trigger.apply_topics()
        with progress.task("list changes", scenario.entries) as advance:
            fill_lists(bootstrap, scenario, _providers(catalogue), now, advance)
    else:
        stand.topics.make([stand.events], scenario.partitions)
    with progress.task("events", scenario.events) as advance:
        fill_events(bootstrap, stand.events, scenario, now, advance)
    names = {peer.name for peer in peers}
    if KAFKA_STREAMS in names:
        stand.topics.make([ENTRIES_TOPIC], scenario.partitions, {"cleanup.policy": "compact"})
        with progress.task("entries of Kafka Streams' table", scenario.entries) as advance:
            fill_entries_topic(bootstrap, ENTRIES_TOPIC, scenario, now, advance)
    if names - {KAFKA_STREAMS, BARE}:
        with progress.task("entries in Redis", scenario.entries) as advance:
            url = stand.redis.url(PEERS_DATABASE)
            fill_entries_redis(url, scenario, now, advance)


def _few_entries(
    plan: Plan, stand: Stand, catalogue: Catalogue, progress: Progress
) -> EngineResult:
    """Measure our own trigger again, the same way, with few entries."""
    few = replace(stand, scenario=replace(stand.scenario, entries=plan.few_entries))
    trigger = TriggerEngine(few)
    result = EngineResult(trigger.name, trigger.words)
    few.topics.remove({few.events, LISTS})
    _fill(few, catalogue, progress, trigger=trigger, peers=[])
    try:
        for round_number in range(plan.rounds):
            progress.say(f"round {round_number + 1}/{plan.rounds}: {plan.few_entries:,} entries")
            result.rounds.append(measure_throughput(trigger, few, limit_s=plan.seconds))
    except LeftOutError as reason:
        result.left_out = str(reason)
    return result


def _providers(catalogue: Catalogue) -> dict[str, str]:
    return {code: spec.providers[0] for code, spec in catalogue.lists.items()}
