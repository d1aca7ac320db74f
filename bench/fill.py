"""What is written before anything is measured: events, list changes, the peers' entries."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

import redis
from confluent_kafka import Producer

from bench.errors import BenchStopError
from bench.scenario import (
    EVENT_ID_PREFIX,
    Scenario,
    entered_message,
    entry_data,
    event_message,
    published_message,
)
from bench.subjects import subject_code
from infra.kafka import murmur2, producer_config
from schemas.cloudevent import CONTENT_TYPE
from schemas.times import format_instant, legal_day
from schemas.topics import LISTS

HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE.encode())]
REDIS_BATCH = 5_000
_FLUSH_LIMIT_S = 120.0

Advance = Callable[[int], None]  # told how many more are done
Keyed = tuple[bytes, bytes]


def fill_events(
    bootstrap: str, topic: str, scenario: Scenario, now: datetime, advance: Advance
) -> None:
    """Write all events of *scenario* to *topic*; their business time is *now*."""
    time = format_instant(now)

    def events() -> Iterator[Keyed]:
        for sequence in range(scenario.events):
            subject = scenario.subject_of(sequence)
            event_id = f"{EVENT_ID_PREFIX}{sequence}"
            yield subject.encode(), event_message(scenario, event_id, subject, time)

    _produce(bootstrap, topic, events(), advance)


def fill_lists(
    bootstrap: str,
    scenario: Scenario,
    providers: Mapping[str, str],
    now: datetime,
    advance: Advance,
) -> None:
    """Write every entry to `credit.lists`, then a watermark of every list to each partition.

    *providers*: who publishes each list. Those that hold nothing are published empty: an event is
    held while a list that could stop it was never published.
    """
    digests = [hashlib.sha256() for _ in range(scenario.partitions)]
    counts = [0] * scenario.partitions

    def changes() -> Iterator[Keyed]:
        for number in range(scenario.entries):
            key = subject_code(number).encode()
            partition = (murmur2(key) & 0x7FFFFFFF) % scenario.partitions
            counts[partition] += 1
            # Entry ids of one width come in text order, so the digest needs no sorting.
            digests[partition].update(f"BENCH{number:09d}@1\n".encode())
            yield key, entered_message(scenario, number, now)

    _produce(bootstrap, LISTS, changes(), advance)
    producer = Producer(producer_config(bootstrap))
    nothing = hashlib.sha256().hexdigest()
    for code, provider in providers.items():
        for partition in range(scenario.partitions):
            filled = code == scenario.place.list_code
            watermark = published_message(
                code,
                provider,
                now,
                count=counts[partition] if filled else 0,
                digest=digests[partition].hexdigest() if filled else nothing,
            )
            producer.produce(LISTS, watermark, code.encode(), partition=partition, headers=HEADERS)
    _flush(producer)


def fill_entries_topic(
    bootstrap: str, topic: str, scenario: Scenario, now: datetime, advance: Advance
) -> None:
    """Write what a table of entries by subject is built from: key USCC, value a JSON array."""
    _produce(bootstrap, topic, _entries(scenario, now), advance)


def fill_entries_redis(url: str, scenario: Scenario, now: datetime, advance: Advance) -> None:
    """Write the same arrays to Redis, key `bench:entries:<USCC>`."""
    client = redis.Redis.from_url(url)
    entries = ((b"bench:entries:" + key, value) for key, value in _entries(scenario, now))
    while batch := dict(islice(entries, REDIS_BATCH)):
        client.mset(batch)
        advance(len(batch))


def _entries(scenario: Scenario, now: datetime) -> Iterator[Keyed]:
    today = legal_day(now)
    for number in range(scenario.entries):
        array = [entry_data(scenario, number, today)]
        yield (
            subject_code(number).encode(),
            json.dumps(array, ensure_ascii=False, separators=(",", ":")).encode(),
        )


def _produce(bootstrap: str, topic: str, messages: Iterable[Keyed], advance: Advance) -> None:
    """Write *messages* in large batches. Raises: BenchStopError if the broker takes them not."""
    producer = Producer(
        producer_config(bootstrap, linger_ms=50, queue_buffering_max_messages=200_000)
    )
    for number, (key, value) in enumerate(messages, start=1):
        while True:
            try:
                producer.produce(topic, value, key, headers=HEADERS)
            except BufferError:  # the queue is full: let it drain
                producer.poll(0.1)
            else:
                break
        if number % REDIS_BATCH == 0:
            producer.poll(0)
            advance(REDIS_BATCH)
    _flush(producer)


def _flush(producer: Producer) -> None:
    if left := producer.flush(_FLUSH_LIMIT_S):
        msg = f"{left} messages were not taken within {_FLUSH_LIMIT_S:.0f} s; see the broker's log"
        raise BenchStopError(msg)
