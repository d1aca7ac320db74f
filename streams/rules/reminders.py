"""The words of follow-up: what a department still owes or might do, and that it no longer stands.

The alert of an id is the same at every try, so that who has it already may drop it.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - in the signature of what is used by tests, too
from typing import TYPE_CHECKING

from msgspec.structs import replace

from schemas.alert import ALERT_CLEARED, ALERT_RAISED, AlertKind
from schemas.lean import AlertData, Outgoing
from schemas.times import format_instant
from schemas.topics import FOLLOWUP_SOURCE
from streams.rules import interviews
from streams.rules.masking import shown_code

if TYPE_CHECKING:
    from schemas.followed import Followed, Told
    from streams.rules.duty import Law

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
    "commitment_breach": (
        "承诺应于 {due} 前履行，至今未见履行记录，构成违诺，请信用主管部门核实处理",
        "what was promised for {due} is not on record as kept: a breach to look into",
    ),
}
# Alert kinds are a closed set: a breach is overdue, and its words say of what.
_KINDS: dict[str, AlertKind] = {"commitment_breach": "overdue"}


def raised(
    subject: str, alert_id: str, told: Told, known: Followed, law: Law
) -> Outgoing[AlertData]:
    """Return the alert of something that stands about *subject*, as it was first raised."""
    instant = format_instant(told.raised_at)
    data = _data(subject, alert_id, told, _words(subject, told, known, law))
    return Outgoing(alert_id, FOLLOWUP_SOURCE, ALERT_RAISED, told.department, instant, data)


def cleared(alert: Outgoing[AlertData], at: datetime) -> Outgoing[AlertData]:
    """Return the message of *at* that *alert*, as `raised` gives it, stands no more.

    A message of its own, so its id is not that of the one that raised it.
    """
    data = replace(
        alert.data,
        text_zh=f"已解除：{alert.data.text_zh}",
        text_en=f"No longer stands: {alert.data.text_en}",
    )
    name, instant = f"{alert.id}/cleared", format_instant(at)
    return Outgoing(name, FOLLOWUP_SOURCE, ALERT_CLEARED, alert.subject, instant, data)


def _words(subject: str, told: Told, known: Followed, law: Law) -> tuple[str, str]:
    """Return what *told* is about, in Chinese and English, without the full stop."""
    if told.kind in _WORDS:
        duty = known.duties.get(told.about)
        task = None if duty is None else duty.task
        zh, en = (words.format(due=told.due_on) for words in _WORDS[told.kind])
        who = shown_code(subject)
        if task is None:  # forgotten before its last alert was cleared
            return f"{who}：{zh}", f"{who}: {en}"
        return (
            f"{who} 的办件 {task.application_no}：措施“{task.measure_title}”，{zh}",
            f"{who}, {task.application_no}: {task.measure_id}, {en}",
        )
    return interviews.words_of(subject, told.kind, told.due_on, known.entries.get(told.about), law)


def _data(subject: str, alert_id: str, told: Told, words: tuple[str, str]) -> AlertData:
    about_action = told.kind in _WORDS
    return AlertData(
        alert_id=alert_id,
        kind=_KINDS.get(told.kind, told.kind) if about_action else "interview",
        urgency="day",
        department=told.department,
        uscc=subject,
        action_id=told.about if about_action else None,
        decision_id=told.decision_id,
        text_zh=f"{words[0]}。",
        text_en=f"{words[1]}.",
        raised_at=format_instant(told.raised_at),
    )
