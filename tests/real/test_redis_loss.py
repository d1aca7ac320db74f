"""Redis is a cache: flushed, in the middle of a read, or gone, it changes no decision."""

import random
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.real.checker import Checker
from tests.real.city import City, Feeder, Trigger
from tests.real.flushing_proxy import FlushingProxy
from tests.real.scenario import Day
from tests.trigger.messages import Watermarks

pytestmark = pytest.mark.connected
FLUSHED_READS = 6


def finish(checker: Checker, trigger: Trigger, day: Day, undisturbed: dict[str, Any]) -> None:
    expected = day.expected()
    books = checker.wait_for(decisions=len(expected.verdicts), dead_letters=expected.dead_letters)
    assert trigger.stop() == 0, trigger.said()[-2000:]
    checker.read_to_end()
    books.assert_as_expected(expected)
    assert books.essence() == undisturbed


def test_flushing_redis_in_the_middle_of_a_run_changes_no_decision(
    city: City, checker: Checker, day: Day, undisturbed: dict[str, Any]
) -> None:
    chance = random.Random(11)
    city.send(day.lists(Watermarks()))
    trigger = city.trigger()
    trigger.wait_ready()
    client = redis.Redis.from_url(city.redis)
    feeder = Feeder(city, day.messages(), 8.0)
    flushes = 0
    while not feeder.done:
        time.sleep(chance.uniform(0.2, 1.2))
        client.flushall()
        flushes += 1
    assert flushes >= 5
    finish(checker, trigger, day, undisturbed)


def test_flushing_redis_in_the_middle_of_a_read_changes_no_decision(
    city: City, checker: Checker, day: Day, undisturbed: dict[str, Any]
) -> None:
    """Between the position and the values of one round trip."""
    watermarks = Watermarks()
    city.send(day.lists(watermarks))
    messages = day.messages()
    size = len(messages) // FLUSHED_READS
    with FlushingProxy(city.redis) as proxy:
        trigger = city.trigger(redis=proxy.url)
        city.send(messages[:size])
        checker.wait_for_more()  # so the lists are known, and all that follows is read by batches
        for start in range(size, len(messages), size):
            trigger.wait_ready()
            proxy.arm()
            if start // size % 2:  # a watermark reads the list once more, and so would notice
                for code in ("licence-bar", "procurement-serious"):
                    city.send(watermarks.published(code, at=day.now))
            city.send(messages[start : start + size])
            assert proxy.wait_flushed(60), trigger.said()[-2000:]
            checker.wait_for_more()
        finish(checker, trigger, day, undisturbed)
    assert {alert.data.kind for alert in checker.books.alerts} == {"deny", "hold", "withdrawn"}


def test_a_redis_that_dies_pauses_the_trigger_which_goes_on_without_loss(
    city: City, checker: Checker, day: Day, undisturbed: dict[str, Any]
) -> None:
    city.send(day.lists(Watermarks()))
    trigger = city.trigger()
    trigger.wait_ready()
    feeder = Feeder(city, day.messages(), 6.0)
    time.sleep(2.0)
    city.redis_server.kill()
    trigger.wait_ready(ready=False)
    checker.read_to_end()
    paused_at = len(checker.books.decisions)
    assert paused_at < len(day.expected().verdicts)
    time.sleep(8.0)  # longer than a session: the membership must not be lost meanwhile
    assert not trigger.ready()
    checker.read_to_end()
    assert len(checker.books.decisions) == paused_at
    assert "partitions_revoked" not in trigger.said()
    city.redis_server.start_again()
    trigger.wait_ready()
    feeder.wait()
    finish(checker, trigger, day, undisturbed)


def test_a_redis_that_may_throw_keys_away_is_refused(city: City, tmp_path: Path) -> None:
    redis.Redis.from_url(city.redis).config_set("maxmemory-policy", "allkeys-lru")
    trigger = city.trigger()
    assert trigger.wait(60) == 3
    last = trigger.said().strip().splitlines()[-1]
    assert "noeviction" in last
    assert "Traceback" not in trigger.said()
    assert tmp_path.exists()
