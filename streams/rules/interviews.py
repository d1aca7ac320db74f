"""Credit interviews (信用约谈) for entries of focus lists that were not put right in time.

The term of a focus entry is the time that was set for putting right what it is about. Where it
ends and the entry has neither been removed nor suspended, a reminder interview (提示约谈) is
proposed to the body that recognised it; where nothing has happened ten working days later, a
warning interview (警示约谈). Both are proposals: a human invites. An interview is no penalty and
must not be published as one. No national procedure exists; three working days of notice are the
practice, ten between the two are this city's default.
"""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from typing import TYPE_CHECKING

from schemas.followed import Listed, OwedKind
from schemas.ids import identity
from schemas.list_change import REMOVED, SUSPENDED
from schemas.times import legal_day, parse_instant
from streams.rules.duty import KEPT, Law, Owed
from streams.rules.masking import shown_code, shown_text

if TYPE_CHECKING:
    from schemas.lean import Envelope, ListChangeData

NOTICE_WORKING_DAYS = 3
WARNING_AFTER_WORKING_DAYS = 10
OFFICE_CLASS = "credit-office"
_MAX_FACTS = 200  # characters: an alert names the matter, the entry tells it
_NAMES: dict[OwedKind, tuple[str, str, str]] = {
    "reminder_interview": ("提示约谈", "a reminder interview", "整改期限已于 {} 届满，仍未移出"),
    "warning_interview": (
        "警示约谈",
        "a warning interview",
        "提示后仍未整改（整改期限 {}）",
    ),
}


def listed_of(change: Envelope[ListChangeData]) -> Listed:
    """Return what follow-up keeps of a change of a focus entry; individuals' names are masked."""
    data = change.data
    facts = shown_text(change.subject, data.facts, data.subject_name)
    return Listed(
        revision=data.revision,
        list_code=data.list_code,
        entry_id=data.entry_id,
        state={REMOVED: "removed", SUSPENDED: "suspended"}.get(change.type, "active"),  # type: ignore[arg-type]
        changed_on=legal_day(parse_instant(change.time)),
        recognised_by=data.recognised_by,
        facts=facts[:_MAX_FACTS],
        until=data.effective_until,
    )


def name_of(listed: Listed) -> str:
    """Return what an entry is called within its organisation."""
    return f"{listed.list_code}/{listed.entry_id}"


def newer(one: Listed | None, other: Listed) -> Listed:
    """Return the higher revision; removal is final."""
    if one is None:
        return other
    return max(one, other, key=lambda listed: (listed.state == "removed", listed.revision))


def proposed(listed: Listed, law: Law, day: date) -> Owed | None:
    """Return the interview that is proposed on *day*: the reminder, or the warning after it."""
    if listed.state != "active" or listed.until is None or day < listed.until:
        return None
    warned_on = _warned_on(listed.until, law)
    kind: OwedKind = "reminder_interview" if day < warned_on else "warning_interview"
    since = listed.until if day < warned_on else warned_on
    last = listed.until - timedelta(days=1)
    return Owed(identity(name_of(listed), kind, str(listed.until)), kind, since, last)


def looks(listed: Listed, law: Law) -> tuple[date, ...]:
    """Return the days on which another interview is proposed, or the entry is forgotten."""
    if listed.state == "removed":
        return (listed.changed_on + KEPT,)
    return () if listed.until is None else (listed.until, _warned_on(listed.until, law))


def is_forgotten(listed: Listed, day: date) -> bool:
    """Tell whether the entry was removed long enough ago."""
    return listed.state == "removed" and day >= listed.changed_on + KEPT


def recogniser_of(listed: Listed, law: Law) -> str:
    """Return the USCC of the body that recognised it, else of the list's authority or the office.

    `recognised_by` is a name; brackets and digits of either width are the same.
    Raises: LookupError if there is no credit office, with which no trigger starts either.
    """
    spec = law.lists.get(listed.list_code)
    authority = OFFICE_CLASS if spec is None else spec.authority
    return _first(law, _plain(listed.recognised_by), authority, OFFICE_CLASS)


def office_of(law: Law) -> str:
    """Return the USCC of the credit office. Raises: LookupError as `recogniser_of`."""
    return _first(law, OFFICE_CLASS)


def _first(law: Law, *wanted: str) -> str:
    """Return who holds the duties of the first department that is called one of *wanted*."""
    for each in wanted:
        for uscc, department in sorted(law.departments.items()):
            if each in {_plain(department.name), uscc, department.class_}:
                current = law.current_department(uscc)
                return uscc if current is None else current.uscc
    msg = f"departments.yaml: no department of class {OFFICE_CLASS}"
    raise LookupError(msg)


def words_of(
    subject: str, kind: OwedKind, due_on: date, listed: Listed | None, law: Law
) -> tuple[str, str]:
    """Return the proposal in Chinese and English: notice period, matters, basis."""
    zh, en, why = _NAMES[kind]
    who = shown_code(subject)
    if listed is None:  # forgotten before its last proposal was cleared
        return f"{who}：建议{zh}", f"{who}: {en} is proposed"
    until = due_on + timedelta(days=1)
    since = until if kind == "reminder_interview" else _warned_on(until, law)
    earliest = law.calendar.add_working_days(since, NOTICE_WORKING_DAYS).day
    spec = law.lists.get(listed.list_code)
    title = listed.list_code if spec is None else spec.title.zh
    basis = "" if spec is None else f"《{spec.basis.act}》{spec.basis.article}"
    told_zh = (
        f"{who} 列入{title}（{name_of(listed)}），{why.format(due_on)}。建议{zh}：提前"
        f"{NOTICE_WORKING_DAYS}个工作日通知，最早 {earliest} 进行；事项：{listed.facts}；"
        f"依据：{basis}。约谈不是行政处罚，不得作为处罚公开"
    )
    told_en = (
        f"{who}, entry {name_of(listed)} was to be put right by {due_on}: {en} is proposed, with"
        f" {NOTICE_WORKING_DAYS} working days of notice, not before {earliest}; it is no penalty,"
        " and must not be published as one"
    )
    return told_zh, told_en


def _warned_on(until: date, law: Law) -> date:
    return law.calendar.add_working_days(until, WARNING_AFTER_WORKING_DAYS).day


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name)
