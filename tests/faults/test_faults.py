"""After each fault: nothing lost, nothing decided twice, no pass that an entry forbade."""

import time

import pytest

from tests.faults.city import FaultyCity
from tests.faults.faults import (
    FAULTS,
    Fault,
    transaction_timed_out,
    worker_killed_in_a_transaction,
)

pytestmark = pytest.mark.connected
A_SECOND = 300
IN_A_TRANSACTION = (worker_killed_in_a_transaction, transaction_timed_out)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_promises_hold_through(city: FaultyCity, fault: Fault) -> None:
    city.staff(2)
    before = city.reader.open_transactions
    with city.feeder.flowing(A_SECOND):
        time.sleep(1.0)
        fault(city)
        time.sleep(1.0)
        city.wait_shared()
    city.check()
    if fault in IN_A_TRANSACTION:
        assert city.reader.open_transactions > before, "it hit no transaction: nothing is proved"


def test_the_log_alone_brings_about_what_came_of_them_all(city: FaultyCity) -> None:
    """Promise 3, over all that happened to this city so far."""
    city.staff(1)
    city.feeder.send_next(A_SECOND)
    city.reproduced(city.check())
