"""SIGKILL costs nothing but the batch: what is committed equals an undisturbed run."""

import random
import time
from typing import Any

import pytest

from tests.real.checker import Checker
from tests.real.city import City, Feeder
from tests.real.scenario import Day
from tests.trigger.messages import Watermarks

pytestmark = pytest.mark.connected
KILLS = 10


def test_ten_kills_lose_nothing_and_decide_nothing_twice(
    city: City, checker: Checker, day: Day, undisturbed: dict[str, Any]
) -> None:
    chance = random.Random(7)
    city.send(day.lists(Watermarks()))
    messages = day.messages()
    slice_size = len(messages) // (KILLS + 1)
    for kill in range(KILLS):
        trigger = city.trigger()
        trigger.wait_ready()
        share = messages[kill * slice_size :][:slice_size]
        if kill % 2:
            feeder = Feeder(city, share, 1.0)
            time.sleep(chance.uniform(0.1, 0.9))
        else:
            feeder = Feeder(city, share, 0.0)
            checker.wait_for_open_transaction()
        trigger.kill()
        feeder.wait()
    city.send(messages[KILLS * slice_size :])
    last = city.trigger()
    expected = day.expected()
    books = checker.wait_for(decisions=len(expected.verdicts), dead_letters=expected.dead_letters)
    assert last.stop() == 0
    checker.read_to_end()
    books.assert_as_expected(expected)
    assert books.essence() == undisturbed
    assert checker.undone() > 0, "no kill hit an open transaction: the test proved nothing"


def test_the_other_worker_takes_over_what_a_killed_one_owned(
    city: City, checker: Checker, day: Day, undisturbed: dict[str, Any]
) -> None:
    city.send(day.lists(Watermarks()))
    messages = day.messages()
    first, second = city.trigger(), city.trigger()
    wait_shared(first, second)
    feeder = Feeder(city, messages, 6.0)
    time.sleep(2.0)
    first.kill()
    feeder.wait()
    expected = day.expected()
    books = checker.wait_for(decisions=len(expected.verdicts), dead_letters=expected.dead_letters)
    assert second.metric("credit_partitions_owned_count") == 4
    assert second.stop() == 0
    checker.read_to_end()
    books.assert_as_expected(expected)
    assert books.essence() == undisturbed


def wait_shared(*triggers: Any) -> None:
    """Wait until each worker decides two partitions."""
    deadline = time.monotonic() + 60
    while [t.metric("credit_partitions_owned_count") for t in triggers] != [2.0] * len(triggers):
        assert time.monotonic() < deadline, [t.said()[-1000:] for t in triggers]
        time.sleep(0.1)
    for trigger in triggers:
        trigger.wait_ready()
