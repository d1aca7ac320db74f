"""What an officer's review does to the action that it names, and to the decision behind it.

Source: contracts D. Discretion is used by a human; an objection is marked at once and answered
(国办发〔2020〕49号 (八)); whoever confirms under four eyes does not stand alone.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from schemas.action import ActionState
from schemas.lean import ActionData, EntryRef, Matter, ReviewData
from schemas.measure import Measure
from streams.rules.action_reasons import reasons_of
from streams.rules.again import DecidedAgain, actions_of, matter_after
from streams.rules.catalogue import Catalogue
from streams.rules.deadlines import receipt_due
from streams.rules.ground import ground_of, key_of_action, scene_of
from streams.rules.matter import LIVE
from streams.rules.move_notice import with_notice
from streams.rules.notice import measure_of
from streams.rules.outcome import AsOf
from streams.rules.reasons import ReasonCode, in_order
from streams.rules.transitions import (
    Moved,
    NotNow,
    Step,
    TooLate,
    confirm,
    dismiss,
    mark_objection,
    overturn,
    uphold,
)
from streams.rules.verdict import verdict_of


class RefusalCode(StrEnum):
    """Why a review is answered with an alert and not applied."""

    UNKNOWN_ACTION = "unknown-action"
    TOO_LATE = "too-late"
    NOT_NOW = "not-now"
    FOUR_EYES = "four-eyes"
    UNKNOWN_MEASURE = "unknown-measure"


REFUSAL_WORDS: Mapping[RefusalCode, tuple[str, str]] = MappingProxyType(
    {
        RefusalCode.UNKNOWN_ACTION: (
            "复核所指的措施不存在，未作处理；请核对措施编号和主体",
            "no such action, nothing was done; check the action id and the organisation",
        ),
        RefusalCode.TOO_LATE: (
            "措施已经撤回或者不予采取，复核未作处理；无需再办",
            "the action was withdrawn or dismissed before, nothing was done; nothing is left to do",
        ),
        RefusalCode.NOT_NOW: (
            "措施当前状态不能作此复核，未作处理；请先查看其最新状态",
            "not a review that its state allows, nothing was done; look at its newest state first",
        ),
        RefusalCode.FOUR_EYES: (
            "本措施须由两名不同人员复核确认，未作处理；请补充第二复核人后重新提交",
            "two different reviewers have to confirm it, nothing was done; send it again with both",
        ),
        RefusalCode.UNKNOWN_MEASURE: (
            "措施已不在现行目录内，不能确认；请不予采取，或者恢复目录后重新提交",
            "the catalogue no longer has the measure: dismiss the action, or restore the measure",
        ),
    }
)


class Refused(Struct, frozen=True):
    """A review that was not applied; `action` as it stands, None where there is no such action."""

    code: RefusalCode
    action: ActionData | None


class Reviewed(Struct, frozen=True):
    """What a review brings: its move with the decision made again, or a refusal.

    A refused one leaves `matter` as it was; alert `too_late` with `REFUSAL_WORDS` is due.
    """

    matter: Matter
    moved: Moved | None = None
    decision: DecidedAgain | None = None
    refused: Refused | None = None


def review(
    matter: Matter, told: ReviewData, catalogue: Catalogue, *, as_of: AsOf, subject: str
) -> Reviewed:
    """Return what the review *told* does to *matter* of *subject* (USCC).

    The decision is made again from the actions as they stand; entries are not matched again.
    """
    action = next((a for a in matter.actions if a.action_id == told.action_id), None)
    if action is None:
        return Reviewed(matter, refused=Refused(RefusalCode.UNKNOWN_ACTION, None))
    step = _step(action, told, catalogue, as_of)
    match step:
        case Moved():
            step = with_notice(step, catalogue, as_of.day)
            decision = _decided(step, matter, catalogue, as_of, subject)
            decisions = () if decision is None else (decision,)
            after = matter_after(matter, (step,), decisions=decisions)
            return Reviewed(after, moved=step, decision=decision)
        case TooLate():
            code = RefusalCode.TOO_LATE
        case NotNow():
            code = RefusalCode.NOT_NOW
        case RefusalCode():
            code = step
    return Reviewed(matter, refused=Refused(code, action))


def _step(
    action: ActionData, told: ReviewData, catalogue: Catalogue, as_of: AsOf
) -> Step | RefusalCode:
    """Return the move that the review asks for, or why it cannot be made."""
    match told.outcome:
        case "confirm":
            return _confirmed(action, told, catalogue, as_of)
        case "dismiss":
            return dismiss(action, ReasonCode.REVIEW_DISMISSED.value)
        case "object":
            already = action.objection is not None and action.objection.outcome is None
            # Marked once: another mark would make the time to answer start anew.
            return RefusalCode.NOT_NOW if already else mark_objection(action, told.at)
        case "uphold":
            return uphold(action)
        case "overturn":
            return overturn(action)


def _confirmed(
    action: ActionData, told: ReviewData, catalogue: Catalogue, as_of: AsOf
) -> Step | RefusalCode:
    """Return the action in force, its receipt due, its notice no longer speaking of a review."""
    measure = catalogue.measure(action.measure.id)
    if measure is None:
        state = ActionState(action.state)
        return RefusalCode.UNKNOWN_MEASURE if state in LIVE else TooLate(action.action_id, state)
    receipt = receipt_due(catalogue.calendar, measure, as_of.day)
    step = confirm(action, receipt, ReasonCode.REVIEW_CONFIRMED.value)
    if not isinstance(step, Moved):
        return step
    if measure.four_eyes and not _two_people(told):
        return RefusalCode.FOUR_EYES
    return _with_final_notice(step, measure)


def _with_final_notice(step: Moved, measure: Measure) -> Moved:
    notice = replace(step.action.notice, measure=measure_of(measure, awaiting=False))
    return replace(step, action=replace(step.action, notice=notice))


def _two_people(told: ReviewData) -> bool:
    second = told.second_reviewer
    return second is not None and _staff(second) != _staff(told.reviewer)


def _staff(reviewer: str) -> str:
    """Return a staff id as it is compared: the same person does not become two by a blank."""
    return reviewer.strip().casefold()


def _decided(
    step: Moved, matter: Matter, catalogue: Catalogue, as_of: AsOf, subject: str
) -> DecidedAgain | None:
    """Return the decision behind the moved action, made again from its actions as they stand."""
    ref = step.action.event
    event = next((e for e in matter.events if (e.source, e.id) == (ref.source, ref.id)), None)
    if event is None:
        return None
    own = actions_of(event, matter_after(matter, (step,)))
    actions = tuple(sorted(own, key=key_of_action))
    ground = ground_of(event, scene_of((), catalogue, as_of, subject))
    place = None if ground.case is None else ground.case.place
    verdict = verdict_of(actions, place, as_of.standing, day=as_of.day)
    entries = sorted({(a.entry.list_code, a.entry.entry_id, a.entry.revision) for a in actions})
    return DecidedAgain(
        event=replace(event, sequence=event.sequence + 1, verdict=verdict.value),
        data=ground.data,
        reasons=in_order([*ground.quiet, *reasons_of(actions, catalogue)]),
        entries=tuple(EntryRef(*entry) for entry in entries),
        actions=actions,
    )
