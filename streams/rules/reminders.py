"""The words of follow-up: what a department still owes about an action, and that it no longer does.

The alert of an id is the same at every try, so that who has it already may drop it.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - in the signature of what is used by tests, too
from typing import TYPE_CHECKING

from schemas.alert import ALERT_CLEARED, ALERT_RAISED
from schemas.lean import AlertData, Outgoing
from schemas.times import format_instant
from schemas.topics import FOLLOWUP_SOURCE
from streams.rules.masking import shown_code

if TYPE_CHECKING:
    from schemas.followed import Task, Told

_WORDS = {
    "due_soon": (
        "须在 {due} 前报送执行情况回执",
        "a receipt is due by {due}",
    ),
    "overdue": (
        "执行情况回执应于 {due} 前报送，已逾期，请立即报送",
        "the receipt was due on {due} and is overdue: report at once",
    ),
    "unserved": (
        "应于 {due} 前将告知书送达当事人，至今未见送达记录，请送达并报送",
        "the notice was to be served by {due} and no service is on record: serve it and report",
    ),
}


def raised(subject: str, alert_id: str, told: Told, task: Task | None) -> Outgoing[AlertData]:
    """Return the alert of something owed about *subject*, as it was first raised."""
    instant = format_instant(told.raised_at)
    data = _data(subject, alert_id, told, task)
    return Outgoing(alert_id, FOLLOWUP_SOURCE, ALERT_RAISED, told.department, instant, data)


def cleared(
    subject: str, alert_id: str, told: Told, task: Task | None, at: datetime
) -> Outgoing[AlertData]:
    """Return the message of *at* that the alert *alert_id* stands no more.

    A message of its own, so its id is not that of the one that raised it.
    """
    data = _data(subject, alert_id, told, task, done=True)
    name = f"{alert_id}/cleared"
    return Outgoing(name, FOLLOWUP_SOURCE, ALERT_CLEARED, told.department, format_instant(at), data)


def _data(
    subject: str, alert_id: str, told: Told, task: Task | None, *, done: bool = False
) -> AlertData:
    zh, en = (words.format(due=told.due_on) for words in _WORDS[told.kind])
    if done:
        zh, en = f"{zh}——此项提醒已解除", f"no longer stands: {en}"
    who = shown_code(subject)
    # A task may be forgotten before its last alert is cleared.
    zh_what = f"{who} 的办件 {task.application_no}：措施“{task.measure_title}”" if task else who
    en_what = f"{who}, {task.application_no}: {task.measure_id}" if task else who
    return AlertData(
        alert_id=alert_id,
        kind=told.kind,
        urgency="day",
        department=told.department,
        uscc=subject,
        action_id=told.action_id,
        decision_id=told.decision_id,
        text_zh=f"{zh_what}，{zh}。" if task else f"{who}：{zh}。",
        text_en=f"{en_what}, {en}." if task else f"{who}: {en}.",
        raised_at=format_instant(told.raised_at),
    )
