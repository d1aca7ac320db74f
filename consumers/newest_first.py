"""A topic backwards: its newest messages first, in windows that grow, read_committed."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from infra.kafka import consumer_config
from infra.topic_log import TopicLog
from schemas.errors import StopServiceError

FIRST_WINDOW = 5_000  # offsets of each partition: what an officer asks for is a few days old
_GROWTH = 3
_BATCH = 5_000
_WAIT_S = 0.1
_WAIT_MS = 10
_AHEAD_KB = 16_384  # what is fetched beyond a window has been read before
# Longer than the 15 s after which a broker aborts a stranger's transaction.
_PATIENCE_S = 30.0

Progress = Callable[[int, int], None]  # offsets looked through, of how many
Window = Mapping[int, tuple[int, int]]  # by partition: from, until (exclusive)


def newest_first(
    log: TopicLog,
    partitions: Collection[int],
    *,
    holding: bytes = b"",
    progress: Progress = lambda _done, _total: None,
    first_window: int = FIRST_WINDOW,
) -> Iterator[list[Message]]:
    """Yield the messages of *partitions* whose value holds *holding*, newest window first.

    Within a window each partition keeps its order, and of messages that share a partition those of
    an earlier window are the newer ones. Stop asking as soon as you know enough. Only what is
    yielded is kept in memory. The newest window waits for the uncommitted end that *log* tells.
    Raises: StopServiceError if the broker does not let us read.
    """
    total = sum(log.ends[p] - log.starts[p] for p in partitions)
    untils, size, done = {p: log.ends[p] for p in partitions}, first_window, 0
    reader = _Reader(log)
    try:
        while any(untils[p] > log.starts[p] for p in untils):
            window = {
                p: (max(log.starts[p], until - size), until)
                for p, until in untils.items()
                if until > log.starts[p]
            }
            yield reader.read(window, holding)
            done += sum(until - start for start, until in window.values())
            progress(done, total)
            untils = {p: start for p, (start, _) in window.items()}
            size *= _GROWTH
    finally:
        reader.close()


class _Reader:
    def __init__(self, log: TopicLog) -> None:
        self._bootstrap, self._topic = log.bootstrap, log.topic
        group = "credit-newest-first"  # needed by librdkafka; nothing is ever committed under it
        self._consumer = Consumer(
            consumer_config(
                log.bootstrap,
                group,
                enable_partition_eof=True,
                fetch_wait_max_ms=_WAIT_MS,
                queued_max_messages_kbytes=_AHEAD_KB,
            )
        )

    def close(self) -> None:
        self._consumer.close()

    def read(self, window: Window, holding: bytes) -> list[Message]:
        self._consumer.assign([TopicPartition(self._topic, p, s) for p, (s, _) in window.items()])
        found: list[Message] = []
        left = set(window)
        progressed = time.monotonic()
        while left:
            for message in self._consumer.consume(_BATCH, 0) or self._consumer.consume(1, _WAIT_S):
                partition, offset = int(message.partition() or 0), int(message.offset() or 0)
                if self._is_end(message):
                    # A marker takes an offset and is never delivered: only the end event tells.
                    if offset >= window[partition][1]:
                        left.discard(partition)
                    continue
                progressed = time.monotonic()
                if offset < window[partition][1] and holding in (message.value() or b""):
                    found.append(message)
                if offset >= window[partition][1] - 1:
                    left.discard(partition)
            if time.monotonic() - progressed > _PATIENCE_S:
                raise StopServiceError(
                    f"{self._topic}: 另一个写入者的事务未结束 / another writer's transaction stays"
                    " open; 稍后重试 / try again in a moment"
                )
        return found

    def _is_end(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its only name
            return True
        raise StopServiceError(
            f"Kafka {self._bootstrap}: 读取失败 / reading failed ({error.name()});"
            " 检查服务后重试 / check it, then try again"
        )
