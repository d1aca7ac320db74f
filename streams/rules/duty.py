"""The duty to report back on one action (定期反馈): what is known of it, and what is owed on a day.

What is known only grows: messages are joined so that neither their order nor their repetition
matters. What is owed is derived from it for a day, never stored; so the same messages give the
same alerts, with the same ids, however and however often they came.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from schemas.action import ActionState
from schemas.followed import Answered, Duty, OwedKind, Task
from schemas.ids import identity
from schemas.times import legal_day
from streams.rules.receipt_term import TermLaw, began_on, counted_again

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.action import ActionData
    from schemas.receipt import ReceiptData
    from schemas.registry import Department, ListSpec
    from streams.rules.workdays import Workdays

REMIND_WORKING_DAYS = 2  # a reminder leaves a whole working day to act; no law fixes it
KEPT = timedelta(days=30)  # after its end an action may still be asked about; then it is forgotten
_FINAL = frozenset({ActionState.WITHDRAWN.value, ActionState.DISMISSED.value})


class Law(TermLaw, Protocol):
    """What of the catalogue follow-up rests on."""

    @property
    def lists(self) -> Mapping[str, ListSpec]:
        """The lists by code."""

    @property
    def departments(self) -> Mapping[str, Department]:
        """The departments by USCC."""

    def current_department(self, uscc: str) -> Department | None:
        """Return who holds the duties of a department now."""


class Owed(NamedTuple):
    """An alert that stands: since which day, about which term; its id is the same at every try."""

    alert_id: str
    kind: OwedKind
    since: date
    due_on: date


def task_of(action: ActionData, changed_at: datetime) -> Task:
    """Return what follow-up keeps of *action*, a revision that was told at *changed_at*."""
    day = legal_day(changed_at)
    return Task(
        revision=action.revision,
        state=action.state,
        polarity=action.polarity,
        effect=action.effect,
        department=action.department,
        item_code=action.item_code,
        application_no=action.application_no,
        decision_id=action.decision_id,
        measure_id=action.measure.id,
        measure_title=action.measure.title,
        changed_on=day,
        began_on=day,
        due_on=action.due_on,
        due_provisional=action.due_provisional,
    )


def answered_of(receipt: ReceiptData) -> Answered:
    """Return what follow-up keeps of *receipt*; it counts from the day it says (`at`)."""
    executed = receipt.outcome == "executed"
    return Answered(
        department=receipt.department,
        first_on=legal_day(receipt.at),
        at=receipt.at,
        receipt_id=receipt.receipt_id,
        outcome=receipt.outcome,
        reason_code=receipt.reason_code or "",
        served_on=None if receipt.served_at is None else legal_day(receipt.served_at),
        used_on=(receipt.started_on or legal_day(receipt.at)) if executed else None,
        done_on=receipt.ended_on if executed else None,
    )


def joined(one: Duty, other: Duty) -> Duty:
    """Return the duty that knows what both know, whichever of them came first."""
    answers: dict[str, Answered] = {}
    for answer in (*one.answers, *other.answers):
        before = answers.get(answer.department)
        answers[answer.department] = answer if before is None else _joined_answers(before, answer)
    ordered = tuple(answers[department] for department in sorted(answers))
    return Duty(_newer(one.task, other.task), ordered)


def body_of(task: Task, law: Law) -> str:
    """Return the USCC of the department that owes it now: who took over the duties, owes them."""
    current = law.current_department(task.department)
    return task.department if current is None else current.uscc


def due_of(duty: Duty, law: Law) -> date | None:
    """Return the last day of the term, None where nobody has to act."""
    task = duty.task
    if task is None or task.state != ActionState.IN_FORCE:
        return None
    return term_of(task, law)


def term_of(task: Task, law: Law) -> date | None:
    """Return the last day of the term of *task*, whether or not it still has to be kept.

    A term that ran into a year without a calendar is counted again as soon as there is one.
    """
    if task.due_on is not None and task.due_provisional:
        return counted_again(task.due_on, task.began_on, task.measure_id, law)
    return task.due_on


def answered(duty: Duty, task: Task, law: Law) -> tuple[date | None, date | None]:
    """Return the first day of a report and of a service by the department that owes them."""
    answers = answers_of(duty, task, law)
    return earliest(a.first_on for a in answers), earliest(a.served_on for a in answers)


def answers_of(duty: Duty, task: Task, law: Law) -> list[Answered]:
    """Return what was answered by the department asked, or by who holds its duties now."""
    heirs = {task.department, body_of(task, law)}
    return [a for a in duty.answers if a.department in heirs]


def earliest(days: Iterable[date | None]) -> date | None:
    """Return the first of the *days* that are known."""
    return min((day for day in days if day is not None), default=None)


def owed(duty: Duty, action_id: str, law: Law, day: date) -> tuple[Owed, ...]:
    """Return the alerts that stand on *day*; whoever raised others clears them.

    The last day of the term is `due_on` itself. A receipt of a department to which the action is
    not addressed answers nothing.
    """
    task, due = duty.task, due_of(duty, law)
    if task is None or due is None:
        return ()
    answered_on, served_on = answered(duty, task, law)
    late_since = due + timedelta(days=1)
    found: list[tuple[OwedKind, date]] = []
    if answered_on is None or answered_on > day:
        remind_on = _working_days_before(law.calendar, due, REMIND_WORKING_DAYS)
        if remind_on <= day <= due:
            found.append(("due_soon", remind_on))
        elif day > due:
            found.append(("overdue", late_since))
    served = served_on is not None and served_on <= day
    if task.polarity == "punish" and not served and day > due:
        found.append(("unserved", late_since))
    # The term is part of the id: a term that is counted again is another reminder.
    return tuple(
        Owed(identity(action_id, kind, str(due)), kind, since, due) for kind, since in found
    )


def looks(duty: Duty, law: Law) -> tuple[date, ...]:
    """Return the days on which what is owed may change by the passing of time alone.

    Beside those of the term: the days on which receipts that are dated in the future begin to
    count, and the day on which the duty may be forgotten.
    """
    forgotten_on = _forgotten_on(duty)
    task, due = duty.task, due_of(duty, law)
    if task is None or due is None:
        return () if forgotten_on is None else (forgotten_on,)
    remind_on = _working_days_before(law.calendar, due, REMIND_WORKING_DAYS)
    counted = [day for day in answered(duty, task, law) if day is not None]
    return remind_on, due + timedelta(days=1), *counted


def is_forgotten(duty: Duty, day: date) -> bool:
    """Tell whether nothing can come of *duty* any more: its action has ended, or never came."""
    forgotten_on = _forgotten_on(duty)
    return forgotten_on is not None and forgotten_on <= day


def _forgotten_on(duty: Duty) -> date | None:
    if duty.task is None:
        return max((a.first_on for a in duty.answers), default=date.min) + KEPT
    return duty.task.changed_on + KEPT if duty.task.state in _FINAL else None


def _newer(one: Task | None, other: Task | None) -> Task | None:
    if one is None or other is None:
        return one or other
    older, newer = sorted((one, other), key=lambda task: task.revision)
    began = began_on(newer.due_on, newer.began_on, (older.due_on, older.began_on))
    return newer if began == newer.began_on else replace(newer, began_on=began)


def _joined_answers(one: Answered, other: Answered) -> Answered:
    return replace(
        max(one, other, key=lambda a: (a.at, a.receipt_id)),
        first_on=min(one.first_on, other.first_on),
        served_on=earliest(a.served_on for a in (one, other)),
        used_on=earliest(a.used_on for a in (one, other)),
        done_on=earliest(a.done_on for a in (one, other)),
    )


def _working_days_before(calendar: Workdays, day: date, n: int) -> date:
    while n:
        day -= timedelta(days=1)
        n -= calendar.is_workday(day)
    return day
