"""The log as it lies in Kafka: every partition from its first message on, read_committed."""

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.kafka import admin_config, consumer_config
from infra.topic_log import TopicLog, find_log
from schemas.errors import RetryLaterError, StopServiceError
from streams.replay.stream import Source
from streams.trigger.offsets import LogEnds

_BATCH = 2_000
_WAIT_S = 0.1
_PATIENCE_S = 30.0  # for a broker that does not answer
_AHEAD_KB = 4_096  # there are a dozen readers
_COMPACTED = frozenset({"credit.state", "credit.catalogues", "credit.dead-letters"})


class KafkaLog:
    """Reads the *topics* of the cluster at *bootstrap*. Use it as a context manager.

    Raises: StopServiceError if one is not there, or no longer begins at 0.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._bootstrap = bootstrap
        self._topics: dict[str, TopicLog] = {}
        self._open: list[Consumer] = []
        self._ends = LogEnds(AdminClient(admin_config(bootstrap)))
        for topic in topics:
            log = find_log(bootstrap, topic)
            cut = [p for p, start in log.starts.items() if start > 0]
            if cut and topic not in _COMPACTED:
                raise StopServiceError(
                    f"{topic}/{cut[0]}: 日志不再从 0 开始 / the log no longer begins at 0 but at "
                    f"{log.starts[cut[0]]}; 开头已被删除, 不能重放: "
                    "请恢复主题, 并设 retention.ms=-1 / its beginning was deleted, so nothing can "
                    "be reproduced: restore the topic from a copy, and set retention.ms=-1"
                )
            self._topics[topic] = log

    def __enter__(self) -> Self:
        """Return itself; consumers are made as they are asked for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the broker."""
        self.release()

    def release(self) -> None:
        """Close every reader that was handed out."""
        while self._open:
            self._open.pop().close()

    def ends(self, topic: str) -> Mapping[int, int]:
        """Return the end that each partition of *topic* had when this log was opened."""
        return self._topics[topic].ends

    def source(self, topic: str, partition: int) -> Source:
        """Return a reader of its own of one partition."""
        config = consumer_config(
            self._bootstrap,
            "credit-replay",  # needed by librdkafka; nothing is ever committed under it
            enable_partition_eof=True,
            queued_max_messages_kbytes=_AHEAD_KB,
            fetch_wait_max_ms=50,
        )
        consumer = Consumer(config)
        self._open.append(consumer)
        where = TopicPartition(topic, partition, self._topics[topic].starts[partition])
        consumer.assign([where])
        return _KafkaSource(consumer, where, self._ends, self._bootstrap)


class _KafkaSource:
    """One assigned partition. At its end it says so, and goes on if asked when more has come.

    The end is where the broker says EOF, not the offset it gives: the embedded one gives less.
    """

    def __init__(
        self, consumer: Consumer, where: TopicPartition, ends: LogEnds, bootstrap: str
    ) -> None:
        self._consumer, self._ends, self._bootstrap = consumer, ends, bootstrap
        self._place = where.topic, where.partition
        self._name = f"{where.topic}/{where.partition}"
        self._end = self._now()
        self._at_end = False

    def poll(self) -> list[Message]:
        """Return what comes next; nothing at the end that the log has now."""
        waited_s = 0.0
        while True:
            found = self._read()
            if found or self._at_end:
                return found
            waited_s += _WAIT_S
            if waited_s >= _PATIENCE_S:
                raise self._stopped("timed out")

    def has_grown(self) -> bool:
        """Tell whether something was written since this was made."""
        return self._now() != self._end

    def _read(self) -> list[Message]:
        found: list[Message] = []
        try:
            first = self._consumer.poll(_WAIT_S)
            # `consume` would wait for a full batch, also at the end.
            batch = [] if first is None else [first, *self._consumer.consume(_BATCH, 0)]
        except KafkaException as err:
            raise self._stopped(err.args[0].name()) from err
        for message in batch:
            error = message.error()
            if error is None:
                self._at_end = False
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                self._at_end = True  # told once, until more has come
            elif not error.retriable():
                raise self._stopped(error.name())
        return found

    def _now(self) -> int:
        deadline_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._ends.ask([self._place])()[self._place]
            except RetryLaterError as err:  # a leader moved, as it does after a broker came back
                if time.monotonic() >= deadline_s:
                    raise self._stopped("no end told") from err
                time.sleep(_WAIT_S)

    def _stopped(self, why: str) -> StopServiceError:
        return StopServiceError(
            f"{self._name}: 读取失败 / reading failed ({why}); "
            f"检查 Kafka / check Kafka at {self._bootstrap}"
        )
