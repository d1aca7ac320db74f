"""Legal deadlines in working days; the day that starts a term never counts (民法典 art. 201)."""

from datetime import date

from schemas.measure import Measure
from streams.rules.workdays import Deadline, Workdays

# 国发〔2016〕33号 and 发改办财金〔2018〕424号: permits and penalties are published within
# seven working days of the decision.
DUAL_PUBLICITY_WORKING_DAYS = 7


def dual_publicity_due(calendar: Workdays, decided_on: date) -> Deadline:
    """Return the last day on which a permit or penalty of *decided_on* is published in time."""
    return calendar.add_working_days(decided_on, DUAL_PUBLICITY_WORKING_DAYS)


def receipt_due(calendar: Workdays, measure: Measure, day: date) -> Deadline:
    """Return by when the department reports what it did about an action in force since *day*."""
    return calendar.add_working_days(day, measure.receipt_due_working_days)


def review_due(calendar: Workdays, measure: Measure, day: date) -> Deadline:
    """Return by when an officer decides about an action that awaits review since *day*."""
    return calendar.add_working_days(day, measure.review_due_working_days)
