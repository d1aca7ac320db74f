"""How long an action may last: the listing's own end, capped by the term that the law sets."""

from calendar import monthrange
from datetime import date, timedelta

from schemas.measure import Measure

_MONTHS_A_YEAR = 12


def until_of(
    measure: Measure, effective_from: date, effective_until: date | None, day: date
) -> date | None:
    """Return the first day on which an action of *measure* no longer applies, or None.

    That is the entry's `effective_until`, or the measure's `term.max` counted from
    `effective_from` if it is earlier; *day* says which dated value of that parameter counts.
    None means until the entry is removed. An entry whose result is not after *day* is past what
    the law allows and carries no action. Raises: LookupError as `Measure.parameter_on`.
    """
    if measure.term.max is None:
        return effective_until
    name = measure.term.max
    cap = _later(effective_from, measure.parameter_on(name, day), name)
    return cap if effective_until is None else min(cap, effective_until)


def _later(start: date, amount: int, name: str) -> date:
    """Return *start* moved by *amount* of the unit that ends *name*.

    A day that the month does not have becomes its last one (民法典 art. 202).
    """
    if name.endswith("_days"):
        return start + timedelta(days=amount)
    months = amount * (_MONTHS_A_YEAR if name.endswith("_years") else 1)
    year, month = divmod(start.year * _MONTHS_A_YEAR + start.month - 1 + months, _MONTHS_A_YEAR)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
