"""Several topics read together from given offsets on, committed records alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.kafka import consumer_config
from infra.topic_log import TopicLog, find_log
from schemas.errors import RetryLaterError, StopServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.reporting.fact_store import Place

_WAIT_MS = 50
_GROUP = "credit-feedback-reader"  # needed by librdkafka; nothing is ever committed under it
_LOST = (
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 - its only name
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
)


class LogReader:
    """Reads the partitions of *start* from these offsets; `positions` says how far it is.

    A position passes the end marks of transactions too, which are never delivered.
    """

    def __init__(self, bootstrap: str, start: Mapping[Place, int]) -> None:
        self.positions = dict(start)
        self._bootstrap = bootstrap
        self._consumer = Consumer(
            consumer_config(
                bootstrap,
                _GROUP,
                enable_partition_eof=True,
                fetch_wait_max_ms=_WAIT_MS,
                queued_max_messages_kbytes=32_768,  # for all partitions together: bounds memory
            )
        )
        self._consumer.assign(
            [TopicPartition(topic, number, offset) for (topic, number), offset in start.items()]
        )

    def poll(self, most: int, wait_s: float) -> list[Message]:
        """Return up to *most* messages, perhaps none, after at most *wait_s*.

        Raises: StopServiceError where the log no longer has what comes next.
        """
        # consume() waits for the whole time unless it gets them all: so only for the first.
        first = self._consumer.poll(wait_s)
        if first is None:
            return []
        found: list[Message] = []
        for message in (first, *self._consumer.consume(most - 1, 0)):
            error = message.error()
            if error is None:
                self._move(message, 1)
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
                self._move(message, 0)
            elif error.code() in _LOST or error.fatal():
                raise StopServiceError(
                    f"{message.topic()}: 无法继续读取 / cannot be read on ({error.name()}); "
                    "检查主题和权限后重新启动 / check the topic and rights, then start again"
                )
        return found

    def reached(self, ends: Mapping[Place, int]) -> bool:
        """Tell whether everything before *ends* was read."""
        return all(self.positions[place] >= end for place, end in ends.items())

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _move(self, message: Message, by: int) -> None:
        place = str(message.topic()), int(message.partition() or 0)
        self.positions[place] = max(self.positions[place], int(message.offset() or 0) + by)


def logs_of(bootstrap: str, names: Iterable[str]) -> list[TopicLog]:
    """Return the topics *names* as they are now.

    Raises: StopServiceError if one is missing, RetryLaterError if Kafka does not answer.
    """
    try:
        return [find_log(bootstrap, name) for name in names]
    except StopServiceError as err:
        if isinstance(err.__cause__, KafkaException):
            raise RetryLaterError(str(err)) from err.__cause__
        raise


def ends_of(logs: Iterable[TopicLog]) -> dict[Place, int]:
    """Return the uncommitted end of each partition."""
    return {(log.topic, number): end for log in logs for number, end in log.ends.items()}


def start_of(logs: Iterable[TopicLog], known: Mapping[Place, int]) -> dict[Place, int]:
    """Return where to go on: at *known* positions, else at the beginning."""
    return {
        (log.topic, number): max(known.get((log.topic, number), 0), first)
        for log in logs
        for number, first in log.starts.items()
    }


def names_of(logs: Iterable[TopicLog]) -> dict[str, str]:
    """Return what tells each topic's log from an earlier one of the same name."""
    return {log.topic: f"{log.cluster_id}/{log.topic_id}" for log in logs}
