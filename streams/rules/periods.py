"""The periods that are reported on: day, week from Monday, month and half-year, by business day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

Period = Literal["day", "week", "month", "half"]

FIRST_MONTH_OF_SECOND_HALF = 7
DECEMBER = 12

_DAY = timedelta(days=1)


class Span(NamedTuple):
    """One day, week, month or half-year: its kind, its first day and its end (exclusive)."""

    period: Period
    first: date
    end: date


def spans_of(day: date) -> Iterator[Span]:
    """Yield the day, week, month and half-year that hold *day*."""
    for period in get_args(Period):
        yield Span(period, *period_of(day, period))


def period_of(day: date, period: Period) -> tuple[date, date]:
    """Return first day and end (exclusive) of the *period* that holds business *day*."""
    if period == "day":
        return day, day + _DAY
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
