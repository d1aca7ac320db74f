"""The seven working days of dual publicity (双公示) for permits, and who reports late (迟报).

A permit counts from the day of its decision, the `time` of its `credit.approval.decided`, to the
day on which that event arrived, by the broker's clock. One that came several times, or corrected,
counts once, with its first arrival; with another day of decision it is another decision.
Source: 国发〔2016〕33号, 发改办财金〔2018〕424号; the first day does not count (民法典 art. 201).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from streams.rules.deadlines import dual_publicity_due

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from streams.rules.workdays import Workdays

PERMIT_DECIDED = "credit.approval.decided"


class Permit(NamedTuple):
    """One arrival of one decision: who decided what, on which day, and the day of arrival."""

    department: str
    subject: str
    application_no: str
    decided_on: date
    arrived_on: date


@dataclass(frozen=True)
class Timeliness:
    """One department: permits decided, of them late, and the most working days that one was late.

    `provisional`: how many terms touch a year whose calendar is not published.
    """

    department: str
    decided: int
    late: int
    most_days_late: int
    provisional: int


def timeliness(
    permits: Iterable[Permit], calendar: Workdays, period: tuple[date, date]
) -> list[Timeliness]:
    """Return each department that decided within *period* (its end exclusive), by its code."""
    first_arrival: dict[tuple[str, str, str, date], date] = {}
    for permit in permits:
        if period[0] <= permit.decided_on < period[1]:
            who, subject, number, decided_on, arrived_on = permit
            name = (who, subject, number, decided_on)
            first_arrival[name] = min(first_arrival.get(name, arrived_on), arrived_on)
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for (department, _, _, decided_on), arrived_on in first_arrival.items():
        due = dual_publicity_due(calendar, decided_on)
        late = calendar.working_days_between(due.day, arrived_on)
        # A day off after the term is late too: the last day of the term has passed.
        is_late = arrived_on > due.day
        found[department].append((max(late, 1) if is_late else 0, due.provisional))
    return [
        Timeliness(
            department,
            len(each),
            sum(days > 0 for days, _ in each),
            max(days for days, _ in each),
            sum(provisional for _, provisional in each),
        )
        for department, each in sorted(found.items())
    ]
