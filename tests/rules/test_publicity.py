"""Permits within seven working days of the decision, and who was late."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.catalogue import Catalogue
from streams.rules.publicity import Permit, Timeliness, timeliness
from streams.rules.workdays import Workdays

DEPARTMENT = "11210500001234562F"
DECIDED = date(2026, 9, 30)  # due on 2026-10-15, over the National Day holidays (domain.md §8)
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def _permit(arrived_on: date, number: int = 1, **changes: object) -> Permit:
    return Permit(DEPARTMENT, "91210500MA0BX0015F", f"A{number}", DECIDED, arrived_on)._replace(
        **changes
    )


def test_the_last_day_is_in_time_and_the_day_after_is_late(catalogue: Catalogue) -> None:
    """Counted in working days; a weekend after the term is one day late, not none."""
    calendar = catalogue.calendar
    due = date(2026, 10, 15)
    assert timeliness([_permit(due)], calendar, YEAR) == [Timeliness(DEPARTMENT, 1, 0, 0, 0)]
    friday = _permit(date(2026, 6, 13), decided_on=date(2026, 6, 3))  # due on 2026-06-12
    (one,) = timeliness([friday], calendar, YEAR)
    assert (one.late, one.most_days_late) == (1, 1)
    for days, late in [(1, 1), (2, 1), (4, 2)]:
        (one,) = timeliness([_permit(due + timedelta(days=days))], calendar, YEAR)
        assert (one.late, one.most_days_late) == (1, late)


def test_a_record_that_came_again_counts_once_with_its_first_arrival(catalogue: Catalogue) -> None:
    """Also where the correction came late; another application is another permit."""
    late = date(2026, 11, 2)
    told = [_permit(late), _permit(DECIDED), _permit(late, 2)]
    (one,) = timeliness(told, catalogue.calendar, YEAR)
    assert (one.decided, one.late) == (2, 1)


def test_a_permit_counts_in_the_period_of_its_decision(catalogue: Catalogue) -> None:
    """Not in that of its arrival; a term into an unpublished year is provisional."""
    assert (
        timeliness([_permit(DECIDED)], catalogue.calendar, (DECIDED + timedelta(1), YEAR[1])) == []
    )
    december = date(2026, 12, 30)
    (one,) = timeliness([_permit(december, decided_on=december)], catalogue.calendar, YEAR)
    assert one.provisional == 1


_CALENDAR = Workdays(2026, 2026, {})
_permits = st.lists(
    st.builds(_permit, st.dates(DECIDED, date(2026, 12, 1)), st.integers(1, 3)), max_size=8
)


@given(_permits, st.data())
def test_order_and_repetition_change_nothing(permits: list[Permit], data: st.DataObject) -> None:
    """Shuffled, and each of them twice."""
    shuffled = data.draw(st.permutations([*permits, *permits]))
    assert timeliness(permits, _CALENDAR, YEAR) == timeliness(shuffled, _CALENDAR, YEAR)
