"""What a review would do to an action, told before it is written: by the trigger's own rules."""

from datetime import datetime
from typing import Literal

from schemas.action import ActionState
from schemas.lean import ActionData
from schemas.times import format_instant, legal_day
from streams.rules.catalogue import Catalogue
from streams.rules.deadlines import receipt_due
from streams.rules.transitions import (
    Moved,
    NotNow,
    Step,
    confirm,
    dismiss,
    mark_objection,
    overturn,
    uphold,
)

Outcome = Literal["confirm", "dismiss", "object", "uphold", "overturn"]


def foresee(outcome: Outcome, action: ActionData, catalogue: Catalogue, *, at: datetime) -> Step:
    """Return what *outcome*, recorded at *at*, makes of *action*; a refusal where it cannot be.

    Source: contracts D. Raises: LookupError if a confirm names a measure that *catalogue* lacks:
    nobody could tell how many eyes it takes.
    """
    match outcome:
        case "confirm":
            measure = catalogue.measure(action.measure.id)
            if measure is None:
                raise LookupError(action.measure.id)
            return confirm(action, receipt_due(catalogue.calendar, measure, legal_day(at)))
        case "dismiss":
            return dismiss(action)
        case "object":
            return _mark(action, format_instant(at))
        case "uphold":
            return uphold(action)
        case "overturn":
            return overturn(action)


def lacks_second_reviewer(
    outcome: Outcome, action: ActionData, catalogue: Catalogue, second_reviewer: str | None
) -> bool:
    """Tell whether the action's measure wants four eyes for *outcome* and has two.

    What bears on the organisation needs two different reviewers; what relieves it does not.
    """
    measure = catalogue.measure(action.measure.id)
    four_eyes = measure is not None and measure.four_eyes
    return four_eyes and outcome == "confirm" and second_reviewer is None


def _mark(action: ActionData, marked_at: str) -> Step:
    """Mark an objection, but not one that is open already: its first day counts."""
    step = mark_objection(action, marked_at)
    is_open = action.objection is not None and action.objection.outcome is None
    if is_open and isinstance(step, Moved):
        return NotNow(step.action.action_id, ActionState(action.state))
    return step
