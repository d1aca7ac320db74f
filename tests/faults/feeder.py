"""Sends what the traffic makes, at a pace, through whatever happens to the brokers meanwhile."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.traffic import Step, Traffic
from tests.real.city import producer_settings

_PATIENCE_S = 120.0
_LOOK_EVERY = 20


class Feeder:
    """One careful sender: nothing is lost on its way in, and all stays in order."""

    def __init__(self, bootstrap: str, traffic: Traffic) -> None:
        self._producer = Producer(producer_settings(bootstrap))
        self._traffic, self._ledger = traffic, traffic.ledger
        self._steps = traffic.steps()
        self._failures: list[str] = []
        self._stop = threading.Event()

    def send(self, steps: Iterable[Step]) -> None:
        """Send *steps*, and wait until all are acknowledged."""
        for step in steps:
            self._send(step)
        self._settle()

    def send_next(self, count: int) -> None:
        """Send the next *count* steps of the traffic as fast as they go."""
        self.send(next(self._steps) for _ in range(count))

    @contextmanager
    def flowing(self, a_second: float) -> Iterator[None]:
        """Send the traffic's next steps, so many a second, until the block ends."""
        self._stop.clear()
        thread = threading.Thread(target=self._flow, args=(a_second,), name="feeder")
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
        self._settle()

    def _flow(self, a_second: float) -> None:
        began, sent = time.monotonic(), 0
        while not self._stop.is_set():
            self._send(next(self._steps))
            sent += 1
            if sent % _LOOK_EVERY == 0:
                self._producer.poll(0)
                early = began + sent / a_second - time.monotonic()
                if early > 0:
                    self._stop.wait(early)
                elif early < -1:  # a broker was away: go on at the pace, do not make up for it
                    began, sent = time.monotonic(), 0

    def _send(self, step: Step) -> None:
        if step.event_id is not None:
            self._producer.poll(0)  # what is acknowledged by now is known by now
            self._ledger.publish(step.event_id)
        sent = step.sent
        while True:
            try:
                self._producer.produce(
                    sent.topic,
                    sent.value,
                    sent.key,
                    sent.partition,
                    headers=list(sent.headers),
                    on_delivery=self._heard,
                )
                break
            except BufferError:
                self._producer.poll(0.05)
        if step.waits:
            self._settle()

    def _heard(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failures.append(error.name())
        elif message.topic() == "credit.lists":
            self._ledger.acknowledged(int(message.partition() or 0), int(message.offset() or 0))

    def _settle(self) -> None:
        assert self._producer.flush(_PATIENCE_S) == 0, "the brokers take nothing any more"
        assert self._failures == []
