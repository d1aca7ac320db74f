"""A department at a steady pace: a process that writes the time of sending into each event's id.

Started by `bench.latency` as `python -m bench.paced_producer <json>`; a process of its own, so that
neither the reader nor the engine waits for it.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from confluent_kafka import Producer

from bench.fill import HEADERS
from bench.scenario import PACED_ID_PREFIX, Scenario, event_message
from infra.kafka import producer_config
from schemas.times import format_instant

_TICK_S = 0.001
_FLUSH_LIMIT_S = 30.0


@dataclass(frozen=True)
class Pace:
    """How many events, how fast, where to. `phase` tells one run of the producer from the next."""

    bootstrap: str
    topic: str
    phase: int
    rate: int
    count: int
    entries: int

    def to_json(self) -> str:
        """Return the argument that `main` reads."""
        return json.dumps(asdict(self))


def main(argument: str) -> None:
    """Send the events of one `Pace`."""
    pace = Pace(**json.loads(argument))
    # A department that wants its answer soon does not linger; 1 ms keeps 5,000 requests/s apart.
    producer = Producer(producer_config(pace.bootstrap, linger_ms=1))
    producer.list_topics(pace.topic, timeout=_FLUSH_LIMIT_S)  # connect before the clock runs
    send(pace, producer)
    if left := producer.flush(_FLUSH_LIMIT_S):
        raise SystemExit(f"{left} events were not taken by the broker")


def send(pace: Pace, producer: Producer) -> None:
    """Produce event after event when it is due; what is late is sent at once, with its own time."""
    scenario = Scenario(entries=pace.entries)
    time_text = format_instant(datetime.now(UTC))
    started, sent = time.monotonic(), 0
    while sent < pace.count:
        due = min(int((time.monotonic() - started) * pace.rate) + 1, pace.count)
        for sequence in range(sent, due):
            subject = scenario.subject_of(sequence)
            event_id = f"{PACED_ID_PREFIX}{pace.phase}-{sequence}-{time.time_ns()}"
            message = event_message(scenario, event_id, subject, time_text)
            producer.produce(pace.topic, message, subject.encode(), headers=HEADERS)
        sent = due
        producer.poll(0)
        time.sleep(_TICK_S)


if __name__ == "__main__":
    main(sys.argv[1])
