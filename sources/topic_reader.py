"""A topic from its beginning to the end it had when asked, read_committed."""

import time
from collections.abc import Iterator, Sequence

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from infra.kafka import admin_config, consumer_config
from schemas.errors import StopServiceError
from sources.publisher import missing_topic, reach

_PATIENCE_S = 30.0  # longer than the 15 s after which a broker aborts a stranger's transaction
_ANSWER_S = 10.0
_WAIT_MS = 10  # the end is told by an empty answer: do not make the broker wait with it


def partition_count(bootstrap: str, topic: str) -> int:
    """Return how many partitions *topic* has. Raises: StopServiceError if it is not there."""
    known = reach(AdminClient(admin_config(bootstrap)), bootstrap)
    if topic not in known:
        raise missing_topic(topic)
    return known[topic]


def read_to_end(bootstrap: str, topic: str, partitions: Sequence[int]) -> Iterator[Message]:
    """Yield every committed message of *partitions* up to the uncommitted end of this moment.

    The committed end would hide what was acknowledged behind somebody's open transaction.
    Raises: StopServiceError if that end cannot be reached.
    """
    starts, ends = _bounds(bootstrap, topic, partitions)
    group = "credit-lists-reader"  # needed by librdkafka; nothing is ever committed under it
    reader = Consumer(
        consumer_config(bootstrap, group, enable_partition_eof=True, fetch_wait_max_ms=_WAIT_MS)
    )
    try:
        reader.assign([TopicPartition(topic, p, starts[p]) for p in partitions])
        left = {p for p in partitions if ends[p] > starts[p]}
        progressed = time.monotonic()
        while left:
            message = reader.poll(0.2)
            if message is not None and not _is_end(message, bootstrap):
                progressed = time.monotonic()
                yield message
            elif message is not None and (message.offset() or 0) >= ends[message.partition() or 0]:
                # Markers take offsets and are never delivered: only the end event tells.
                left.discard(message.partition() or 0)
            elif time.monotonic() - progressed > _PATIENCE_S:
                raise _stuck(topic)
    finally:
        reader.close()


def _bounds(
    bootstrap: str, topic: str, partitions: Sequence[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return first and uncommitted end offset by partition.

    Asked for here, as librdkafka takes half a second to find the beginning by itself.
    """
    admin = AdminClient(admin_config(bootstrap))
    bounds = []
    for spec in (OffsetSpec.earliest(), OffsetSpec.latest()):  # type: ignore[no-untyped-call]
        asked = {TopicPartition(topic, partition): spec for partition in partitions}
        found = admin.list_offsets(asked, request_timeout=_ANSWER_S)
        bounds.append({place.partition: future.result().offset for place, future in found.items()})
    return bounds[0], bounds[1]


def _is_end(message: Message, bootstrap: str) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its only name
        return True
    raise StopServiceError(
        f"Kafka {bootstrap}: 读取失败 / reading failed ({error.name()});"
        " 检查服务后重试 / check it, then try again"
    )


def _stuck(topic: str) -> StopServiceError:
    return StopServiceError(
        f"{topic}: 另一个写入者的事务未结束 / another writer's transaction stays open;"
        " 稍后重试 / try again in a moment"
    )
