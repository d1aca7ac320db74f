"""Each business day lies in exactly one day, week, month and half-year."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.periods import Period, period_of

DAYS = st.dates(date(2016, 1, 1), date(2099, 12, 30))
PERIODS: st.SearchStrategy[Period] = st.sampled_from(["day", "week", "month", "half"])


@given(DAYS, PERIODS)
def test_every_day_of_a_period_names_the_same_period(day: date, period: Period) -> None:
    first, end = period_of(day, period)
    assert first <= day < end
    assert period_of(first, period) == period_of(end - timedelta(days=1), period) == (first, end)


@given(DAYS, PERIODS)
def test_the_next_period_begins_where_one_ends(day: date, period: Period) -> None:
    _, end = period_of(day, period)
    assert period_of(end, period)[0] == end


def test_the_second_half_of_2026_ends_with_its_year() -> None:
    assert period_of(date(2026, 11, 25), "half") == (date(2026, 7, 1), date(2027, 1, 1))
    assert period_of(date(2026, 11, 25), "week") == (date(2026, 11, 23), date(2026, 11, 30))
    assert period_of(date(2026, 12, 31), "month") == (date(2026, 12, 1), date(2027, 1, 1))
