"""Legal deadlines on the calendar of 2026 with its make-up days."""

from datetime import date

import pytest

from streams.rules.catalogue import Catalogue
from streams.rules.deadlines import dual_publicity_due, receipt_due, review_due
from streams.rules.decide import decide
from tests.rules.given import as_of, entry, event


@pytest.mark.parametrize(
    ("decided_on", "due"),
    [
        (date(2026, 2, 12), date(2026, 2, 28)),
        (date(2026, 2, 13), date(2026, 3, 2)),
        (date(2026, 4, 30), date(2026, 5, 13)),
        (date(2026, 9, 22), date(2026, 10, 9)),
        (date(2026, 9, 30), date(2026, 10, 15)),
    ],
)
def test_dual_publicity_is_due_after_seven_working_days(
    catalogue: Catalogue, decided_on: date, due: date
) -> None:
    assert dual_publicity_due(catalogue.calendar, decided_on) == (due, False)


def test_a_deadline_that_touches_an_unpublished_year_is_provisional(catalogue: Catalogue) -> None:
    assert dual_publicity_due(catalogue.calendar, date(2026, 12, 30)).provisional


def test_an_action_carries_the_clock_of_its_measure(catalogue: Catalogue) -> None:
    day = date(2026, 9, 30)  # before the National Day week
    happened = event(attributes={"tender_kind": "procurement"}, on=day)
    blocked = decide(
        happened, (entry("procurement-serious"),), catalogue, as_of=as_of(happened, day)
    )
    waiting = decide(happened, (entry("wage-arrears"),), catalogue, as_of=as_of(happened, day))
    block, refer = blocked.actions[0], waiting.actions[0]
    blocks, refers = catalogue.measure(block.measure.id), catalogue.measure(refer.measure.id)
    assert blocks is not None
    assert refers is not None

    assert block.due_on == receipt_due(catalogue.calendar, blocks, day).day == date(2026, 10, 13)
    assert refer.review_due_on == review_due(catalogue.calendar, refers, day).day
    assert refer.review_due_on == date(2026, 10, 10)  # a Saturday that is worked


def test_the_clock_of_an_action_at_the_end_of_2026_is_provisional(catalogue: Catalogue) -> None:
    day = date(2026, 12, 30)
    happened = event(attributes={"tender_kind": "procurement"}, on=day)
    outcome = decide(
        happened, (entry("procurement-serious"),), catalogue, as_of=as_of(happened, day)
    )

    assert [action.due_provisional for action in outcome.actions] == [True]
