"""The cases of a period, joined from the topics: what is new or has changed since it began.

A case stands in a period if its key (`case_key`: action, revision, last word of the department)
is another at the period's end than at its begin; then `correction_of` is the key of the begin. So
periods that follow each other tell every change once, and the same period read again gives the
same cases unless receipts came late. Time is that of the business: an action's is its decision's,
a receipt's its `at`.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from msgspec import Struct

from consumers.action_records import ActionRecord
from consumers.feedback.union_case import Beside, UnionCase, case_key, union_case
from schemas import incoming, topics
from schemas.dead_letter import Header
from schemas.errors import RejectRecordError
from schemas.lean import ActionData, Envelope, ListChangeData
from schemas.receipt import ReceiptData
from schemas.times import format_instant, from_millis
from streams.rules.catalogue import Catalogue

Headers = Callable[[], Sequence[Header]]
Record = tuple[int, bytes, Headers]  # when it was sent, in milliseconds since 1970; value, headers
Read = Callable[[str], Iterable[Record]]  # a topic to its end, each partition in its order


@dataclass(frozen=True, slots=True)
class Period:
    """From *start* (inclusive) until *end* (exclusive)."""

    start: datetime
    end: datetime

    def holds(self, instant: datetime) -> bool:
        """Tell whether *instant* lies in it."""
        return self.start <= instant < self.end


@dataclass(slots=True)
class ToldCases:
    """Cases, and what could not become one: receipts of the period by what is wrong with them."""

    cases: list[UnionCase] = field(default_factory=list)
    unreadable: int = 0
    without_action: int = 0
    of_others: int = 0  # from a department that the action is not for

    @property
    def findings(self) -> int:
        """Return how many receipts stand in no case."""
        return self.unreadable + self.without_action + self.of_others


class _ActionPeek(Struct, frozen=True, gc=False):
    action_id: str
    revision: int
    reason: str | None


class _DecisionPeek(Struct, frozen=True, gc=False):
    decision_id: str
    sequence: int
    decided_at: str
    catalogue_version: str


class _EntryPeek(Struct, frozen=True, gc=False):
    list_code: str
    entry_id: str = ""  # a publication has none


_peek_action = msgspec.json.Decoder(Envelope[_ActionPeek]).decode
_peek_decision = msgspec.json.Decoder(Envelope[_DecisionPeek]).decode
_peek_entry = msgspec.json.Decoder(Envelope[_EntryPeek]).decode
_action = msgspec.json.Decoder(Envelope[ActionData]).decode
_change = msgspec.json.Decoder(Envelope[ListChangeData]).decode

_Entry = tuple[str, str, str]  # subject, list, entry


@dataclass(slots=True)
class _Words:
    """The last word of one department about one action, before the period and at its end."""

    before: ReceiptData | None = None
    last: ReceiptData | None = None

    def is_of(self, period: Period) -> bool:
        """Tell whether anything was said in *period*."""
        return self.last is not None and period.holds(self.last.at)


@dataclass(slots=True)
class _Course:
    """One action: its revision before the period; at its end revision and message (None: old)."""

    before: int = -1
    revision: int = -1
    raw: bytes | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class _Touched:
    record: ActionRecord
    receipt: ReceiptData | None
    reviewed: bool
    key_before: str


def cases_of(read: Read, catalogue: Catalogue, period: Period) -> ToldCases:
    """Return the cases of *period*, and how many receipts stand in none.

    Only what the period touches is kept in memory.
    """
    told = ToldCases()
    words = _last_words(read(topics.RECEIPTS), period, told)
    courses = _courses(read(topics.ACTIONS), period, words)
    touched = _touched(courses, words, catalogue, period, told)
    versions = _catalogue_versions(read(topics.DECISIONS), period, touched)
    entries = _entries(read(topics.LISTS), touched)
    by_name = {_plain(each.name): each.uscc for each in catalogue.departments.values()}
    for each in touched:
        action = each.record.action
        revisions = entries.get(_entry_of(each.record), {})
        newest = max(revisions, default=-1)
        entry = revisions.get(action.entry.revision) or revisions.get(newest)
        department = catalogue.department(action.department)
        beside = Beside(
            reviewed=each.reviewed,
            catalogue_version=versions.get(action.decision_id, (-1, ""))[1],
            entry=entry,
            spec=catalogue.lists.get(action.entry.list_code),
            recogniser="" if entry is None else by_name.get(_plain(entry.recognised_by), ""),
            department_name="" if department is None else department.name,
            correction_of=each.key_before,
        )
        told.cases.append(union_case(each.record, each.receipt, beside))
    told.cases.sort(key=lambda case: case.idempotency_key)
    return told


def _plain(name: str) -> str:
    """Return *name* so that brackets and digits of either width are the same."""
    return unicodedata.normalize("NFKC", name)


def _last_words(
    records: Iterable[Record], period: Period, told: ToldCases
) -> dict[str, dict[str, _Words]]:
    """Return the last words by action and department; of two at one instant the higher id."""
    words: dict[str, dict[str, _Words]] = defaultdict(lambda: defaultdict(_Words))
    for sent_ms, raw, headers in records:
        try:
            data = incoming.receipt(raw, headers).data
        except RejectRecordError:
            told.unreadable += period.holds(from_millis(sent_ms))
            continue
        if data.at >= period.end:
            continue
        known = words[data.action_id][data.department]
        known.last = _later(known.last, data)
        if data.at < period.start:
            known.before = _later(known.before, data)
    return words


def _later(known: ReceiptData | None, other: ReceiptData) -> ReceiptData:
    if known is None or (known.at, known.receipt_id) < (other.at, other.receipt_id):
        return other
    return known


def _courses(
    records: Iterable[Record], period: Period, words: dict[str, dict[str, _Words]]
) -> dict[str, _Course]:
    """Return the course of every action; times of ours are text that sorts as it runs."""
    start, end = format_instant(period.start), format_instant(period.end)
    courses: dict[str, _Course] = defaultdict(_Course)
    for _, raw, _ in records:
        told = _peek_action(raw)
        if told.time >= end:
            continue
        data = told.data
        course = courses[data.action_id]
        course.reviewed = course.reviewed or _is_human(told.type, data.reason)
        if told.time < start:
            course.before = max(course.before, data.revision)
        if data.revision > course.revision:
            course.revision = data.revision
            course.raw = raw if told.time >= start or data.action_id in words else None
    return courses


def _is_human(change: str, reason: str | None) -> bool:
    """Tell whether an officer brought the change about; a review that lapsed had none."""
    if change == "credit.action.dismissed":
        return reason != "review-lapsed"
    return change == "credit.action.confirmed" or reason == "overturned"


def _touched(
    courses: dict[str, _Course],
    words: dict[str, dict[str, _Words]],
    catalogue: Catalogue,
    period: Period,
    told: ToldCases,
) -> list[_Touched]:
    """Return the actions whose key is another at the end of *period*; count lost receipts."""
    found: list[_Touched] = []
    for action_id, course in courses.items():
        spoken = words.pop(action_id, {})
        if course.raw is None:
            continue
        envelope = _action(course.raw)
        action = envelope.data
        heirs = _heirs(action.department, catalogue)
        own = [each for who, each in spoken.items() if who in heirs]
        told.of_others += sum(
            each.is_of(period) for who, each in spoken.items() if who not in heirs
        )
        before = last = None
        for each in own:
            before = before if each.before is None else _later(before, each.before)
            last = last if each.last is None else _later(last, each.last)
        key_before = case_key(action_id, course.before, before) if course.before >= 0 else ""
        if key_before != case_key(action_id, course.revision, last):
            change = envelope.type.removeprefix("credit.action.")
            record = ActionRecord(envelope.subject, change, envelope.time, action)
            found.append(_Touched(record, last, course.reviewed, key_before))
    told.without_action += sum(
        any(each.is_of(period) for each in spoken.values()) for spoken in words.values()
    )
    return found


def _heirs(department: str, catalogue: Catalogue) -> set[str]:
    """Return who may answer for *department*: itself and the body that took over its duties."""
    current = catalogue.current_department(department)
    return {department} if current is None else {department, current.uscc}


def _catalogue_versions(
    records: Iterable[Record], period: Period, touched: list[_Touched]
) -> dict[str, tuple[int, str]]:
    """Return, by decision, sequence and catalogue version as they stood at the period's end."""
    wanted = {each.record.action.decision_id for each in touched}
    end = format_instant(period.end)
    found: dict[str, tuple[int, str]] = {}
    for _, raw, _ in records:
        data = _peek_decision(raw).data
        if data.decision_id not in wanted or data.decided_at >= end:
            continue
        known = found.get(data.decision_id)
        if known is None or known[0] < data.sequence:
            found[data.decision_id] = data.sequence, data.catalogue_version
    return found


def _entry_of(record: ActionRecord) -> _Entry:
    return record.uscc, record.action.entry.list_code, record.action.entry.entry_id


def _entries(
    records: Iterable[Record], touched: list[_Touched]
) -> dict[_Entry, dict[int, ListChangeData]]:
    """Return the entries that *touched* rest on, by revision."""
    wanted = {_entry_of(each.record) for each in touched}
    found: dict[_Entry, dict[int, ListChangeData]] = defaultdict(dict)
    for _, raw, _ in records:
        told = _peek_entry(raw)
        key = told.subject, told.data.list_code, told.data.entry_id
        if key in wanted:
            change = _change(raw).data
            found[key][change.revision] = change
    return found
