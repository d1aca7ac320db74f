"""How our Kafka clients are set up, and where a key belongs."""

from functools import lru_cache
from struct import Struct, unpack_from
from typing import Any

import structlog
from confluent_kafka import Message

from schemas.dead_letter import header_list
from schemas.set_aside import Refused

log = structlog.get_logger("kafka")

Config = dict[str, Any]

SESSION_MS, HEARTBEAT_MS = 6000, 1000  # a dead worker's partitions move on after 4-6 s
_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
# One compiled format for each length of key that we meet: it halves the time of a hash.
_words = {count: Struct(f"<{count}I").unpack_from for count in range(1, 33)}


def murmur2(key: bytes) -> int:
    """Return Kafka's murmur2 hash of *key*, as an unsigned 32-bit number.

    Source: org.apache.kafka.common.utils.Utils.murmur2, seed 0x9747b28c.
    """
    length = len(key)
    h = 0x9747B28C ^ length
    count = length >> 2
    words = _words[count](key) if 0 < count < 33 else unpack_from(f"<{count}I", key)
    for word in words:
        k = word * _M & _MASK
        h = h * _M & _MASK ^ ((k ^ k >> 24) * _M & _MASK)
    if length & 3:
        h = (h ^ int.from_bytes(key[count << 2 :], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=20_000)  # 2.5 µs a look otherwise; the trigger learns keys in batches
def murmur2_partition(key: bytes, count: int) -> int:
    """Return the partition of *count* in which Kafka's default partitioner puts *key*."""
    return (murmur2(key) & 0x7FFFFFFF) % count


def producer_config(bootstrap: str, **overrides: Any) -> Config:
    """Return the settings of a producer: idempotent, acknowledged by all, murmur2 like Java's.

    *overrides* are librdkafka's names with `_` for `.`: `transactional_id="x"`, `linger_ms=5`.
    """
    return {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "message.max.bytes": 2_000_000,
        **_quiet(),
        **_dotted(overrides),
    }


def consumer_config(bootstrap: str, group: str, **overrides: Any) -> Config:
    """Return the settings of a consumer: read_committed, commits by hand, quick to notice a death.

    Without `auto.offset.reset`, which is on purpose `error`: who has lost his place must say so.
    """
    return {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "partition.assignment.strategy": "range",
        "session.timeout.ms": SESSION_MS,
        "heartbeat.interval.ms": HEARTBEAT_MS,
        "max.poll.interval.ms": 60_000,
        "enable.partition.eof": False,
        **_quiet(),
        **_dotted(overrides),
    }


def admin_config(bootstrap: str, **overrides: Any) -> Config:
    """Return the settings of an admin client."""
    return {"bootstrap.servers": bootstrap, **_quiet(), **_dotted(overrides)}


class _Logger:
    """What confluent-kafka asks of a logger: its `log(level, format, *args)` alone."""

    def log(self, level: int, form: str, *args: object) -> None:
        # confluent-kafka has turned syslog's level into logging's: 10 debug ... 50 critical.
        name = "error" if level >= 40 else "warning" if level >= 30 else "info"
        text = form % args if args else form
        # Its lines start with "FAIL [rdkafka#producer-2] [thrd:...]: ": of no use to an operator.
        detail = text.partition("]: ")[2] or text
        getattr(log, name if level >= 20 else "debug")("librdkafka", detail=detail)


def _quiet() -> Config:
    return {"logger": _Logger(), "log.connection.close": False}


def _dotted(overrides: dict[str, Any]) -> Config:
    return {name.replace("_", "."): value for name, value in overrides.items()}


def refused_from(message: Message) -> Refused:
    """Return *message* as it is set aside."""
    return Refused(
        str(message.topic()),
        int(message.partition() or 0),
        int(message.offset() or 0),
        _as_bytes(message.key()),
        _as_bytes(message.value()),
        header_list(message.headers()),
    )


def _as_bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text
