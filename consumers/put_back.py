"""Dead letters back onto their topics, each acknowledged by all replicas."""

from collections.abc import Sequence

from confluent_kafka import KafkaError, Message, Producer

from consumers.replay_plan import PutBack
from infra.kafka import producer_config
from schemas.errors import StopServiceError

_DELIVER_MS = 30_000


def put_back(bootstrap: str, letters: Sequence[PutBack]) -> int:
    """Write *letters* to the partitions they belong in and return how many are acknowledged.

    What an aborted run has written is known by its header, so that the next run leaves it out.
    Raises: StopServiceError if one was not delivered.
    """
    failed: dict[str, int] = {}

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed[error.name()] = failed.get(error.name(), 0) + 1

    producer = Producer(producer_config(bootstrap, message_timeout_ms=_DELIVER_MS, linger_ms=5))
    for each in letters:
        while True:
            try:
                headers: list[tuple[str, str | bytes | None]] = [*each.headers]
                producer.produce(
                    each.topic, each.letter.value, each.key, each.partition, delivered,
                    headers=headers,
                )  # fmt: skip
            except BufferError:
                producer.poll(0.1)
                continue
            break
        producer.poll(0)
    left = producer.flush(_DELIVER_MS / 1000 + 5)
    if left or failed:
        names = ", ".join(f"{name} {count}" for name, count in failed.items()) or "no answer"
        raise StopServiceError(
            f"dlq replay: {left + sum(failed.values())} 条未送达 / messages not delivered "
            f"({names}); 恢复后再运行 / run it again when Kafka is back: "
            "已放回的不会重复 / what is back already is left out"
        )
    return len(letters)
