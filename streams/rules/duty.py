"""The duty to report back on one action (定期反馈): what is known of it, and what is owed on a day.

What is known only grows: messages are joined so that neither their order nor their repetition
matters. What is owed is derived from it for a day, never stored; so the same messages give the
same alerts, with the same ids, however and however often they came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from schemas.ids import identity
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from schemas.action import ActionData
    from schemas.receipt import ReceiptData
    from streams.rules.workdays import Workdays

REMIND_WORKING_DAYS = 2  # a reminder leaves a whole working day to act; no law fixes it

Kind = Literal["due_soon", "overdue", "unserved"]


class Answer(NamedTuple):
    """One receipt, as far as the duty needs it; ordered by when the department says it was."""

    at: datetime
    receipt_id: str
    outcome: str
    reason_code: str  # "" where the receipt gives none
    served_at: datetime | None


class Owed(NamedTuple):
    """An alert that stands: since which day, about what; its id is the same at every try."""

    alert_id: str
    kind: Kind
    since: date


@dataclass(frozen=True, slots=True)
class Duty:
    """What is known about one action: its newest revision, and every receipt.

    `action` is None while receipts have overtaken it.
    """

    action: ActionData | None = None
    answers: frozenset[Answer] = frozenset()

    def with_action(self, action: ActionData) -> Duty:
        """Return the duty that knows *action* too; an older revision changes nothing."""
        if self.action is not None and action.revision <= self.action.revision:
            return self
        return replace(self, action=action)

    def with_receipt(self, receipt: ReceiptData) -> Duty:
        """Return the duty that knows *receipt* too.

        Who may send it is the caller's matter, and that it is of this action.
        """
        answer = Answer(
            receipt.at,
            receipt.receipt_id,
            receipt.outcome,
            receipt.reason_code or "",
            receipt.served_at,
        )
        return replace(self, answers=self.answers | {answer})

    @property
    def outcome(self) -> Answer | None:
        """The newest receipt, which is what counts; None while there is none."""
        return max(self.answers, key=lambda one: (one.at, one.receipt_id), default=None)

    @property
    def is_waiting(self) -> bool:
        """Whether the department has to act: an action in force that says by when."""
        action = self.action
        return action is not None and action.state == "in_force" and action.due_on is not None

    def owed(self, calendar: Workdays, day: date) -> tuple[Owed, ...]:
        """Return the alerts that stand on *day*, a day in Shanghai; the caller clears the others.

        The last day of the term is `due_on` itself. A receipt counts from the day it says (`at`),
        so one that arrives late clears what was raised in the meantime.
        """
        action = self.action
        if not self.is_waiting or action is None or action.due_on is None:
            return ()
        due = action.due_on
        answered = any(_day(one.at) <= day for one in self.answers)
        served = any(one.served_at and _day(one.served_at) <= day for one in self.answers)
        late_since = due + timedelta(days=1)
        found: list[Owed] = []
        if not answered:
            remind_on = _working_days_before(calendar, due, REMIND_WORKING_DAYS)
            if remind_on <= day <= due:
                found.append(_owed(action, "due_soon", remind_on))
            elif day > due:
                found.append(_owed(action, "overdue", late_since))
        if action.polarity == "punish" and not served and day > due:
            found.append(_owed(action, "unserved", late_since))
        return tuple(found)

    def looks(self, calendar: Workdays) -> tuple[date, ...]:
        """Return the days on which something may become owed by the passing of time alone."""
        action = self.action
        if not self.is_waiting or action is None or action.due_on is None:
            return ()
        remind_on = _working_days_before(calendar, action.due_on, REMIND_WORKING_DAYS)
        return remind_on, action.due_on + timedelta(days=1)


def _owed(action: ActionData, kind: Kind, since: date) -> Owed:
    # The term is part of the id: a term that is counted again is another reminder.
    return Owed(identity(action.action_id, kind, str(action.due_on)), kind, since)


def _working_days_before(calendar: Workdays, day: date, n: int) -> date:
    while n:
        day -= timedelta(days=1)
        n -= calendar.is_workday(day)
    return day


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
