"""What officers are told: one alert for each decision that stops, and for what it brought."""

from schemas.decision import Verdict
from schemas.ids import identity
from schemas.lean import ActionData, AlertData, DecisionData
from streams.rules.masking import shown_code


def verdict_alert(
    subject: str, decision: DecisionData, actions: tuple[ActionData, ...], at: str
) -> AlertData | None:
    """Return the alert that a deny or a hold raises for its department, at once."""
    if decision.verdict == Verdict.PASS:
        return None
    named = [a for a in actions if a.polarity == "punish"]
    zh = "；".join([a.measure.title for a in named] or [r.zh for r in decision.reasons])
    en = ", ".join([a.measure.id for a in named]) or "; ".join([r.en for r in decision.reasons])
    who, no = shown_code(subject), decision.application_no
    if decision.verdict == Verdict.DENY:
        text_zh = f"{who} 的办件 {no} 命中强制性惩戒措施，不予通过（{zh}）。请依告知书送达当事人。"
        text_en = (
            f"Application {no} of {who} is denied by a mandatory measure ({en})."
            " Serve the notice on the party."
        )
    else:
        text_zh = f"{who} 的办件 {no} 需人工复核后方可办理（{zh}）。"
        text_en = f"Application {no} of {who} awaits a human review ({en})."
    return AlertData(
        alert_id=verdict_alert_id(decision.decision_id, decision.sequence, decision.verdict),
        kind=decision.verdict,
        urgency="now",
        department=decision.department,
        uscc=subject,
        action_id=named[0].action_id if named else None,
        decision_id=decision.decision_id,
        text_zh=text_zh,
        text_en=text_en,
        raised_at=at,
    )


def verdict_alert_id(decision_id: str, sequence: int, verdict: str) -> str:
    """Return the id of what `verdict_alert` returns."""
    return identity("alert", decision_id, str(sequence), verdict)


def reward_alert(subject: str, action: ActionData, at: str) -> AlertData:
    """Return the alert that tells a department of a reward it may give."""
    who, no, title = shown_code(subject), action.application_no, action.measure.title
    words = (
        f"{who} 的办件 {no} 可享受激励措施：{title}。",
        f"Application {no} of {who} earns {action.measure.id}.",
    )
    return about_action("reward", subject, action, at, words=words)


def action_alert_id(kind: str, action_id: str, revision: int, told: str = "") -> str:
    """Return the id of what `about_action` returns."""
    return identity("alert", action_id, str(revision), kind, *([told] if told else []))


def unsound_list_alert(list_code: str, partition: int, office: str, at: str) -> AlertData:
    """Return the alert that a list's count or digest differs from what is held."""
    return AlertData(
        alert_id=identity("stale_list", list_code, str(partition), at),
        kind="stale_list",
        urgency="now",
        department=office,
        uscc=None,
        action_id=None,
        decision_id=None,
        text_zh=f"名单 {list_code} 在分区 {partition} 的条目数或摘要不一致，请重新全量导入。",
        text_en=f"List {list_code}: count or digest differs in partition {partition};"
        " import it in full again.",
        raised_at=at,
    )


def lapsed_alert(list_code: str, generation: int, office: str, at: str) -> AlertData:
    """Return the alert that a list was not published within its promised interval."""
    return AlertData(
        alert_id=identity("stale_list", list_code, str(generation), "lapsed"),
        kind="stale_list",
        urgency="day",
        department=office,
        uscc=None,
        action_id=None,
        decision_id=None,
        text_zh=f"名单 {list_code} 逾期未发布，期间不自动限制、不给予激励；请督促提供单位。",
        text_en=f"List {list_code} was not published within its interval: nothing is blocked and no"
        " reward is given by it until it is; ask its provider.",
        raised_at=at,
    )


def wrong_place_alert(topic: str, where: str, office: str, at: str) -> AlertData:
    """Return the alert that a sender's partitioner or keys are wrong."""
    return AlertData(
        alert_id=identity("wrong_place", topic, where),
        kind="hold",
        urgency="now",
        department=office,
        uscc=None,
        action_id=None,
        decision_id=None,
        text_zh=f"{topic} {where} 的消息键或分区有误，已转入死信；更正后用 dlq replay 重放。",
        text_en=f"{topic} {where}: wrong key or partition, set aside; correct it, then dlq replay.",
        raised_at=at,
    )


def about_action(  # noqa: PLR0913  # an alert is about all of these
    kind: str,
    subject: str,
    action: ActionData,
    at: str,
    *,
    words: tuple[str, str],
    to: str | None = None,
    told: str = "",
) -> AlertData:
    """Return an alert about *action*, to its department or *to* another.

    *words*: Chinese, English. *told* tells alerts of one kind about one revision apart.
    """
    return AlertData(
        alert_id=action_alert_id(kind, action.action_id, action.revision, told),
        kind=kind,
        urgency="day" if kind == "reward" else "now",
        department=to or action.department,
        uscc=subject,
        action_id=action.action_id,
        decision_id=action.decision_id,
        text_zh=words[0],
        text_en=words[1],
        raised_at=at,
    )
