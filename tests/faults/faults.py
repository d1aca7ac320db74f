"""What production does to a trigger, each as one small function over a city that is at work.

Each leaves the servers whole again and the city staffed as before; who, which and how long is the
seed's to say. Those of the cache touch no worker, so that they may come on top of any other.
"""

import time
from collections.abc import Callable

from tests.faults.city import GROUP as _GROUP
from tests.faults.city import PARTITIONS, FaultyCity
from tests.faults.cluster import BROKERS
from tests.faults.poison import poison
from tests.real.scenario import firm
from tests.trigger.messages import change, on_lists, partition_of

Fault = Callable[[FaultyCity], None]
_SESSION_S = 6.0
_TRANSACTION_S = 15.0
_ABORT_LOOK_S = 10.0  # how often a broker looks for transactions that took too long


def worker_killed(city: FaultyCity) -> None:
    """SIGKILL of one worker; another takes its place."""
    city.lose(city.chance.choice(city.workers))
    city.hire()
    city.wait_shared()


def worker_killed_in_a_transaction(city: FaultyCity) -> None:
    """SIGKILL of all workers at a moment when what they wrote is not committed."""
    count = len(city.workers)
    city.reader.wait_for_open_transaction()
    for worker in list(city.workers):
        city.lose(worker)
    city.hire(count)
    city.wait_shared()


def worker_frozen(city: FaultyCity) -> None:
    """SIGSTOP of one worker until the others have its partitions; then it wakes, a zombie."""
    zombie = city.chance.choice(city.workers)
    zombie.freeze()
    time.sleep(_SESSION_S + city.chance.uniform(1, 3))
    zombie.thaw()
    city.wait_shared()


def everybody_frozen_briefly(city: FaultyCity) -> None:
    """SIGSTOP of all workers for less than a session: nobody loses anything."""
    for worker in city.workers:
        worker.freeze()
    time.sleep(city.chance.uniform(1, 4))
    for worker in city.workers:
        worker.thaw()
    city.wait_shared()


def transaction_timed_out(city: FaultyCity) -> None:
    """SIGSTOP of all workers in a transaction, until the brokers have aborted it."""
    city.reader.wait_for_open_transaction()
    for worker in city.workers:
        worker.freeze()
    time.sleep(_TRANSACTION_S + _ABORT_LOOK_S + 1)
    for worker in city.workers:
        worker.thaw()
    city.wait_shared()


def workers_join_and_leave(city: FaultyCity) -> None:
    """Two to four workers and back."""
    before = len(city.workers)
    for count in (PARTITIONS, 3, before):
        city.staff(count)


def broker_killed(city: FaultyCity) -> None:
    """SIGKILL of one broker, which comes back with what is on its disk."""
    _without_broker(city, city.chance.choice(BROKERS))


def coordinator_moved(city: FaultyCity) -> None:
    """SIGKILL of the broker that coordinates the group."""
    _without_broker(city, city.cluster.coordinator(_GROUP))


def broker_cut_off(city: FaultyCity) -> None:
    """One broker loses its peers and keeps its clients, until it is given up."""
    number = city.chance.choice(BROKERS)
    city.cluster.cut_off(number)
    time.sleep(city.chance.uniform(7, 10))
    city.cluster.join_again(number)
    _whole(city)


def broker_frozen(city: FaultyCity) -> None:
    """One broker stops in mid-sentence and wakes when it has been given up."""
    number = city.chance.choice(BROKERS)
    city.cluster.freeze(number)
    time.sleep(city.chance.uniform(7, 10))
    city.cluster.thaw(number)
    _whole(city)


def cache_killed(city: FaultyCity) -> None:
    """SIGKILL of Redis, which comes back empty."""
    city.cache.kill()
    time.sleep(city.chance.uniform(0.5, 3))
    city.cache.start_again()


def cache_flushed(city: FaultyCity) -> None:
    """Redis loses everything, again and again, while it is read and written."""
    for _ in range(4):
        time.sleep(city.chance.uniform(0.05, 0.7))
        city.cache.flush()


def cache_set_back(city: FaultyCity) -> None:
    """Redis is restored from a snapshot that was taken a little earlier."""
    old = city.cache.snapshot()
    time.sleep(city.chance.uniform(1, 3))
    city.cache.set_back(old)


def cache_slow(city: FaultyCity) -> None:
    """Redis takes 100 ms for an answer."""
    city.cache.slow_down(4.0)


def cache_frozen(city: FaultyCity) -> None:
    """Redis stops in mid-sentence for a few seconds."""
    city.cache.freeze()
    time.sleep(city.chance.uniform(1, 5))
    city.cache.thaw()


def cache_without_disk(city: FaultyCity) -> None:
    """The disk of Redis is full: it refuses every write."""
    city.cache.fill_disk()
    time.sleep(2.0)
    city.cache.empty_disk()


def cache_without_memory(city: FaultyCity) -> None:
    """Redis has no memory left and refuses what would need more."""
    city.cache.starve()
    time.sleep(2.0)
    city.cache.feed()


def provider_leaves_a_transaction_open(city: FaultyCity) -> None:
    """Another writer of the lists dies in the middle: the brokers abort what he had open."""
    other = city.producer(
        **{
            "transactional.id": f"provider-{city.chance.random()}",
            "transaction.timeout.ms": int(city.chance.uniform(2_000, 6_000)),
        }
    )
    other.init_transactions(30)
    other.begin_transaction()
    for number in range(3 * PARTITIONS):
        subject = firm(2_000_000 + number)
        told = on_lists(change(subject, entry_id=f"never-{city.chance.random()}"))
        other.produce(told.topic, told.value, told.key, partition_of(subject))
    assert other.flush(30) == 0
    time.sleep(2.0)  # and no more is heard of him


def poisoned(city: FaultyCity) -> None:
    """A batch of messages that are wrong in every way a sender can be wrong."""
    producer = city.producer()
    messages = poison(city.chance)
    for sent in messages:
        producer.produce(
            sent.topic, sent.value, sent.key, sent.partition, headers=list(sent.headers)
        )
    assert producer.flush(30) == 0
    city.ledger.dead_letters += len(messages)


# What may come on top of another fault: it touches neither workers nor brokers.
CACHE_FAULTS: tuple[Fault, ...] = (
    cache_killed,
    cache_flushed,
    cache_set_back,
    cache_slow,
    cache_frozen,
    cache_without_disk,
    cache_without_memory,
)
# All that leaves a city whole; the random run draws from them.
FAULTS: tuple[Fault, ...] = (
    *CACHE_FAULTS,
    worker_killed,
    worker_killed_in_a_transaction,
    worker_frozen,
    everybody_frozen_briefly,
    transaction_timed_out,
    workers_join_and_leave,
    broker_killed,
    coordinator_moved,
    broker_cut_off,
    broker_frozen,
    provider_leaves_a_transaction_open,
    poisoned,
)


def _without_broker(city: FaultyCity, number: int) -> None:
    city.cluster.kill(number)
    time.sleep(city.chance.uniform(2, 8))
    city.cluster.start_again(number)
    _whole(city)


def _whole(city: FaultyCity) -> None:
    city.cluster.wait_whole()
    city.wait_shared()
