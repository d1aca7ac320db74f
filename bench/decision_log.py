"""What an engine really wrote: every decision that a read_committed consumer sees, counted."""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bench.errors import BenchStopError
from bench.scenario import EVENT_ID_PREFIX
from infra.kafka import consumer_config

_EVENT_ID = re.compile(rb'"' + EVENT_ID_PREFIX.encode() + rb'(\d+)"')
_SILENCE_LIMIT = 30  # polls of a second


@dataclass(frozen=True)
class DecisionLog:
    """Decisions in order of their append time (milliseconds), and how often one came twice."""

    appended_ms: Sequence[int]
    repeated: int

    @property
    def distinct(self) -> int:
        """Events that have a decision."""
        return len(self.appended_ms) - self.repeated


def read_decisions(bootstrap: str, topic: str, partitions: int, events: int) -> DecisionLog:
    """Return the decisions on *topic* about the events 0 to *events* - 1, once read to the end.

    Raises: BenchStopError if the topic cannot be read to its end.
    """
    consumer = Consumer(consumer_config(bootstrap, "bench-reader", enable_partition_eof=True))
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    appended, seen, repeated = array("q"), bytearray(events), 0
    ended: set[int] = set()
    silent = 0
    try:
        while len(ended) < partitions:
            batch = consumer.consume(5_000, 1.0)
            silent = 0 if batch else silent + 1
            if silent > _SILENCE_LIMIT:
                msg = f"{topic} cannot be read to its end; a transaction was left open"
                raise BenchStopError(msg)
            for message in batch:
                if (error := message.error()) is not None:
                    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                        raise KafkaException(error)
                    ended.add(message.partition() or 0)
                elif found := _EVENT_ID.search(message.value() or b""):
                    sequence = int(found.group(1))
                    repeated += seen[sequence]
                    seen[sequence] = 1
                    appended.append(message.timestamp()[1])
    finally:
        consumer.close()
    return DecisionLog(array("q", sorted(appended)), repeated)
