"""After each fault: nothing lost, nothing decided twice, no pass that an entry forbade."""

import time

import pytest

from tests.faults.city import FaultyCity
from tests.faults.faults import FAULTS, Fault

pytestmark = pytest.mark.connected
A_SECOND = 300


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_promises_hold_through(city: FaultyCity, fault: Fault) -> None:
    city.staff(2)
    with city.feeder.flowing(A_SECOND):
        time.sleep(1.0)
        fault(city)
        time.sleep(1.0)
        city.wait_shared()
    city.check()


def test_the_log_alone_brings_about_what_came_of_them_all(city: FaultyCity) -> None:
    """Promise 3, over all that happened to this city so far."""
    city.staff(1)
    city.feeder.send_next(A_SECOND)
    city.reproduced(city.check())
