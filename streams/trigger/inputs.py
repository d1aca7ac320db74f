"""The events that this worker owns: membership, assignment, and messages with their generation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.kafka import consumer_config
from schemas.errors import RetryLaterError, StopServiceError
from streams.trigger.follower import QUEUE_BACKOFF_MS, refuse_lost_position
from streams.trigger.offsets import Ends

log = structlog.get_logger("inputs")


_QUEUED_KB = 2_048  # fetched ahead for each partition: several batches' worth, not 64 MB


class Polled(NamedTuple):
    """Messages, and the group metadata of their poll: what a zombie's commit is refused by."""

    messages: list[Message]
    metadata: Any


class EventInputs:
    """Subscribes to the event topics; nothing flows until `resume` says from where.

    An assignment is taken over empty: the consumer stays a member and keeps polling while the
    partitions' state is restored, and only then reads from the restored positions.
    """

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str]) -> None:
        self._consumer = Consumer(
            consumer_config(
                bootstrap,
                group,
                fetch_wait_max_ms=20,
                queued_max_messages_kbytes=_QUEUED_KB,
                fetch_queue_backoff_ms=QUEUE_BACKOFF_MS,
            )
        )
        self.topics = tuple(topics)
        self.owned: frozenset[int] = frozenset()
        self.generation = 0
        self.flowing = False
        self._kept: list[Message] = []  # came while nobody polled
        self.before_revoke: Callable[[], None] = lambda: None
        self._consumer.subscribe(
            list(topics),
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._lost,
        )

    def poll(self, most: int, wait_s: float) -> Polled:
        """Return what has arrived, waiting only for the first message.

        Raises: StopServiceError for a position that the log no longer has.
        """
        messages, self._kept = self._kept, []
        first = self._consumer.poll(0 if messages else wait_s)
        if first is None:
            return Polled(messages, self.metadata() if messages else None)
        metadata = self._consumer.consumer_group_metadata()
        found = [first, *self._consumer.consume(most - 1, 0)]
        if any(message.error() is not None for message in found):
            for message in found:
                self._weigh(message.error())
            found = [message for message in found if message.error() is None]
        return Polled(messages + found, metadata)

    def keep_alive(self) -> None:
        """Serve rebalances, as waiting must not cost the membership; what comes is kept."""
        message = self._consumer.poll(0)
        if message is None:
            return
        if message.error() is not None:
            self._weigh(message.error())
        elif self.flowing:
            self._kept.append(message)

    def metadata(self) -> Any:  # confluent's opaque group metadata
        """Return the group's metadata as of now."""
        return self._consumer.consumer_group_metadata()

    def lags(self, read: Mapping[int, Mapping[str, int]]) -> dict[str, int]:
        """Return how many messages wait, by topic, as far as the last fetch told."""
        lags = dict.fromkeys(self.topics, 0)
        for number, inputs in read.items():
            for topic in self.topics:
                where = TopicPartition(topic, number)
                _, end = self._consumer.get_watermark_offsets(where, cached=True)
                lags[topic] += max(end - inputs.get(topic, 0), 0)
        return lags

    def resume(self, positions: Ends) -> None:
        """Let the owned partitions flow from *positions*."""
        self._consumer.assign(
            [TopicPartition(t, p, offset) for (t, p), offset in positions.items()]
        )
        self.flowing = True

    def halt(self) -> None:
        """Let nothing flow, and stay a member; what was fetched is dropped."""
        if self.flowing:
            self._consumer.assign([])
        self._stop_flowing()

    def close(self) -> None:
        """Leave the group, so that the others take over at once."""
        self._consumer.close()

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = {
            topic: frozenset(p.partition for p in partitions if p.topic == topic)
            for topic in self.topics
        }
        if len(set(numbers.values())) > 1:
            msg = (
                "the event topics do not share their partitions; see `credit-trigger topics apply`"
            )
            raise StopServiceError(msg)
        self.owned = next(iter(numbers.values()), frozenset())
        self.generation += 1
        self._stop_flowing()
        consumer.assign([])
        log.info("partitions_assigned", partitions=sorted(self.owned))

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.before_revoke()
        self._lost(consumer, partitions)

    def _lost(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        log.info("partitions_revoked", partitions=sorted(self.owned))
        self.owned = frozenset()
        self.generation += 1
        self._stop_flowing()
        consumer.unassign()

    def _stop_flowing(self) -> None:
        """Drop what was kept too: whoever owns the partitions then reads it again."""
        self.flowing = False
        self._kept = []

    def _weigh(self, error: KafkaError | None) -> None:
        """Decide what an error event means: stop, retry, or nothing (librdkafka goes on itself)."""
        refuse_lost_position(error)
        if error is None:
            return
        if error.fatal():
            msg = f"the consumer cannot go on: {error.name()}"
            raise StopServiceError(msg) from KafkaException(error)
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            msg = f"{error.str()}: waiting for the topic"
            raise RetryLaterError(msg)
        log.debug("consumer_event", error=error.name())
