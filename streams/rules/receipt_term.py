"""The term of a receipt that ran into a year without a calendar: counted again once there is one.

Follow-up and reports both ask here, so neither calls late what the other has in time.
"""

from datetime import date
from typing import Protocol

from schemas.measure import Measure
from streams.rules.deadlines import receipt_due
from streams.rules.workdays import Workdays


class TermLaw(Protocol):
    """What of the catalogue the term of a receipt rests on."""

    @property
    def calendar(self) -> Workdays:
        """The working days."""

    def measure(self, measure_id: str) -> Measure | None:
        """Return the measure, whose terms may have to be counted again."""


def began_on(due_on: date | None, told_on: date, older: tuple[date | None, date]) -> date:
    """Return the day from which the term that ends on *due_on* is counted.

    It is the first day on which this `due_on` was told: *told_on*, unless the *older* revision
    (its `due_on`, and the day from which that is counted) told the same already. A clock that
    was restarted tells another.
    """
    older_due_on, older_began_on = older
    return min(told_on, older_began_on) if due_on == older_due_on else told_on


def counted_again(due_on: date, began: date, measure_id: str, law: TermLaw) -> date:
    """Return the last day of a provisional term; *due_on* as long as the calendar is not known."""
    measure = law.measure(measure_id)
    if measure is None:
        return due_on
    counted = receipt_due(law.calendar, measure, began)
    return due_on if counted.provisional else counted.day
