"""A worker whose place somebody else took hears of it and goes on; it does not wait for ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.errors import RetryLaterError
from streams.trigger.transaction import Record, Transactions
from tests.faults.city import FaultyCity

pytestmark = pytest.mark.connected
TRIES = 5
PATIENCE_S = 40.0


def test_a_commit_that_somebody_fenced_is_given_up(city: FaultyCity) -> None:
    """In a thread of a pool, as the worker commits: what is no exception is lost there."""
    records: list[Record] = [("credit.receipts", p, b"key", b"value", None) for p in range(4)]
    for number in range(TRIES):
        slow, quick = (Transactions(city.cluster.bootstrap, f"fenced-{number}") for _ in "ab")
        slow.take_over([0])
        batch = slow.begin()
        batch.write(records)
        producer = batch._producer
        assert producer.flush(PATIENCE_S) == 0  # so that it is the next request that is refused
        quick.take_over([0])
        for topic, partition, key, value, _ in records * 20:
            producer.produce(topic, value, key, partition)
        pool = ThreadPoolExecutor(1)
        with pytest.raises(RetryLaterError):
            pool.submit(batch.commit, [], None).result(PATIENCE_S)
