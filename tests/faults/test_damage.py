"""Damage that only a human can mend: the worker stops and says so, and decides nothing wrong."""

import time

import pytest
from confluent_kafka.admin import AdminClient

from tests.faults.city import FaultyCity
from tests.faults.worker import Worker

pytestmark = pytest.mark.connected
A_SECOND = 300
EVENTS_TOPIC = "credit.events.approval"
REFUSED = 3
_STOPS_WITHIN_S = 30.0


def assert_stopped(worker: Worker, word: str) -> None:
    """It ended by itself with exit 3, its last line says why, and there is no stack trace."""
    assert worker.wait(_STOPS_WITHIN_S) == REFUSED
    assert "Traceback" not in worker.said()
    assert word in worker.said().strip().splitlines()[-1], worker.said()


def test_a_redis_that_throws_keys_away_stops_the_worker_and_lets_nobody_pass(
    fresh_city: FaultyCity,
) -> None:
    """It is mended as an operator would: the policy put right, the worker started again."""
    city = fresh_city
    city.staff(1)
    (worker,) = city.workers
    with city.feeder.flowing(A_SECOND):
        time.sleep(1.0)
        city.cache.starve(policy="allkeys-random")
        assert_stopped(worker, "noeviction")
    assert city.cache.client().info("stats")["evicted_keys"] > 0
    city.cache.feed()
    city.staff(1)
    city.feeder.send_next(1_000)
    city.check()


@pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
def test_what_redis_threw_away_still_counts(fresh_city: FaultyCity, restarted: bool) -> None:  # noqa: FBT001
    """The unluckiest eviction, once for each kind of key: all but that stay as they are."""
    city = fresh_city
    city.staff(1)
    city.feeder.send_next(500)
    city.check()
    for kind in city.cache.kinds():
        if restarted:
            city.staff(0)
        city.cache.throw_away(kind)
        city.cache.feed()
        city.staff(1)
        city.feeder.send_next(500)
        city.check()


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(1, id="shorter than before"),
        pytest.param(1_500, id="longer than before"),
    ],
)
def test_a_topic_made_anew_stops_the_worker(fresh_city: FaultyCity, count: int) -> None:
    """What lies in the new topic is other messages than those that were decided."""
    city = fresh_city
    city.staff(1)
    city.feeder.send_next(400)
    city.check()
    city.staff(0)
    recreate(city, EVENTS_TOPIC)
    city.feeder.send([city.traffic.on(number * 3) for number in range(count)])
    city.hire()
    assert_stopped(city.workers[0], "position")


def test_a_topic_made_anew_under_a_worker_stops_it(fresh_city: FaultyCity) -> None:
    city = fresh_city
    city.staff(1)
    city.feeder.send_next(400)
    city.check()
    recreate(city, EVENTS_TOPIC)
    city.feeder.send([city.traffic.on(number * 3) for number in range(1_500)])
    assert_stopped(city.workers[0], "position")


def test_a_state_topic_made_anew_stops_the_worker(fresh_city: FaultyCity) -> None:
    """Without its state the trigger would decide everything once more."""
    city = fresh_city
    city.staff(1)
    city.feeder.send_next(1_000)
    before = len(city.check().decisions)
    city.staff(0)
    recreate(city, "credit.state")
    city.hire()
    assert_stopped(city.workers[0], "credit.state")
    assert len(city.reader.read_to_end().decisions) == before


def recreate(city: FaultyCity, topic: str) -> None:
    """Delete *topic* and make it anew, as a careless hand would."""
    admin = AdminClient({"bootstrap.servers": city.cluster.bootstrap, "log_level": 0})
    admin.delete_topics([topic])[topic].result(30)
    deadline = time.monotonic() + 30
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    city.make_topics()
    city.cluster.wait_whole()
