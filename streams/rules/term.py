"""How long an action lasts: the listing's own term, or the shorter one that the measure allows."""

import calendar
from datetime import date, timedelta
from functools import lru_cache

from schemas.lean import ListChangeData
from schemas.measure import Measure

_MONTHS_A_YEAR = 12
_UNITS = {"D": "_days", "M": "_months", "Y": "_years"}


def until_of(measure: Measure, entry: ListChangeData) -> date | None:
    """Return the first day on which an action no longer holds, null until the entry's removal."""
    return end_of_term(measure, entry.effective_from, entry.effective_until)


def end_of_term(measure: Measure, since: date, until: date | None) -> date | None:
    """Return `until_of` a listing with the first day *since* and the own end *until*, if any.

    The earlier of that end and the measure's cap counted from the first day, which counts itself.
    """
    if measure.term.max is None:
        return until
    # The law of the day of the listing fixes its length; a later change never prolongs it.
    length = measure.parameter_on(measure.term.max, max(since, measure.valid_from))
    cap = _after(since, length, measure.term.max)
    return cap if until is None else min(cap, until)


def latest_end(max_term: str, start: date) -> date:
    """Return the last `effective_until` that a list with *max_term* allows an entry of *start*.

    `max_term` is an ISO 8601 duration of one unit, as in lists.yaml. A day more than the term, as
    authorities differ on whether the first day counts. Source: 民法典 art. 201, 202.
    """
    length, unit = int(max_term[1:-1]), max_term[-1]
    if unit == "W":
        length, unit = length * 7, "D"
    end = _after(start, length, _UNITS[unit])
    return end if end == date.max else end + timedelta(days=1)


@lru_cache(maxsize=4096)  # listings come in lots of one day
def _after(start: date, length: int, parameter: str) -> date:
    """Return the first day after *length* of the unit that ends the parameter's name.

    Source: 民法典 art. 202: where the last month has no such day, its last day ends the term.
    """
    if start.year + length >= date.max.year:  # a listing "for ever": no cap can be counted
        return date.max
    if parameter.endswith("_days"):
        return start + timedelta(days=length)
    months = length * (_MONTHS_A_YEAR if parameter.endswith("_years") else 1)
    year, month = divmod(start.year * _MONTHS_A_YEAR + start.month - 1 + months, _MONTHS_A_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    if start.day > last:
        return date(year, month + 1, last) + timedelta(days=1)
    return date(year, month + 1, start.day)
