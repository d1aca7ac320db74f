"""The supervision list (督办清单) and repeated overdue as an item of assessment.

An action **lapsed** where its term ended and the department to which it is addressed, or who holds
its duties now, had not reported by the last day of it, by the day that the receipt itself says
(`at`). It counts in the period that holds the day after the term. It does not count where the
action had been withdrawn, dismissed or suspended by the last day of the term: nobody had to act.
A report after the term ends the entry on the supervision list, and the lapse stays counted.
Two lapses or more in one period are **repeated** (多次逾期).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from schemas.action import ActionState
from streams.rules.duty import answered, body_of, term_of
from streams.rules.promises import promise_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.followed import Duty, Followed, Task
    from streams.rules.duty import Law

REPEATED_FROM = 2


@dataclass(frozen=True, order=True)
class Lapse:
    """One action that lapsed; `days_late` in working days, up to its report or else until now.

    `reported_on` is None while nothing was reported: then it stands on the supervision list.
    """

    department: str
    due_on: date
    action_id: str
    subject: str
    item_code: str
    application_no: str
    measure_id: str
    measure_title: str
    days_late: int
    is_open: bool
    reported_on: date | None


@dataclass(frozen=True)
class Assessed:
    """One department in one period: terms that ended, and those of them that lapsed."""

    department: str
    ended: int
    lapsed: int
    open: int

    @property
    def is_repeated(self) -> bool:
        """Whether it is an item of assessment."""
        return self.lapsed >= REPEATED_FROM


@dataclass(frozen=True)
class Promised:
    """One department: promises that it let be used in a period, and what has become of them."""

    department: str
    used: int
    kept: int
    broken: int
    running: int


def promised(
    known: Mapping[str, Followed], law: Law, day: date, period: tuple[date, date]
) -> list[Promised]:
    """Return the departments with promises used in *period* (its end exclusive), as of *day*."""
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for one in known.values():
        for duty in one.duties.values():
            promise = promise_of(duty, law)
            if promise is not None and period[0] <= promise.used_on < period[1]:
                states[promise.department][promise.state_on(day)] += 1
    return [
        Promised(who, n.total(), n["kept"], n["broken"], n["running"])
        for who, n in sorted(states.items())
    ]


def lapses(known: Mapping[str, Followed], law: Law, day: date) -> list[Lapse]:
    """Return every action that had lapsed by *day*, by department and term; *known* by USCC."""
    found = (
        _lapse((subject, action_id), duty, law, day)
        for subject, one in known.items()
        for action_id, duty in one.duties.items()
    )
    return sorted(lapse for lapse in found if lapse is not None)


def assessed(
    known: Mapping[str, Followed], law: Law, day: date, period: tuple[date, date]
) -> list[Assessed]:
    """Return the departments with terms that ended in *period* (its end exclusive), by *day*."""
    ended: dict[str, int] = defaultdict(int)
    for one in known.values():
        for duty in one.duties.values():
            task = duty.task
            if task is not None and _had_to_act(task, law) and _counts(task, law, day, period):
                ended[body_of(task, law)] += 1
    of_each: dict[str, list[Lapse]] = defaultdict(list)
    for lapse in _within(lapses(known, law, day), period):
        of_each[lapse.department].append(lapse)
    return [
        Assessed(who, n, len(of_each[who]), sum(lapse.is_open for lapse in of_each[who]))
        for who, n in sorted(ended.items())
    ]


def _within(found: Iterable[Lapse], period: tuple[date, date]) -> Iterable[Lapse]:
    first, end = period
    return (lapse for lapse in found if first <= lapse.due_on + timedelta(days=1) < end)


def _counts(task: Task, law: Law, day: date, period: tuple[date, date]) -> bool:
    due = term_of(task, law)
    if due is None:
        return False
    late_since = due + timedelta(days=1)
    return late_since <= day and period[0] <= late_since < period[1]


def _had_to_act(task: Task, law: Law) -> bool:
    """Tell whether the action was in force to the last day of its term."""
    due = term_of(task, law)
    return due is not None and (task.state == ActionState.IN_FORCE or task.changed_on > due)


def _lapse(which: tuple[str, str], duty: Duty, law: Law, day: date) -> Lapse | None:
    task = duty.task
    due = None if task is None else term_of(task, law)
    if task is None or due is None or due >= day or not _had_to_act(task, law):
        return None
    reported_on, _ = answered(duty, task, law)
    if reported_on is not None and reported_on <= due:
        return None
    heard = reported_on is not None and reported_on <= day
    until = reported_on if heard and reported_on is not None else day
    return Lapse(
        department=body_of(task, law),
        due_on=due,
        action_id=which[1],
        subject=which[0],
        item_code=task.item_code,
        application_no=task.application_no,
        measure_id=task.measure_id,
        measure_title=task.measure_title,
        days_late=law.calendar.working_days_between(due, until),
        # What has ended since cannot be made good by a report.
        is_open=not heard and task.state == ActionState.IN_FORCE,
        reported_on=reported_on if heard else None,
    )
