"""What became of one action in a period, as a line that adds up with those of other actions.

What became of it is told as of the end of the period: a receipt that comes later, or corrects an
earlier one, is told in the period in which it came.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from streams.rules.feedback_facts import NEVER, NO_OBJECTION, Answer, Change, day_of
from streams.rules.receipt_term import TermLaw, began_on, counted_again

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass
class Line:
    """What became of the actions of one measure, version and effect; or of several such."""

    totals: Counter[str] = field(default_factory=Counter)
    not_executed: Counter[str] = field(default_factory=Counter)
    withdrawn: Counter[str] = field(default_factory=Counter)
    minutes: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything is counted in it."""
        return any((self.totals, self.not_executed, self.withdrawn))

    def add(self, other: "Line") -> None:
        """Add what *other* holds."""
        self.totals += other.totals
        self.not_executed += other.not_executed
        self.withdrawn += other.withdrawn
        self.minutes += other.minutes


def with_terms(history: Sequence[Change], law: TermLaw) -> Sequence[Change]:
    """Return *history*, the first revision first, its provisional terms counted again by *law*."""
    if not any(change.due_provisional for change in history):
        return history
    found: list[Change] = []
    told = NEVER, date.max
    for change in history:
        told = change.due_on, began_on(change.due_on, day_of(change.at), told)
        if change.due_provisional:
            change = replace(change, due_on=counted_again(*told, change.measure_id, law))  # noqa: PLW2901 - the same revision
        found.append(change)
    return found


def line_of(history: Sequence[Change], answers: Iterable[Answer], first: date, end: date) -> Line:
    """Return what became of one action in the days from *first* to *end* (exclusive).

    *history*: its revisions `with_terms`, the first one first; *answers*: those of its own
    department, in any order, later ones than the period too.
    """
    line = Line()
    for change in history:
        if not first <= day_of(change.at) < end:
            continue
        if change.change in ("issued", "confirmed", "dismissed"):
            line.totals[change.change] += 1
        elif change.change == "withdrawn":
            line.withdrawn[change.reason] += 1
    marks = (c.objection_at for c in history if c.objection_at != NO_OBJECTION)
    if any(first <= day_of(mark) < end for mark in marks):
        line.totals["objections_marked"] += 1
    known = sorted((a for a in answers if day_of(a.at) < end), key=_by_time)
    if known and day_of(known[-1].at) >= first:
        _count_answer(history[0], known[-1], line)
    _count_term(history, known, first, end, line)
    return line


def owed_on(change: Change) -> date | None:
    """Return the first day on which an answer would be overdue if *change* held until then.

    *change* is one of a history `with_terms`.
    """
    if change.state != "in_force" or change.due_on == NEVER:
        return None
    return max(change.due_on, day_of(change.at)) + _DAY


def _by_time(answer: Answer) -> tuple[object, ...]:
    return answer.at, answer.receipt_id, answer


def _count_answer(issued: Change, answer: Answer, line: Line) -> None:
    """Count the answer that stands at the end of the period."""
    if answer.outcome == "executed":
        line.totals["executed"] += 1
        # A clock of the department that is behind ours must not make time negative.
        line.minutes.append(max((answer.at - issued.at) // _MINUTE, 0))
    elif answer.outcome == "not_executed":
        line.not_executed[answer.reason_code] += 1
    else:
        line.totals["answered_other"] += 1


def _count_term(
    history: Sequence[Change], answers: list[Answer], first: date, end: date, line: Line
) -> None:
    """Count whether the first answer came in its term, or the term passed without one.

    The term is `due_on`, in working days as the trigger set it, or as counted again once the
    calendar was published. An action that was not in force on that day owed no answer.
    """
    if answers:
        answered_on = day_of(answers[0].at)
        known = [change for change in history if day_of(change.at) <= answered_on]
        # Before the first by a clock that is behind ours: then the term is that of the issue.
        due_on = (known or history[:1])[-1].due_on
        if first <= answered_on < end and due_on != NEVER:
            line.totals["in_time" if answered_on <= due_on else "late"] += 1
    missed_on = _missed_on(history, answers)
    if missed_on is not None and first <= missed_on < end:
        line.totals["overdue"] += 1


def _missed_on(history: Sequence[Change], answers: list[Answer]) -> date | None:
    """Return the first day on which an answer was overdue; an action is overdue once."""
    for change, after in zip(history, [*history[1:], None], strict=True):
        missed_on = owed_on(change)
        if missed_on is None or (after is not None and day_of(after.at) < missed_on):
            continue  # nothing was owed, or by then another revision says what holds
        answered = bool(answers) and day_of(answers[0].at) < missed_on
        return None if answered else missed_on
    return None
