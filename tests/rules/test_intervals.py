"""Both ends of every interval: from inclusive, until exclusive, everywhere."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.measure import Measure
from streams.rules.catalogue import Catalogue
from streams.rules.join import Presence, is_active, join
from streams.rules.term import latest_end, until_of
from tests.rules.given import TODAY, entry, real_catalogue

ONE = timedelta(days=1)
NEAR = st.integers(-5, 5).map(lambda n: TODAY + n * ONE)


def test_an_entry_is_active_on_its_first_day_and_not_before() -> None:
    listed = entry("tax-serious", since=TODAY)

    assert is_active(listed, TODAY)
    assert not is_active(listed, TODAY - ONE)


def test_an_entry_is_active_on_the_day_before_its_end_and_not_on_it() -> None:
    listed = entry("tax-serious", until=TODAY)

    assert is_active(listed, TODAY - ONE)
    assert not is_active(listed, TODAY)


def test_an_entry_is_inactive_from_the_day_of_its_removal() -> None:
    listed = entry("tax-serious", removed_on=TODAY, removal_reason="repaired")

    assert is_active(listed, TODAY - ONE)
    assert not is_active(listed, TODAY)


@given(NEAR)
def test_an_annulled_entry_never_was_active(day: date) -> None:
    assert not is_active(entry("tax-serious", removed_on=TODAY, removal_reason="annulled"), day)


@given(NEAR)
def test_a_suspended_entry_is_not_active(day: date) -> None:
    assert not is_active(entry("tax-serious", suspended=True), day)


@given(NEAR, NEAR, NEAR, st.none() | NEAR, st.none() | NEAR)
def test_an_entry_joins_as_its_activity_at_the_two_moments_says(
    business_day: date, day: date, since: date, until: date | None, removed: date | None
) -> None:
    listed = entry(
        "tax-serious",
        since=since,
        until=until,
        removed_on=removed,
        removal_reason="repaired" if removed else None,
    )
    joined = join([listed], real_catalogue(), business_day=business_day, day=day).entries
    then, now = is_active(listed, business_day), is_active(listed, day)
    presences = [found.presence for found in joined]

    if then and now:
        assert presences == [Presence.BOTH]
    elif now and since > business_day:
        assert presences == [Presence.BEGAN]
    elif then or now:
        assert presences == [Presence.ENDED]
    else:
        assert presences == []


def capped(catalogue: Catalogue, measure_id: str) -> Measure:
    measure = catalogue.measure(measure_id)
    assert measure is not None
    return measure


@pytest.mark.parametrize(
    ("since", "first_free_day"),
    [
        (date(2025, 6, 18), date(2026, 6, 18)),
        (date(2025, 12, 31), date(2026, 12, 31)),
        (date(2024, 2, 29), date(2025, 3, 1)),  # 民法典 art. 202: the month's last day ends it
        (date(9999, 6, 18), date.max),
    ],
)
def test_a_cap_in_years_ends_on_the_same_day_of_the_last_year(
    catalogue: Catalogue, since: date, first_free_day: date
) -> None:
    measure = capped(catalogue, "p01-same-licence-barred")

    assert until_of(measure, entry("licence-bar", since=since).change) == first_free_day


def test_the_earlier_of_the_entrys_end_and_the_measures_cap_counts(catalogue: Catalogue) -> None:
    measure = capped(catalogue, "p01-same-licence-barred")
    short = entry("licence-bar", since=date(2026, 1, 1), until=date(2026, 3, 1))
    long = entry("licence-bar", since=date(2026, 1, 1), until=date(2036, 3, 1))

    assert until_of(measure, short.change) == date(2026, 3, 1)
    assert until_of(measure, long.change) == date(2027, 1, 1)


def test_without_end_and_cap_an_action_lasts_until_removal(catalogue: Catalogue) -> None:
    measure = capped(catalogue, "p10-court-defaulter-restricted")

    assert until_of(measure, entry("court-defaulter").change) is None


@pytest.mark.parametrize(
    ("max_term", "start", "latest"),
    [
        ("P3Y", "2026-01-01", "2029-01-02"),
        ("P3Y", "2024-02-29", "2027-03-02"),
        ("P1Y", "2026-06-16", "2027-06-17"),
        ("P6M", "2026-08-31", "2027-03-02"),
        ("P2W", "2026-06-16", "2026-07-01"),
        ("P10D", "2026-06-16", "2026-06-27"),
        ("P9999Y", "2026-06-16", "9999-12-31"),
    ],
)
def test_the_longest_listing_ends_a_day_after_the_term_at_the_latest(
    max_term: str, start: str, latest: str
) -> None:
    assert latest_end(max_term, date.fromisoformat(start)) == date.fromisoformat(latest)
