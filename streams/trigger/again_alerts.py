"""What officers are told of a matter that was decided again, and of a review that was not applied.

A suspension, a return and an amendment are told under the kind that fits what the officer has to
do: stop (`hold`, `deny`), let go on (`withdrawn`) or grant (`reward`).
"""

from collections.abc import Iterable, Iterator
from datetime import date

from schemas.action import ActionChange, ActionState
from schemas.ids import identity
from schemas.lean import ActionData, AlertData, DecisionData, ReviewData
from schemas.measure import Effect, Polarity
from streams.rules.masking import shown_code
from streams.rules.reasons import words_of
from streams.trigger.alerts import about_action, verdict_alert_id

RELEASED = "released"  # in the place of a verdict, in the id of an alert
_MOVED = {
    ActionChange.CONFIRMED: ("经复核确认", "confirmed"),
    ActionChange.DISMISSED: ("不予采取", "dismissed"),
    ActionChange.SUSPENDED: ("中止", "suspended"),
    ActionChange.RESUMED: ("恢复", "resumed"),
    ActionChange.AMENDED: ("变更", "amended"),
    ActionChange.WITHDRAWN: ("撤回", "withdrawn"),
    ActionChange.ISSUED: ("采取", "issued"),
}


def moved_alert(subject: str, action: ActionData, change: ActionChange, at: str) -> AlertData:
    """Return the alert that an action moved, with the reason."""
    zh, en = _MOVED[change]
    why_zh, why_en = words_of(action.reason)
    who, no, title = shown_code(subject), action.application_no, action.measure.title
    marked = action.objection is not None and action.objection.outcome is None
    objected = ("，异议处理中", ", an objection is open") if marked else ("", "")
    because = f" ({why_en})" if why_en else ""
    words = (
        f"{who} 的办件 {no}：措施“{title}”{zh}{f'（{why_zh}）' if why_zh else ''}{objected[0]}。",
        f"Application {no} of {who}: {action.measure.id} is {en}{because}{objected[1]}.",
    )
    return about_action(_kind_of(action), subject, action, at, words=words)


def released_alert(subject: str, decision: DecisionData, at: str) -> AlertData:
    """Return the alert that nothing stands against a matter any more."""
    who, no = shown_code(subject), decision.application_no
    return AlertData(
        alert_id=verdict_alert_id(decision.decision_id, decision.sequence, RELEASED),
        kind="withdrawn",
        urgency="now",
        department=decision.department,
        uscc=subject,
        action_id=None,
        decision_id=decision.decision_id,
        text_zh=f"{who} 的办件 {no} 已无需暂缓或者拒绝，可以继续办理。",
        text_en=f"Application {no} of {who} is released: nothing stands against it any more.",
        raised_at=at,
    )


def remedy_alerts(
    subject: str, actions: Iterable[ActionData], office: str, at: str
) -> Iterator[AlertData]:
    """Yield the alerts that a past action rested on a listing that never was, to both concerned."""
    for action in actions:
        who, no, title = shown_code(subject), action.application_no, action.measure.title
        words = (
            f"{who} 的办件 {no}：措施“{title}”所依据的列入已被撤销，请采取补救措施并告知当事人。",
            f"{who}, {no}: {action.measure.id} rested on an annulled listing; make it good.",
        )
        yield from _to_both("remedy", subject, action, office, at, words=words)


def overdue_alerts(
    subject: str, actions: Iterable[ActionData], office: str, day: date, at: str
) -> Iterator[AlertData]:
    """Yield the alerts of *day* that the review of a mandatory action is overdue, to both."""
    for action in actions:
        who, no, title = shown_code(subject), action.application_no, action.measure.title
        due = action.review_due_on
        words = (
            f"{who} 的办件 {no}：法定措施“{title}”应于 {due} 前复核，已逾期。",
            f"{who}, {no}: {action.measure.id} is mandatory; its review was due on {due}.",
        )
        told = day.isoformat()
        yield from _to_both("overdue", subject, action, office, at, words=words, told=told)


def refused_alert(
    subject: str, told: ReviewData, action: ActionData | None, words: tuple[str, str], at: str
) -> AlertData:
    """Return the answer to a review that was not applied, to the reviewer's department."""
    who = shown_code(subject)
    return AlertData(
        alert_id=identity("alert", told.review_id, told.action_id, "too_late"),
        kind="too_late",
        urgency="now",
        department=told.reviewer_department,
        uscc=subject,
        action_id=None if action is None else action.action_id,
        decision_id=None if action is None else action.decision_id,
        text_zh=f"{who}：{words[0]}。",
        text_en=f"{who}: {words[1]}.",
        raised_at=at,
    )


def _kind_of(action: ActionData) -> str:
    """Return what an officer has to do about *action* as it stands now."""
    if action.state not in {ActionState.IN_FORCE, ActionState.AWAITING_REVIEW}:
        return "withdrawn"
    if action.polarity == Polarity.REWARD:
        return "reward"
    denies = action.effect == Effect.BLOCK and action.state == ActionState.IN_FORCE
    return "deny" if denies else "hold"


def _to_both(  # noqa: PLR0913  # as for about_action
    kind: str,
    subject: str,
    action: ActionData,
    office: str,
    at: str,
    *,
    words: tuple[str, str],
    told: str = "",
) -> Iterator[AlertData]:
    """Yield one alert to the action's department and one to the credit office, once each."""
    for department in dict.fromkeys((action.department, office)):
        yield about_action(
            kind, subject, action, at, words=words, to=department, told=f"{told}/{department}"
        )
