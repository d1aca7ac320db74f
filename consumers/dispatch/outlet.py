"""Messages onto the departments' topics, byte for byte, acknowledged by all replicas."""

from collections.abc import Callable
from datetime import datetime

from confluent_kafka import KafkaError, Message, Producer

from infra.kafka import producer_config, refused_from
from infra.metrics import DEAD_LETTERS
from schemas.dead_letter import Header, header_list
from schemas.errors import RejectRecordError, StopServiceError
from schemas.set_aside import set_aside
from schemas.topics import DEAD_LETTERS as DEAD_LETTER_TOPIC


class Outlet:
    """Writes in order; nothing counts as written before `settled` says so."""

    def __init__(self, bootstrap: str) -> None:
        # No time limit: a message given up while later ones pass would break the order.
        self._producer = Producer(producer_config(bootstrap, linger_ms=2, message_timeout_ms=0))
        self._failed: KafkaError | None = None

    def pass_on(self, message: Message, topic: str) -> None:
        """Write *message* to *topic* with key, value and headers as they are."""
        self._write(topic, message.key(), message.value(), header_list(message.headers()))

    def set_aside(self, message: Message, fault: RejectRecordError, at: datetime) -> None:
        """Write *message* to the dead letters with *fault* as the reason."""
        letter = set_aside(refused_from(message), fault, at=at)
        self._write(DEAD_LETTER_TOPIC, letter.key, letter.value, letter.headers)
        DEAD_LETTERS.labels(reason=letter.reason.value).inc()

    def settled(self, stopped: Callable[[], bool]) -> bool:
        """Wait until all is acknowledged; False if told to stop before that.

        Raises: StopServiceError if the broker refuses one for good.
        """
        while self._producer.flush(0.5):
            if stopped():
                return False
        if self._failed is not None:
            raise StopServiceError(
                f"dispatch: Kafka 拒绝写入 / Kafka refuses ({self._failed.name()}); 请运行 / run "
                "`credit-trigger topics apply`, 并检查权限 / and check rights; 没有丢失 / nothing "
                "is lost"
            )
        return True

    def _write(
        self,
        topic: str,
        key: bytes | str | None,
        value: bytes | str | None,
        headers: list[Header],
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, value, key, on_delivery=self._delivered, headers=[*headers]
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            break
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed = error
