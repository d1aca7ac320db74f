"""What becomes of a live action when the entry that it rests on changes, or a mask comes or goes.

Source: 国办发〔2020〕49号 (六)-(八), 信用修复管理办法(国家发展改革委令第36号): who is off the list
is free of its measures at once; 发改财金规〔2017〕1798号 (十九): no rewards while on a serious or
focus list.
"""

from datetime import date

from msgspec.structs import replace

from schemas.action import ActionState
from schemas.lean import ActionData, EntryRef, KnownEntry
from schemas.list_change import RemovalReason
from schemas.measure import Polarity
from streams.rules.catalogue import Catalogue
from streams.rules.deadlines import receipt_due, review_due
from streams.rules.ground import Ground, Scene, key_of_action
from streams.rules.issuing import Case
from streams.rules.matching import Match
from streams.rules.matter import LIVE
from streams.rules.notice import notice_for, wording_of
from streams.rules.reasons import ReasonCode
from streams.rules.term import until_of
from streams.rules.transitions import (
    Moved,
    WithdrawalReason,
    amend_term,
    resume,
    suspend,
    withdraw,
)


def settle(action: ActionData, ground: Ground, scene: Scene) -> Moved | None:
    """Return the move that the lists of today ask of *action*, None where it stays as it is.

    One move at most: a suspension, or the return from it, carries the entry's newest term along.
    """
    if action.state not in LIVE:
        return None
    entry = scene.known.get((action.entry.list_code, action.entry.entry_id))
    match = ground.resting.get(key_of_action(action))
    ending = _ending(action, entry, match, ground, scene)
    if entry is None or ending is not None:
        gone = withdraw(action, ending or RemovalReason.CORRECTED.value)
        return gone if isinstance(gone, Moved) else None
    renewed = _renewed(action, entry, match, ground.case)
    masked = action.polarity == Polarity.REWARD and bool(ground.joined.masking)
    if (entry.suspended or masked) != (action.state == ActionState.SUSPENDED):
        return _turned(renewed, entry, scene, masked=masked)
    if renewed is action:
        return None
    amended = amend_term(action, entry=renewed.entry, until=renewed.until, notice=renewed.notice)
    return amended if isinstance(amended, Moved) else None


def _turned(action: ActionData, entry: KnownEntry, scene: Scene, *, masked: bool) -> Moved | None:
    """Return *action* suspended where its entry is or a mask hides it, else resumed."""
    if entry.suspended:
        step = suspend(action, ReasonCode.ENTRY_SUSPENDED.value)
    elif masked:
        step = suspend(action, ReasonCode.REWARD_MASKED.value)
    else:
        was_masked = action.reason == ReasonCode.REWARD_MASKED
        why = ReasonCode.MASK_GONE if was_masked else ReasonCode.ENTRY_RESUMED
        step = resume(_with_clock_restarted(action, scene), why.value)
    return step if isinstance(step, Moved) else None


def _ending(
    action: ActionData,
    entry: KnownEntry | None,
    match: Match | None,
    ground: Ground,
    scene: Scene,
) -> WithdrawalReason | None:
    """Return why *action* has nothing to rest on any more, or None."""
    if entry is None:
        return "corrected"
    change, day = entry.change, scene.as_of.day
    if change.removal_reason == RemovalReason.ANNULLED.value:
        return "annulled"
    if change.removed_on is not None and change.removed_on <= day:
        return change.removal_reason
    if change.effective_until is not None and change.effective_until <= day:
        return "expired"
    if match is not None or ground.case is None:
        return None
    return "expired" if _ran_out(action, entry, scene.catalogue, day) else "corrected"


def _ran_out(action: ActionData, entry: KnownEntry, catalogue: Catalogue, day: date) -> bool:
    """Tell whether the measure, or its own term, is over; else the entry was corrected."""
    measure = catalogue.measure(action.measure.id)
    if measure is None or entry.change.effective_from > day:
        return False
    if measure.valid_until is not None and measure.valid_until <= day:
        return True
    until = until_of(measure, entry.change)
    return until is not None and until <= day


def _renewed(
    action: ActionData, entry: KnownEntry, match: Match | None, case: Case | None
) -> ActionData:
    """Return *action* with the entry's newest revision and term; itself where both are the same."""
    change = entry.change
    ref = EntryRef(change.list_code, change.entry_id, change.revision)
    until = action.until if match is None else match.until
    if ref == action.entry and until == action.until:
        return action
    if match is None or case is None:
        return replace(action, entry=ref)
    notice = notice_for(
        wording_of(match.candidate.measure, action.legal_basis),
        change,
        match.entry.spec,
        case.place.department,
        case.event.data,
        uscc=case.event.subject,
        from_=action.from_,
        until=until,
        awaiting=ActionState.AWAITING_REVIEW in {action.state, action.resumes_to},
    )
    return replace(action, entry=ref, until=until, notice=notice)


def _with_clock_restarted(action: ActionData, scene: Scene) -> ActionData:
    """Return a suspended *action* with its deadline counted from today, never an earlier one.

    Nobody could act while it was suspended: a review must not lapse on the day after.
    """
    measure = scene.catalogue.measure(action.measure.id)
    if measure is None:
        return action
    calendar, day = scene.catalogue.calendar, scene.as_of.day
    if action.review_due_on is not None:
        due = review_due(calendar, measure, day)
        if due.day > action.review_due_on:
            return replace(action, review_due_on=due.day, due_provisional=due.provisional)
    elif action.due_on is not None:
        due = receipt_due(calendar, measure, day)
        if due.day > action.due_on:
            return replace(action, due_on=due.day, due_provisional=due.provisional)
    return action
