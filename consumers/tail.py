"""Topics from their beginning on, as they grow, read_committed."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from infra.kafka import consumer_config
from infra.reach import no_answer, unreachable
from schemas.errors import StopServiceError

_BATCH = 5_000
_ANSWER_S = 10.0
_WAIT_MS = 10  # what is committed should be seen at once, also on a broker with little to say


class Tail:
    """Follows *topics* of the cluster at *bootstrap*; commits nothing. Use it as a context manager.

    Raises: StopServiceError if the cluster does not answer, or if reading fails.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._bootstrap = bootstrap
        self._topics = tuple(topics)
        group = "credit-tail"  # needed by librdkafka; nothing is ever committed under it
        self._consumer = Consumer(consumer_config(bootstrap, group, fetch_wait_max_ms=_WAIT_MS))

    def __enter__(self) -> Self:
        """Begin with the first message of every partition."""
        if why := unreachable(self._bootstrap):
            raise StopServiceError(no_answer(self._bootstrap, why))
        try:
            known = self._consumer.list_topics(timeout=_ANSWER_S).topics
        except KafkaException as err:
            raise self._stopped(err.args[0].name()) from err
        self._consumer.assign(
            [
                TopicPartition(topic, partition, OFFSET_BEGINNING)
                for topic in self._topics
                for partition in known[topic].partitions
            ]
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def poll(self, timeout_s: float) -> list[Message]:
        """Return what has arrived, waiting up to *timeout_s* for the first message."""
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(_BATCH, 0)]
        for message in messages:
            error = message.error()
            if error is not None and not error.retriable():
                raise self._stopped(error.name())
        return [message for message in messages if message.error() is None]

    def _stopped(self, why: str) -> StopServiceError:
        return StopServiceError(
            f"Kafka {self._bootstrap}: 读取失败 / reading failed ({why}); 检查服务 / check it"
        )
