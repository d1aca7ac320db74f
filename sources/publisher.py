"""Messages onto Kafka: keyed by subject, acknowledged by all replicas, counted."""

import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.kafka import producer_config
from infra.reach import no_answer, unreachable
from schemas.cloudevent import CONTENT_TYPE
from schemas.errors import StopServiceError

log = structlog.get_logger("sources")

HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE.encode())]
_ANSWER_S = 10.0
_DELIVER_MS = 30_000


class Publisher:
    """An idempotent producer: what it retries is written once. Use it as a context manager.

    Leaving it waits until every message is acknowledged. Raises: StopServiceError naming the
    broker or the topic if one is not there, or if a message could not be delivered.
    """

    def __init__(self, bootstrap: str, clock: Callable[[], datetime]) -> None:
        self._bootstrap = bootstrap
        self._clock = clock
        self._failed: dict[str, int] = {}
        self._producer = Producer(
            producer_config(bootstrap, message_timeout_ms=_DELIVER_MS, linger_ms=5)
        )
        self._topics: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        """Reach the broker, or say at once that it is not there."""
        self._topics = frozenset(reach(self._producer, self._bootstrap))
        return self

    def send(self, topic: str, key: str, value: bytes) -> None:
        """Hand one message over; its timestamp is the clock's."""
        if topic not in self._topics:
            raise missing_topic(topic)
        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    key.encode(),
                    headers=HEADERS,
                    timestamp=int(self._clock().timestamp() * 1000),
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            break
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed[error.name()] = self._failed.get(error.name(), 0) + 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the acknowledgements, also of what was sent before something went wrong."""
        deadline = time.monotonic() + _DELIVER_MS / 1000 + 5
        left = len(self._producer)
        while left and time.monotonic() < deadline:
            left = self._producer.flush(1.0)
        if kind is None and (left or self._failed):
            names = ", ".join(f"{name} {count}" for name, count in self._failed.items())
            raise StopServiceError(
                f"Kafka {self._bootstrap}: 有消息未送达 / messages not delivered:"
                f" {left + sum(self._failed.values())} ({names or 'no answer'});"
                " 恢复后重新导入 / import again when it is back: nothing counts twice"
            )


def reach(client: Any, bootstrap: str) -> dict[str, int]:
    """Return the topics of the cluster with their partition counts. Raises: StopServiceError."""
    if why := unreachable(bootstrap):
        raise StopServiceError(no_answer(bootstrap, why))
    try:
        known = client.list_topics(timeout=_ANSWER_S).topics
    except KafkaException as err:
        raise StopServiceError(no_answer(bootstrap, err.args[0].name())) from err
    return {name: len(topic.partitions) for name, topic in known.items()}


def missing_topic(topic: str) -> StopServiceError:
    """Return what to say about a topic that the cluster does not have."""
    return StopServiceError(
        f"{topic}: 没有这个主题 / no such topic; 先运行 / first run `credit-trigger topics apply`"
    )
