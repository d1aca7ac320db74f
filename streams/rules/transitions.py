"""How an action moves from state to state (contracts D), as pure functions over `ActionData`.

Each move gives a new revision and the change that its message tells, or a closed refusal. Nothing
here decides whether a move is due: that is for whoever knows the list, the review or the day.
"""

from datetime import date
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from schemas.action import ActionChange, ActionState
from schemas.lean import ActionData, EntryRef, Notice, Objection
from schemas.measure import Force
from streams.rules.matter import LIVE
from streams.rules.workdays import Deadline

WithdrawalReason = Literal[
    "repaired", "expired", "annulled", "corrected", "early", "superseded", "overturned"
]


class Moved(Struct, frozen=True):
    """The action after its move, and the change that its message tells."""

    action: ActionData
    change: ActionChange


class TooLate(Struct, frozen=True):
    """The action was withdrawn or dismissed before: it stays so, and alert `too_late` is due."""

    action_id: str
    state: ActionState


class NotNow(Struct, frozen=True):
    """The action is live, but this move does not start from its state; nothing changes."""

    action_id: str
    state: ActionState


class Overdue(Struct, frozen=True):
    """A mandatory action whose review is overdue waits on; alert `overdue` is due every day."""

    action_id: str


Step = Moved | TooLate | NotNow


def confirm(action: ActionData, receipt: Deadline, reason: str | None = None) -> Step:
    """Return the action in force after an officer confirmed it; *receipt*: when its receipt is due.

    What was proposed becomes its effect: a confirmed refer is a block. *reason* takes the place of
    its own, if given.
    """
    if action.state != ActionState.AWAITING_REVIEW:
        return _refused(action)
    return Moved(
        replace(
            action,
            revision=action.revision + 1,
            state=ActionState.IN_FORCE.value,
            effect=action.proposed_effect or action.effect,
            due_on=receipt.day,
            due_provisional=receipt.provisional,
            review_due_on=None,
            reason=reason or action.reason,
        ),
        ActionChange.CONFIRMED,
    )


def dismiss(action: ActionData, reason: str | None = None) -> Step:
    """Return the action dismissed by an officer; *reason* takes the place of its own, if given."""
    if action.state != ActionState.AWAITING_REVIEW:
        return _refused(action)
    return _moved(action, ActionState.DISMISSED, ActionChange.DISMISSED, reason or action.reason)


def lapse(action: ActionData, day: date) -> Step | Overdue:
    """Return what *day* does to a review that nobody held; the due day itself is still in time.

    Discretion that is not used in time is not used: dismissed. What the law commands waits on.
    """
    if action.state != ActionState.AWAITING_REVIEW:
        return _refused(action)
    if action.review_due_on is None or day <= action.review_due_on:
        return NotNow(action.action_id, ActionState(action.state))
    if action.force == Force.MANDATORY:
        return Overdue(action.action_id)
    return _moved(action, ActionState.DISMISSED, ActionChange.DISMISSED, "review-lapsed")


def suspend(action: ActionData, reason: str) -> Step:
    """Return the action suspended: its entry is, or a serious or focus entry masks the reward."""
    if action.state not in {ActionState.IN_FORCE, ActionState.AWAITING_REVIEW}:
        return _refused(action)
    suspended = replace(
        action,
        revision=action.revision + 1,
        state=ActionState.SUSPENDED.value,
        resumes_to=action.state,
        reason=reason,
    )
    return Moved(suspended, ActionChange.SUSPENDED)


def resume(action: ActionData, reason: str) -> Step:
    """Return the action back in the state that it was suspended from."""
    if action.state != ActionState.SUSPENDED or action.resumes_to is None:
        return _refused(action)
    resumed = replace(
        action,
        revision=action.revision + 1,
        state=action.resumes_to,
        resumes_to=None,
        reason=reason,
    )
    return Moved(resumed, ActionChange.RESUMED)


def withdraw(action: ActionData, reason: WithdrawalReason) -> Moved | TooLate:
    """Return the action withdrawn for *reason*; any live action can be."""
    if action.state not in LIVE:
        return TooLate(action.action_id, ActionState(action.state))
    return _moved(action, ActionState.WITHDRAWN, ActionChange.WITHDRAWN, reason)


def amend_term(
    action: ActionData, *, entry: EntryRef, until: date | None, notice: Notice
) -> Moved | TooLate:
    """Return the action with the term of the amended *entry* (`until` exclusive) and its notice."""
    if action.state not in LIVE:
        return TooLate(action.action_id, ActionState(action.state))
    amended = replace(action, revision=action.revision + 1, entry=entry, until=until, notice=notice)
    return Moved(amended, ActionChange.AMENDED)


def mark_objection(action: ActionData, marked_at: str) -> Moved | TooLate:
    """Return the action marked 异议处理中 since *marked_at* (RFC 3339); it stays as it is."""
    if action.state not in LIVE:
        return TooLate(action.action_id, ActionState(action.state))
    marked = replace(action, revision=action.revision + 1, objection=Objection(marked_at))
    return Moved(marked, ActionChange.AMENDED)


def uphold(action: ActionData) -> Step:
    """Return the action with its open objection answered: upheld, and going on as it was."""
    if action.state not in LIVE or action.objection is None or action.objection.outcome is not None:
        return _refused(action)
    answered = replace(
        action,
        revision=action.revision + 1,
        objection=replace(action.objection, outcome="upheld"),
    )
    return Moved(answered, ActionChange.AMENDED)


def overturn(action: ActionData) -> Moved | TooLate:
    """Return the action withdrawn by a human, an automatic block too; an objection is answered."""
    if action.state not in LIVE:
        return TooLate(action.action_id, ActionState(action.state))
    if action.objection is not None and action.objection.outcome is None:
        action = replace(action, objection=replace(action.objection, outcome="overturned"))
    return withdraw(action, "overturned")


def _moved(
    action: ActionData, state: ActionState, change: ActionChange, reason: str | None
) -> Moved:
    moved = replace(
        action,
        revision=action.revision + 1,
        state=state.value,
        resumes_to=None,
        reason=reason,
    )
    return Moved(moved, change)


def _refused(action: ActionData) -> TooLate | NotNow:
    state = ActionState(action.state)
    refusal = NotNow if state in LIVE else TooLate
    return refusal(action.action_id, state)
