"""How long it takes from sending an event until its decision and its action can be read."""

import re
import time
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from bench.child_process import ChildProcess
from bench.engine import Engine
from bench.errors import LeftOutError
from bench.own_python import own_command, own_environment
from bench.paced_producer import Pace
from bench.scenario import PACED_ID_PREFIX
from bench.stand import Stand
from infra.kafka import consumer_config

READY_LIMIT_S = 180.0
WARM_UP_S = 5  # sent and answered, not counted: a JVM compiles most of its code in these
SILENCE_S = 10.0
_PROBE_WAIT_S = 2.0
_SENT = re.compile(rb'"' + PACED_ID_PREFIX.encode() + rb'(\d+)-(\d+)-(\d+)"')


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds from sending to reading; `missing` were sent and not read in time."""

    p50_ms: float
    p99_ms: float
    p999_ms: float
    count: int
    missing: int


@dataclass(frozen=True)
class Latency:
    """One pace: until the decision of any event, and until the action of a hit, can be read."""

    rate: int
    decisions: Percentiles
    actions: Percentiles | None


@dataclass
class _Answers:
    """What was read of one phase: sequence number to milliseconds, first sight alone."""

    decisions: dict[int, float] = field(default_factory=dict)
    actions: dict[int, float] = field(default_factory=dict)


def measure_latency(
    engine: Engine, stand: Stand, rates: tuple[int, ...], *, seconds: int
) -> list[Latency]:
    """Start *engine* where it stands and send it events at each of *rates* for *seconds*.

    Raises: LeftOutError if it does not answer or ends.
    """
    process = engine.start(engine.paced_events)
    reader = Consumer(consumer_config(stand.kafka.bootstrap, "bench-latency"))
    topics = [engine.decisions, *([engine.actions] if engine.actions else [])]
    partitions = range(stand.scenario.partitions)
    reader.assign([TopicPartition(t, p, OFFSET_END) for t in topics for p in partitions])
    try:
        phase = _wait_until_it_answers(engine, process, reader, stand)
        measured = []
        for rate in rates:
            phase += 1
            stand.say(f"{engine.name}: {rate:,} events/s for {seconds} s")
            answers = _run_phase(engine, process, reader, stand, phase, rate, rate * seconds)
            measured.append(_summarise(engine, stand, rate, rate * seconds, answers))
        return measured
    finally:
        reader.close()
        process.stop()


def percentiles(milliseconds: list[float], expected: int) -> Percentiles:
    """Return nearest-rank percentiles. Raises: LeftOutError if nothing was read."""
    if not milliseconds:
        msg = "nothing came back at this pace"
        raise LeftOutError(msg)
    ordered = sorted(milliseconds)
    last = len(ordered) - 1

    def rank(share: float) -> float:
        return ordered[min(last, int(share * len(ordered)))]

    return Percentiles(rank(0.5), rank(0.99), rank(0.999), len(ordered), expected - len(ordered))


def _wait_until_it_answers(
    engine: Engine, process: ChildProcess, reader: Consumer, stand: Stand
) -> int:
    """Send one event at a time until a decision about it is read; return the last phase used."""
    deadline = time.monotonic() + READY_LIMIT_S
    phase = 0
    while time.monotonic() < deadline:
        answers = _run_phase(engine, process, reader, stand, phase, 1, 1, silence_s=_PROBE_WAIT_S)
        if answers.decisions:
            return phase
        phase += 1
    msg = f"no answer within {READY_LIMIT_S:.0f} s: {process.last_words()[:200]}"
    raise LeftOutError(msg)


def _run_phase(  # noqa: PLR0913, PLR0917  # a phase is its engine, its reader and its pace
    engine: Engine,
    process: ChildProcess,
    reader: Consumer,
    stand: Stand,
    phase: int,
    rate: int,
    count: int,
    *,
    silence_s: float = SILENCE_S,
) -> _Answers:
    """Send *count* events and read what comes of them, until all came or nothing more comes."""
    pace = Pace(
        bootstrap=stand.kafka.bootstrap,
        topic=engine.paced_events,
        phase=phase,
        rate=rate,
        count=count,
        entries=stand.scenario.entries,
    )
    sender = ChildProcess(
        own_command("bench.paced_producer", pace.to_json()),
        log=stand.work / "paced-producer.log",
        env=own_environment(),
    )
    answers, hits = _Answers(), -(-count // stand.scenario.hit_every) if engine.actions else 0
    heard = time.monotonic()
    try:
        while len(answers.decisions) < count or len(answers.actions) < hits:
            if _read(reader, engine, phase, answers) or sender.exit_code is None:
                heard = time.monotonic()
            elif time.monotonic() - heard > silence_s:
                break
            if (code := process.exit_code) is not None:
                msg = f"it ended with {code}: {process.last_words()[:200]}"
                raise LeftOutError(msg)
            if sender.exit_code:  # neither running nor 0
                msg = f"the paced producer failed: {sender.last_words()[:200]}"
                raise LeftOutError(msg)
    finally:
        sender.stop()  # every answer may be here a moment before the sender has ended by itself
    return answers


def _read(reader: Consumer, engine: Engine, phase: int, answers: _Answers) -> int:
    """Take in what can be read now; return how many messages of the phase there were."""
    # consume(n, t) would wait for all of t: take the first, then what has arrived with it.
    first = reader.poll(0.05)
    if first is None:
        return 0
    now_ms = time.time_ns() / 1e6
    found = 0
    for message in (first, *reader.consume(2_000, 0)):
        if (error := message.error()) is not None:
            raise KafkaException(error)
        sent = _SENT.search(message.value() or b"")
        if sent is None or int(sent.group(1)) != phase:
            continue
        found += 1
        seen = answers.actions if message.topic() == engine.actions else answers.decisions
        seen.setdefault(int(sent.group(2)), now_ms - int(sent.group(3)) / 1e6)
    return found


def _summarise(engine: Engine, stand: Stand, rate: int, count: int, answers: _Answers) -> Latency:
    warm = rate * WARM_UP_S
    every = stand.scenario.hit_every
    hits = len([n for n in range(warm, count) if n % every == 0])
    decisions = [ms for sequence, ms in answers.decisions.items() if sequence >= warm]
    actions = [ms for sequence, ms in answers.actions.items() if sequence >= warm]
    return Latency(
        rate=rate,
        decisions=percentiles(decisions, count - warm),
        actions=percentiles(actions, hits) if engine.actions else None,
    )
