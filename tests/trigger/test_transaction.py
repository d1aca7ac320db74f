"""Whatever way confluent-kafka has of saying that a worker was fenced, its batch is dropped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.errors import RetryLaterError
from streams.trigger.transaction import Record, Transaction

RECORDS: list[Record] = [("credit.state", 0, b"key", b"value", None)]
FENCED = KafkaException(KafkaError(KafkaError._FENCED))


class Begun:
    def begin_transaction(self) -> None: ...


class FencedProducer(Begun):
    """Returns from `flush` with an exception set beside the result, as a fatal error does."""

    def __init__(self, cause: Exception) -> None:
        self._cause = cause
        self.aborted = False

    def flush(self, _: float) -> int:
        message = "<built-in method flush> returned a result with an exception set"
        raise SystemError(message) from self._cause

    def abort_transaction(self, _: float) -> None:
        self.aborted = True


class StuckProducer(Begun):
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


class WritingProducer(Begun):
    """Notes what it does; `flush` waits until it may."""

    def __init__(self, name: str, log: list[str], *, refuses: bool = False) -> None:
        self._name, self._log, self._refuses = name, log, refuses
        self.is_flushing, self.may_flush = threading.Event(), threading.Event()

    def produce(self, *_: object, **__: object) -> None:
        self._log.append(f"{self._name} sends")

    def flush(self, _: float) -> int:
        self.is_flushing.set()
        assert self.may_flush.wait(5)
        self._log.append(f"{self._name} is in the log")
        return 0

    def commit_transaction(self, _: float) -> None:
        if self._refuses:
            raise FENCED
        self._log.append(f"{self._name} commits")

    def abort_transaction(self, _: float) -> None: ...


Producers = FencedProducer | StuckProducer | WritingProducer


def written_by(producer: Producers, behind: Transaction | None = None) -> Transaction:
    told: Any = producer
    return Transaction(told, behind, lambda: None)


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
    transaction = written_by(producer)
    with pytest.raises(RetryLaterError, match="no commit within"):
        transaction.commit([TopicPartition("credit.members", 0, 1)], None)
    producer.coordinator_is_back.set()


def test_a_fault_of_ours_stays_one() -> None:
    with pytest.raises(SystemError):
        written_by(FencedProducer(ValueError())).commit([], None)


def test_nothing_is_sent_ahead_of_the_batch_before() -> None:
    """The newest record of a key is the last in the log: whoever restores relies on it."""
    log: list[str] = []
    first = WritingProducer("first", log)
    before = written_by(first)
    after = written_by(WritingProducer("second", log), before)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(after.write, RECORDS)
        before.write(RECORDS)
        committing = pool.submit(before.commit, [], None)
        assert first.is_flushing.wait(5)
        assert not writing.done()
        first.may_flush.set()
        writing.result(5)
        committing.result(5)
    assert log.index("first is in the log") < log.index("second sends")


def test_what_follows_a_batch_that_failed_is_not_committed() -> None:
    log: list[str] = []
    before = written_by(FencedProducer(FENCED))
    after = written_by(WritingProducer("second", log), before)
    with pytest.raises(RetryLaterError):
        before.commit([], None)
    with pytest.raises(RetryLaterError, match="the batch before"):
        after.write(RECORDS)
    with pytest.raises(RetryLaterError, match="the batch before"):
        after.commit([], None)
    assert log == []


def test_a_batch_that_was_sent_is_not_committed_if_the_one_before_was_not() -> None:
    log: list[str] = []
    first = WritingProducer("first", log, refuses=True)
    first.may_flush.set()
    before = written_by(first)
    after = written_by(WritingProducer("second", log), before)
    with pytest.raises(RetryLaterError):
        before.commit([], None)
    with pytest.raises(RetryLaterError, match="the batch before"):
        after.commit([], None)
    assert "second commits" not in log
