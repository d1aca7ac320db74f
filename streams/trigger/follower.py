"""A consumer that reads given partitions up to a given end, and knows how far it has come.

An end marker of a transaction takes an offset and is never delivered, so the last message is not
the end: the EOF event is.
"""

import time
from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from infra.kafka import consumer_config
from schemas.errors import RetryLaterError, StopServiceError
from streams.trigger.offsets import Ends

_POLL_S = 0.02
# How soon librdkafka fetches on when its queue has room again. Its default is a second, in which a
# short queue runs dry: 100,000 messages took 1.2 s instead of 0.3.
QUEUE_BACKOFF_MS = 10
_QUEUED_KB = 2_048  # fetched ahead for each partition; the default, 64 MB, is a worker's memory


def refuse_lost_position(error: KafkaError | None) -> None:
    """Raise StopServiceError if *error* means that the log no longer has our position."""
    if error is not None and error.code() in (
        KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001  # confluent's public names begin so
        KafkaError.OFFSET_OUT_OF_RANGE,
    ):
        msg = (
            f"{error.str()}: the log no longer has the position to go on from. Nothing is skipped:"
            " restore the topic, or move the position on purpose"
        )
        raise StopServiceError(msg)


class Follower:
    """Follows partitions assigned by hand, read_committed."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._consumer = Consumer(
            consumer_config(
                bootstrap,
                group,
                enable_partition_eof=True,
                fetch_wait_max_ms=50,
                queued_max_messages_kbytes=_QUEUED_KB,
                fetch_queue_backoff_ms=QUEUE_BACKOFF_MS,
            )
        )
        self._next: dict[tuple[str, int], int] = {}

    def follow(self, positions: Ends) -> None:
        """Read on from *positions*, and nothing else."""
        self._next = dict(positions)
        self._consumer.assign(
            [TopicPartition(t, p, offset) for (t, p), offset in positions.items()]
        )

    def position(self, topic: str, partition: int) -> int:
        """Return the next offset that has not been read."""
        return self._next[topic, partition]

    def has_reached(self, ends: Ends) -> bool:
        """Tell whether everything before *ends* has been read."""
        return all(self._next.get(where, end) >= end for where, end in ends.items())

    def take(self, most: int, wait_s: float = 0.0) -> list[Message]:
        """Return up to *most* messages that have arrived. Raises: StopServiceError."""
        # `consume` with a time waits all of it unless there are so many: for what is here, none.
        first = self._consumer.poll(wait_s)
        came = [] if first is None else [first, *self._consumer.consume(most - 1, 0)]
        messages = [message for message in came if message.error() is None]
        self._next |= {
            (m.topic() or "", m.partition() or 0): (m.offset() or 0) + 1 for m in messages
        }
        if len(messages) < len(came):
            for message in came:
                self._weigh(message)
        return messages

    def _weigh(self, message: Message) -> None:
        """Note where a partition ends for now, if *message* says so. Raises: StopServiceError."""
        error = message.error()
        if error is None:
            return
        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
            refuse_lost_position(error)
            return
        where = message.topic() or "", message.partition() or 0
        self._next[where] = max(self._next.get(where, 0), message.offset() or 0)

    def read_to(
        self, ends: Ends, *, most: int, timeout_s: float, meanwhile: Callable[[], None]
    ) -> Iterable[list[Message]]:
        """Yield what comes before *ends*, in lists of up to *most*, until all of it was read.

        Raises: RetryLaterError after *timeout_s* without a step: a provider's open transaction
        holds the rest back.
        """
        deadline = time.monotonic() + timeout_s
        gathered: list[Message] = []
        while not self.has_reached(ends):
            found = self.take(most - len(gathered), _POLL_S)
            if found:
                deadline = time.monotonic() + timeout_s
            gathered += found
            if len(gathered) >= most:
                yield gathered
                gathered = []
            meanwhile()
            if time.monotonic() > deadline:
                msg = f"cannot read to the end within {timeout_s:.0f} s: an open transaction?"
                raise RetryLaterError(msg)
        yield gathered

    def close(self) -> None:
        """Leave."""
        self._consumer.close()
