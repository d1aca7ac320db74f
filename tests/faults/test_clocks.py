"""Clocks that jump, and days on which nobody worked."""

import time
from datetime import datetime, timedelta

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from schemas.times import SHANGHAI, legal_day
from tests.faults.city import FaultyCity
from tests.faults.traffic import LISTS

pytestmark = pytest.mark.connected
A_SECOND = 300
MINUTE_S, YEAR_S = 60, 366 * 24 * 60 * 60
AWAY = timedelta(days=5)
BAR, PROCUREMENT = LISTS.index("licence-bar"), LISTS.index("procurement-serious")


def test_the_promises_hold_through_jumps_of_a_minute(city: FaultyCity) -> None:
    city.staff(0)
    city.turn_clocks(0)
    city.hire(2, skewed=True)
    city.wait_shared()
    with city.feeder.flowing(A_SECOND):
        for skew_s in (MINUTE_S, 0, -MINUTE_S, 0):
            time.sleep(1.0)
            city.turn_clocks(skew_s)
        time.sleep(1.0)
    city.check()
    city.staff(0)


@pytest.mark.parametrize(
    "jump_s",
    [
        pytest.param(-YEAR_S, id="back"),
        pytest.param(YEAR_S, id="ahead"),
    ],
)
def test_the_promises_hold_through_a_jump_of_a_year(fresh_city: FaultyCity, jump_s: int) -> None:
    """A list looks too old on that clock, so that nobody is denied by a machine: never a pass."""
    city = fresh_city
    city.hire(2, skewed=True)
    city.wait_shared()
    city.feeder.send_next(A_SECOND)
    city.check()
    city.traffic.stale_allowed = True
    with city.feeder.flowing(A_SECOND):
        time.sleep(1.0)
        city.turn_clocks(jump_s)
        time.sleep(3.0)
        city.turn_clocks(0)
        time.sleep(1.0)
    city.wait_shared()  # the clock is right again, and believed
    city.settled()
    city.traffic.stale_allowed = False
    city.feeder.send_next(A_SECOND)
    city.reproduced(city.check())


def test_after_days_of_downtime_each_is_lived_through(fresh_city: FaultyCity) -> None:
    """An entry that ended meanwhile denied before, and denies nobody after.

    No broker of ours lives in the past, so that the days before are told by the workers alone.
    """
    keep_producers_times(fresh_city, "credit.state")
    city, traffic = fresh_city, fresh_city.traffic
    now = datetime.now(SHANGHAI)
    today = legal_day(now)
    ends = today - timedelta(days=2)
    ended, lasting = 3 * 1000 + BAR, 3 * 1001 + PROCUREMENT
    city.feeder.send([traffic.enter(ended, until=ends), traffic.enter(lasting)])
    city.turn_clocks(-AWAY.total_seconds())
    city.hire(2, skewed=True)
    city.wait_shared()
    then = now - AWAY
    city.feeder.send([traffic.on(ended, at=then), traffic.on(lasting, at=then)])
    before = city.check()
    assert {each.day for each in before.decisions} == {today - AWAY}
    assert [each.verdict for each in before.decisions] == ["deny", "deny"]
    city.staff(0)
    on_the_way = [traffic.on(ended, at=then + timedelta(days=1)), traffic.on(lasting, at=then)]
    city.feeder.send(on_the_way)
    city.turn_clocks(0)
    city.hire(2, skewed=True)
    city.wait_shared()
    city.feeder.send([traffic.on(ended), traffic.on(lasting)])
    books = city.check()
    told = books.decisions[2:]
    today = legal_day(datetime.now(SHANGHAI))
    after = [each for each in told if each.sequence == 0]
    assert {each.day for each in after} == {today}
    assert sorted(each.verdict for each in after) == ["deny", "deny", "pass", "pass"]
    # The bar fell on its day, though nobody worked on it.
    (lived,) = [each for each in told if each.sequence]
    assert (lived.cause, lived.day, lived.verdict) == ("time", ends, "pass")
    city.reproduced(books)


def keep_producers_times(city: FaultyCity, topic: str) -> None:
    """Let *topic* keep what producers say of the time: nobody's clock is held against that."""
    keep = ConfigEntry(
        "message.timestamp.type",
        "CreateTime",
        incremental_operation=AlterConfigOpType.SET,
    )
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[keep])
    admin = AdminClient({"bootstrap.servers": city.cluster.bootstrap, "log_level": 0})
    admin.incremental_alter_configs([resource])[resource].result(30)
    time.sleep(2.0)  # until every broker knows
