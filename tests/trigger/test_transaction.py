"""Whatever way confluent-kafka has of saying that a worker was fenced, its batch is dropped."""

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


class PatientProducer:
    """Notes how long each step may take: none, as librdkafka takes it, is for ever."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    def send_offsets_to_transaction(self, _: Any, __: Any, limit_s: float | None = None) -> None:
        self.limits.append(limit_s)

    def flush(self, limit_s: float | None = None) -> None:
        self.limits.append(limit_s)

    def commit_transaction(self, limit_s: float | None = None) -> None:
        self.limits.append(limit_s)


def written_by(producer: FencedProducer | PatientProducer) -> Transactions:
    transactions = Transactions("nowhere", "group")
    told: Any = producer
    transactions._producer = told
    return transactions


def test_an_exception_beside_a_result_drops_the_batch_and_not_the_worker() -> None:
    producer = FencedProducer(FENCED)
    with pytest.raises(RetryLaterError, match="_FENCED"):
        written_by(producer).commit([], None)
    assert producer.aborted


def test_no_step_of_a_commit_waits_for_ever() -> None:
    producer = PatientProducer()
    written_by(producer).commit([TopicPartition("credit.members", 0, 1)], None)
    assert len(producer.limits) == 3
    assert all(limit is not None and 0 < limit < 15 for limit in producer.limits)


def test_a_fault_of_ours_stays_one() -> None:
    with pytest.raises(SystemError):
        written_by(FencedProducer(ValueError())).commit([], None)
