"""Legal deadlines on the calendar of 2026 with its make-up days."""

from datetime import date, timedelta

import chinese_calendar
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


def test_every_day_of_2026_has_its_seven_working_days_or_says_that_it_cannot_know(
    catalogue: Catalogue,
) -> None:
    """Counted on the calendar of another house; the last days of December touch 2027."""
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        due = dual_publicity_due(catalogue.calendar, day)
        after = [day + timedelta(days=n) for n in range(1, 25)]
        worked = [each for each in after if each.year == 2026 and chinese_calendar.is_workday(each)]
        if len(worked) >= 7:
            assert due == (worked[6], False), day
        else:
            assert due.provisional, day
            assert due.day.year == 2027, day


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
