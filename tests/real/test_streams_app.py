"""The Faust app on real Kafka: what a transaction took back, poison, a bug, SIGTERM, kill -9."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import topics
from streams.watchdog import BrokerView, Stand
from tests.real.servers import kafka_server
from tests.streams.worker import GROUP, EchoWorker

pytestmark = pytest.mark.connected


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[EchoWorker]:
    """A worker on a broker of its own."""
    server, kafka = kafka_server()
    try:
        server.start()
        started = EchoWorker(kafka, tmp_path)
        yield started
        started.process.kill()
    finally:
        server.remove()


def test_committed_records_alone_are_seen_poison_is_set_aside_and_a_signal_ends_it(
    worker: EchoWorker,
) -> None:
    """Three transactions, the second aborted; a refused record between; then SIGTERM."""
    worker.send(b"one", b"bad")
    worker.send(b"taken back", abort=True)
    worker.send(b"two")
    values = [message.value() for message in worker.wrote(topics.ALERTS, 2)]
    assert values == [b"one", b"two"], worker.said()
    (letter,) = worker.wrote(topics.DEAD_LETTERS, 1)
    assert (letter.value(), letter.key()) == (b"bad", b"key")
    assert ("dlq-reason", b"bad-field") in (letter.headers() or [])

    # 0 one, 1 bad, 2 marker, 3 taken back, 4 marker, 5 two: the commit passes every gap.
    deadline = time.monotonic() + 30
    while worker.committed() < 6 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert worker.committed() >= 6, worker.said()

    # The last marker can never be acknowledged: behind, but with no record behind.
    view = BrokerView(worker.kafka, GROUP)
    place = (topics.RECEIPTS, 0)
    assert view.stands([place]) == {place: Stand(6, 7)}
    assert not view.has_record(place, 6)
    assert view.has_record(place, 5)
    view.close()

    asked = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(10) == 0, worker.said()
    assert time.monotonic() - asked < 10
    assert b"taken back" not in [message.value() for message in worker.wrote(topics.ALERTS, 2)]


def test_a_bug_ends_the_process_and_acknowledges_nothing(worker: EchoWorker) -> None:
    """After exit 3 the record that failed is given again."""
    worker.send(b"one", b"bug")
    assert worker.process.wait(60) == 3, worker.said()
    assert worker.committed() <= 1, worker.said()


def test_what_was_not_acknowledged_before_kill_9_is_done_by_the_next(worker: EchoWorker) -> None:
    """At least once: all records are there, repeated at most."""
    worker.send(b"one")
    worker.wrote(topics.ALERTS, 1)
    worker.process.kill()
    worker.process.wait()
    worker.send(b"two")
    worker.start()
    values = {message.value() for message in worker.wrote(topics.ALERTS, 3, within_s=20)}
    assert values == {b"one", b"two"}, worker.said()


def test_a_worker_that_stalls_ends_itself(worker: EchoWorker) -> None:
    """Its patience is 10 s here; nothing is acknowledged."""
    worker.send(b"hang")
    assert worker.process.wait(60) == 3, worker.said()
    assert "stalled: credit.receipts/0" in worker.said()
    assert worker.committed() <= 0
