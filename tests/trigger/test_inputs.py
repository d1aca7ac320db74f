"""The events that a worker owns, as they come from the broker."""

import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from streams.trigger.inputs import EventInputs
from tests.trigger.running import short_session

TOPIC, COUNT = "events", 20
PATIENCE_S = 20.0


def test_what_comes_while_nobody_polls_is_kept(tmp_path: Path) -> None:
    """A day that begins, and an odd clock, keep the membership alive while events wait."""
    with EmbeddedServices(tmp_path) as services:
        admin = AdminClient(admin_config(services.kafka))
        admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(PATIENCE_S)
        producer = Producer(admin_config(services.kafka))
        for number in range(COUNT):
            producer.produce(TOPIC, str(number).encode())
        producer.flush()
        with short_session():
            inputs = EventInputs(services.kafka, "group", [TOPIC])
        deadline = time.monotonic() + PATIENCE_S
        while not inputs.owned:
            inputs.keep_alive()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        inputs.resume({(TOPIC, 0): 0})
        got: list[bytes | None] = []
        while len(got) < COUNT:
            for _ in range(5):
                inputs.keep_alive()
                time.sleep(0.01)
            polled = inputs.poll(COUNT, 0.1)
            assert polled.messages == [] or polled.metadata is not None
            got += [message.value() for message in polled.messages]
            assert time.monotonic() < deadline, got
        inputs.close()
    assert got == [str(number).encode() for number in range(COUNT)]
