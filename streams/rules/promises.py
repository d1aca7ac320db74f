"""Promises that a department accepted in place of documents (容缺受理、告知承诺; plan item 21).

An action `accept_with_gaps` or `offer_commitment` is **used** when its department reports it as
`executed`: from `started_on`, or else from the day of the report. The promise is **kept** when a
receipt says, in `ended_on`, that what was missing was there by its last day: `cure_working_days` of
the measure after it was used, ten where the measure names none. Otherwise it is **broken**
(commitment_breach) from the day after on, and the credit office is told; it alone may act on it,
and only after a decision document. The promise outlives its action: a later stage of the matter
withdraws the action, not what was promised.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from schemas.ids import identity
from schemas.measure import Effect
from streams.rules.duty import Law, Owed, answers_of, body_of, earliest

if TYPE_CHECKING:
    from schemas.followed import Duty

CURE_WORKING_DAYS = 10  # this city's default, as in i02-accept-with-gaps
_PARAMETER = "cure_working_days"
_PROMISED = frozenset({Effect.ACCEPT_WITH_GAPS.value, Effect.OFFER_COMMITMENT.value})


class Promise(NamedTuple):
    """A promise that was used: since when, by when to keep, and when kept (None: not yet)."""

    department: str
    used_on: date
    due_on: date
    done_on: date | None

    def state_on(self, day: date) -> str:
        """Return `kept`, `broken` or `running`, as known on *day*; kept late is broken."""
        if self.done_on is not None and self.done_on <= min(day, self.due_on):
            return "kept"
        return "broken" if day > self.due_on else "running"


def promise_of(duty: Duty, law: Law) -> Promise | None:
    """Return the promise that *duty* is about, if it is about one and it was used."""
    task = duty.task
    if task is None or task.effect not in _PROMISED:
        return None
    answers = answers_of(duty, task, law)
    used_on = earliest(a.used_on for a in answers)
    if used_on is None:
        return None
    due = law.calendar.add_working_days(used_on, _cure_days(task.measure_id, used_on, law)).day
    return Promise(body_of(task, law), used_on, due, earliest(a.done_on for a in answers))


def breach(duty: Duty, action_id: str, law: Law, day: date) -> Owed | None:
    """Return the breach that stands on *day*: until what was promised is there, however late."""
    promise = promise_of(duty, law)
    if promise is None or day <= promise.due_on:
        return None
    if promise.done_on is not None and promise.done_on <= day:
        return None
    name = identity(action_id, "commitment_breach", str(promise.due_on))
    return Owed(name, "commitment_breach", promise.due_on + timedelta(days=1), promise.due_on)


def looks(duty: Duty, law: Law) -> tuple[date, ...]:
    """Return the days on which a breach may begin or end by the passing of time alone."""
    promise = promise_of(duty, law)
    if promise is None:
        return ()
    begins = promise.due_on + timedelta(days=1)
    return (begins,) if promise.done_on is None else (begins, promise.done_on)


def is_open(duty: Duty, law: Law) -> bool:
    """Tell whether something is promised and not there yet."""
    promise = promise_of(duty, law)
    return promise is not None and promise.done_on is None


def _cure_days(measure_id: str, day: date, law: Law) -> int:
    measure = law.measure(measure_id)
    if measure is None or _PARAMETER not in measure.parameters:
        return CURE_WORKING_DAYS
    return measure.parameter_on(_PARAMETER, max(day, measure.valid_from))
