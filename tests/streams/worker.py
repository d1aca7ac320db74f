"""What the tests of the Faust worker share: topics, a child process, and what it wrote."""

import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from infra.kafka import consumer_config, producer_config
from infra.topics import Topics
from infra.wanted_topics import Topic
from schemas import topics

NAMES = (topics.RECEIPTS, topics.ALERTS, topics.DEAD_LETTERS)
GROUP = "credit-trigger-streams"


class EchoWorker:
    """`tests/streams/echo.py` in a process of its own on *kafka*, from one partition a topic."""

    def __init__(self, kafka: str, folder: Path) -> None:
        Topics(kafka).apply([Topic(name, 1, 1, {}) for name in NAMES])
        self._command = [sys.executable, "-P", "-m", "tests.streams.echo", kafka, str(folder)]
        self._log = folder / "worker.log"
        self.kafka = kafka
        self.start()

    def start(self) -> None:
        """Start it, again perhaps."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stderr=log, stdout=log)

    def send(self, *values: bytes, abort: bool = False) -> None:
        """Send receipts in one transaction, taken back if *abort*."""
        producer = Producer(producer_config(self.kafka, transactional_id="department"))
        producer.init_transactions(20)
        producer.begin_transaction()
        for value in values:
            producer.produce(topics.RECEIPTS, value, b"key", partition=0)
        producer.flush(20)
        if abort:
            producer.abort_transaction(20)
        else:
            producer.commit_transaction(20)

    def wrote(self, topic: str, count: int, *, within_s: float = 60.0) -> list[Message]:
        """Return what lies on *topic* once it is *count* messages, or all there is in time."""
        config = consumer_config(self.kafka, "tests", isolation_level="read_uncommitted")
        reader = Consumer(config)
        reader.assign([TopicPartition(topic, 0, 0)])
        found: list[Message] = []
        deadline = time.monotonic() + within_s
        while len(found) < count and time.monotonic() < deadline:
            message = reader.poll(0.5)
            if message is not None and message.error() is None:
                found.append(message)
        reader.close()
        return found

    def committed(self) -> int:
        """Return the offset up to which the group has acknowledged receipts."""
        reader = Consumer(consumer_config(self.kafka, GROUP))
        (place,) = reader.committed([TopicPartition(topics.RECEIPTS, 0)], timeout=20)
        reader.close()
        return int(place.offset)

    def said(self) -> str:
        """Return the end of its log."""
        return self._log.read_text()[-3000:]
