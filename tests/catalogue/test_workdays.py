import csv
import io
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.workdays_file import year_file
from streams.rules.catalogue import Catalogue
from streams.rules.workdays import Workdays

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
WEEKDAYS_ONLY = Workdays(1, 0, {})


@pytest.mark.parametrize(
    ("start", "deadline", "naive"),
    [
        ("2026-02-12", "2026-02-28", "2026-02-23"),
        ("2026-02-13", "2026-03-02", "2026-02-24"),
        ("2026-04-30", "2026-05-13", "2026-05-11"),
        ("2026-09-22", "2026-10-09", "2026-10-01"),
        ("2026-09-30", "2026-10-15", "2026-10-09"),
    ],
)
def test_seven_working_days_skip_holidays_and_count_make_up_days(
    catalogue: Catalogue, start: str, deadline: str, naive: str
) -> None:
    day = date.fromisoformat(start)
    found = catalogue.calendar.add_working_days(day, 7)
    assert (found.day.isoformat(), found.provisional) == (deadline, False)
    assert WEEKDAYS_ONLY.add_working_days(day, 7).day.isoformat() == naive


def test_the_published_make_up_days_of_2026_are_worked(catalogue: Catalogue) -> None:
    worked = [
        day.isoformat()[5:]
        for day in EVERY_DAY
        if day.year == 2026 and day.weekday() >= 5 and catalogue.calendar.is_workday(day)
    ]
    assert worked == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_every_day_from_2004_to_2026_agrees_with_chinesecalendar(catalogue: Catalogue) -> None:
    differing = [
        day
        for day in EVERY_DAY
        if catalogue.calendar.is_workday(day) != chinese_calendar.is_workday(day)
    ]
    assert differing == []


def test_a_second_library_disagrees_on_the_last_day_of_2005_alone(catalogue: Catalogue) -> None:
    china = holidays.country_holidays("CN", years=range(2004, 2028))
    differing = [
        day for day in EVERY_DAY if catalogue.calendar.is_workday(day) != china.is_working_day(day)
    ]
    assert differing == [date(2005, 12, 31)]


def test_a_deadline_in_an_unpublished_year_is_provisional(catalogue: Catalogue) -> None:
    calendar = catalogue.calendar
    assert (calendar.first_year, calendar.last_year) == (2004, 2026)
    assert calendar.add_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)
    assert calendar.add_working_days(date(2026, 12, 30), 2) == (date(2027, 1, 1), True)
    assert calendar.add_working_days(date(2027, 3, 5), 1) == (date(2027, 3, 8), True)
    assert calendar.add_working_days(date(2003, 12, 31), 0) == (date(2003, 12, 31), True)


def test_the_starting_day_is_not_counted(catalogue: Catalogue) -> None:
    monday = date(2026, 6, 22)
    assert catalogue.calendar.add_working_days(monday, 1).day == date(2026, 6, 23)
    assert catalogue.calendar.add_working_days(monday, 0).day == monday


def test_a_negative_term_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="0 working days or more"):
        catalogue.calendar.add_working_days(date(2026, 6, 22), -1)


@given(start=st.dates(FIRST, date(2026, 6, 1)), n=st.integers(1, 60))
def test_a_deadline_is_the_nth_working_day_after_its_start(
    catalogue: Catalogue, start: date, n: int
) -> None:
    calendar = catalogue.calendar
    deadline = calendar.add_working_days(start, n).day
    assert calendar.is_workday(deadline)
    assert calendar.working_days_between(start, deadline) == n
    assert calendar.working_days_between(start, deadline - timedelta(days=1)) == n - 1


@pytest.mark.parametrize("year", range(2004, 2027))
def test_the_file_of_a_year_is_what_the_command_makes(
    catalogue_files: dict[str, str], year: int
) -> None:
    def days(text: str) -> list[tuple[str, str, str]]:
        rows = csv.DictReader(io.StringIO(text))
        return [(row["date"], row["kind"], row["name"]) for row in rows]

    assert days(catalogue_files[f"workdays/{year}.csv"]) == days(year_file(year))


def test_an_unpublished_year_makes_no_file() -> None:
    with pytest.raises(NotImplementedError):
        year_file(2099)
