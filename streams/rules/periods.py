"""The periods that are reported on: day, week from Monday, month and half-year, by business day."""

from datetime import date, timedelta
from typing import Literal

Period = Literal["day", "week", "month", "half"]

FIRST_MONTH_OF_SECOND_HALF = 7
DECEMBER = 12


def period_of(day: date, period: Period) -> tuple[date, date]:
    """Return first day and end (exclusive) of the *period* that holds business *day*."""
    if period == "day":
        return day, day + timedelta(days=1)
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if period == "month":
        first = day.replace(day=1)
        return first, _month_after(first)
    if day.month < FIRST_MONTH_OF_SECOND_HALF:
        return date(day.year, 1, 1), date(day.year, FIRST_MONTH_OF_SECOND_HALF, 1)
    return date(day.year, FIRST_MONTH_OF_SECOND_HALF, 1), date(day.year + 1, 1, 1)


def _month_after(first: date) -> date:
    if first.month == DECEMBER:
        return date(first.year + 1, 1, 1)
    return first.replace(month=first.month + 1)
