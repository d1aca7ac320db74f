"""The bound: read one, write one, in Kafka transactions, and nothing else.

No parsing, no look-up, no state. It runs in the project's environment, on the librdkafka that the
trigger uses, with the transport settings and the batch shape of the trigger (engine notes): what
is missing between this and the trigger is the price of the job.
"""

import signal
from types import FrameType

from confluent_kafka import Consumer, Message, Producer

from bench.peers.wiring import Wiring

FIRST_WAIT_S = 0.5
BATCH_MAX = 5_000
TRANSACTION_WAIT_S = 30.0


def main() -> None:
    """Copy until SIGTERM or SIGINT."""
    wiring = Wiring.from_environment()
    running = True

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    consumer = Consumer(
        {
            "bootstrap.servers": wiring.kafka,
            "group.id": wiring.prefix,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "session.timeout.ms": 6_000,
            "heartbeat.interval.ms": 1_000,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": wiring.kafka,
            "transactional.id": wiring.prefix,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000,
            "retry.backoff.ms": 5,  # the default of 100 is what a short transaction waits for
        }
    )
    producer.init_transactions(TRANSACTION_WAIT_S)
    consumer.subscribe([wiring.events])
    while running:
        first = consumer.poll(FIRST_WAIT_S)
        if first is not None:
            batch = [first, *consumer.consume(BATCH_MAX - 1, 0)]
            copy(batch, consumer, producer, wiring.decisions)
    consumer.close()


def copy(batch: list[Message], consumer: Consumer, producer: Producer, topic: str) -> None:
    """Write *batch* to *topic* and its offsets, in one transaction.

    Raises: KafkaException for an error event; the bench then reports the peer as failed.
    """
    producer.begin_transaction()
    for message in batch:
        if (error := message.error()) is not None:
            raise SystemExit(f"bare copy: {error}")
        producer.produce(topic, message.value(), message.key())
    producer.poll(0)
    producer.send_offsets_to_transaction(
        consumer.position(consumer.assignment()), consumer.consumer_group_metadata()
    )
    producer.commit_transaction(TRANSACTION_WAIT_S)


if __name__ == "__main__":
    main()
