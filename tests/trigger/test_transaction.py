"""Whatever way confluent-kafka has of saying that a worker was fenced, its batch is dropped."""

import threading
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.errors import RetryLaterError
from streams.trigger.transaction import Transactions

FENCED = KafkaException(KafkaError(KafkaError._FENCED))


class FencedProducer:
    """Returns from `flush` with an exception set beside the result, as a fatal error does."""

    def __init__(self, cause: Exception) -> None:
        self._cause = cause
        self.aborted = False

    def flush(self, _: float) -> int:
        message = "<built-in method flush> returned a result with an exception set"
        raise SystemError(message) from self._cause

    def abort_transaction(self, _: float) -> None:
        self.aborted = True


class StuckProducer:
    """Does not come back from sending the offsets, whatever limit it is given."""

    def __init__(self) -> None:
        self.coordinator_is_back = threading.Event()

    def send_offsets_to_transaction(self, *_: object) -> None:
        self.coordinator_is_back.wait()

    def flush(self, _: float) -> None: ...

    def commit_transaction(self, _: float) -> None: ...

    def abort_transaction(self, _: float) -> None:
        message = "it was asked again"
        raise AssertionError(message)


def written_by(producer: FencedProducer | StuckProducer) -> Transactions:
    transactions = Transactions("nowhere", "group")
    told: Any = producer
    transactions._producers = [told]
    return transactions


def test_an_exception_beside_a_result_drops_the_batch_and_not_the_worker() -> None:
    producer = FencedProducer(FENCED)
    with pytest.raises(RetryLaterError, match="_FENCED"):
        written_by(producer).commit([], None)
    assert producer.aborted


@pytest.mark.timeout(10)
def test_a_commit_that_does_not_come_back_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own: librdkafka waits for a coordinator that died, past any limit."""
    monkeypatch.setattr("streams.trigger.transaction._COMMIT_TIMEOUT_S", 0.2)
    producer = StuckProducer()
    transactions = written_by(producer)
    with pytest.raises(RetryLaterError, match="no commit within"):
        transactions.commit([TopicPartition("credit.members", 0, 1)], None)
    with pytest.raises(RetryLaterError, match="no longer the writer"):
        transactions.commit([], None)
    producer.coordinator_is_back.set()


def test_a_fault_of_ours_stays_one() -> None:
    with pytest.raises(SystemError):
        written_by(FencedProducer(ValueError())).commit([], None)
