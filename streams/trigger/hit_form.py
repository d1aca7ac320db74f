"""What is written about an event whose subject is on one list, cut from what its like brought.

The form is made of an event and an entry in which a mark stands for all that is passed on as it
came: names, numbers, documents, places in the log. Which events it serves, `hit_forms` says.
"""

import re
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.decision import Verdict
from schemas.ids import action_id, decision_id
from schemas.lean import KnownEntry, SubjectEntries, encode
from streams.trigger.agenda import Diary
from streams.trigger.alerts import reward_alert_id, verdict_alert_id
from streams.trigger.content import kept_data
from streams.trigger.items import EventIn
from streams.trigger.keys import matter_id
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import Changes
from streams.trigger.outbox import Headers, Outbox
from streams.trigger.transaction import Record

# What is filled in, in this order: parts of texts, whole values, and what is looked for by what it
# is in the event with marks. Behind them come the ids of actions and alerts.
_TEXTS = (
    *("subject", "id", "application_no", "subject_name", "traceparent", "now"),
    *("entry_id", "listed_name", "doc_no", "facts"),
)
_VALUES = ("partition", "list_position", "watermark_position", "review_position")
_OFFSET = 1_234_567_890_987_654_321  # a mark among numbers: there is no such offset
# Code points that Unicode keeps out of any text that is exchanged, one for each blank.
_MARKS = {name: chr(0xFDD0 + place) for place, name in enumerate((*_TEXTS, *_VALUES))}
HIDDEN = "\ufdef"  # for what nothing tells: where it is told after all, there is no form
_ENDS = ("。", "；", "！")
_ANY_MARK = re.compile("[\ufdd0-\ufdef]")


class NoFormError(Exception):
    """What was written about an event cannot be told from another's by its marks."""


class Told(NamedTuple):
    """What was written about one event of a new matter, and what goes with it."""

    outbox: Outbox
    changes: Changes


class Hit(NamedTuple):
    """The first event of a matter whose subject *held* one entry; `now`: the instant in text."""

    item: EventIn
    moment: PartitionMoment
    held: SubjectEntries
    now: str

    @property
    def entry(self) -> KnownEntry:
        """Return the entry that its subject held."""
        return self.held.entries[0]

    @property
    def own_texts(self) -> tuple[str | None, ...]:
        """Return what a form leaves blank for it."""
        event, change = self.item.event, self.entry.change
        told = event.id, event.data.application_no, event.data.subject_name, event.traceparent
        return *told, change.entry_id, change.subject_name, change.doc_no, change.facts

    @property
    def tail(self) -> str:
        """Return how the facts of the entry end, where a notice puts no full stop behind them."""
        facts = self.entry.change.facts
        return facts[-1] if facts.endswith(_ENDS) else ""


class Filled(NamedTuple):
    """What is written about one event; the last of its records, its matter's, stands apart."""

    records: list[Record]
    matter: bytes
    diary: Diary | None


def holds_mark(texts: Iterable[str | None]) -> bool:
    """Tell whether there is a mark of ours in one of *texts*, whoever wrote it."""
    return any(text is not None and _ANY_MARK.search(text) for text in texts)


def with_marks(hit: Hit) -> Hit:
    """Return what a form is made of.

    The event keeps its time, on which much depends; what its attributes tell is the caller's.
    """
    item, moment, entry = hit.item, hit.moment, hit.entry
    event, mark = item.event, _MARKS
    data = replace(
        event.data, application_no=mark["application_no"], subject_name=mark["subject_name"]
    )
    blank = replace(
        event,
        id=mark["id"],
        subject=mark["subject"],
        traceparent=None if event.traceparent is None else mark["traceparent"],
        data=data,
    )
    change = replace(
        entry.change,
        entry_id=mark["entry_id"],
        subject_name=mark["listed_name"],
        doc_no=mark["doc_no"],
        facts=mark["facts"] + hit.tail,
    )
    marked = replace(
        item,
        partition=mark["partition"],
        offset=_OFFSET,
        event=blank,
        decision_id=decision_id(blank.source, blank.id),
        matter=matter_id(data.department, data.application_no),
    )
    positions: Any = [mark[f"{kind}_position"] for kind in ("list", "watermark", "review")]
    held = SubjectEntries((replace(entry, change=change, appended_at=HIDDEN),))
    return Hit(marked, moment.placed(*positions), held, mark["now"])


class HitForm:
    """All that is written about hits of one kind, with blanks.

    `tally`: department, family, stage and verdict.
    """

    def __init__(self, told: Told, marked: Hit) -> None:
        """Cut it from what was *told* of the hit *marked*. Raises: NoFormError."""
        item, outbox = marked.item, told.outbox
        ((subject, name, record, _),) = told.changes.matters
        actions = msgspec.json.decode(record)["actions"]
        self._tail = len(marked.tail)
        self._list_code = marked.entry.change.list_code
        self._measures = [action["measure"]["id"] for action in actions]
        alerts = [_id_of(each) for each in outbox.records if each[0] == topics.ALERTS]
        verdicts = {verdict_alert_id(item.decision_id, 0, v.value): v.value for v in Verdict}
        rewards = {reward_alert_id(a["action_id"], 0): place for place, a in enumerate(actions)}
        if not set(alerts) <= verdicts.keys() | rewards.keys():
            msg = "an alert of another kind"
            raise NoFormError(msg)
        self._alerts = [(verdicts.get(alert), rewards.get(alert, 0)) for alert in alerts]
        ids = (item.decision_id, *(action["action_id"] for action in actions), *alerts)
        cutter = _Cutter(
            [
                *(_MARKS[text].encode() for text in _TEXTS),
                *(encode(_MARKS[value]) for value in _VALUES),
                *(encode(_OFFSET), encode(item.time.text), kept_data(item.event.data)),
                *(each.encode() for each in ids),
            ]
        )
        self._letters = [_letter(each, cutter, marked) for each in outbox.records[:-1]]
        self._matter = cutter.cut(record)
        self._diary = told.changes.diaries.get(f"{subject}/{name}")
        (self.tally,) = outbox.tallied()
        self._actions, self._raised, self._shadows = outbox.actions, outbox.alerts, outbox.shadows

    def fill(self, hit: Hit) -> Filled:
        """Return what is written about *hit*; the values come in the order of the blanks."""
        item, moment = hit.item, hit.moment
        event, change = item.event, hit.held.entries[0].change
        subject, made = event.subject.encode(), item.decision_id
        actions = [
            action_id(event.source, event.id, self._list_code, change.entry_id, measure)
            for measure in self._measures
        ]
        alerts = [
            reward_alert_id(actions[place], 0)
            if verdict is None
            else verdict_alert_id(made, 0, verdict)
            for verdict, place in self._alerts
        ]
        known, watermarks = moment.positions_of(None)
        facts = change.facts[: -self._tail] if self._tail else change.facts
        values = [
            *(subject, _inner(event.id), _inner(event.data.application_no)),
            *(_inner(event.data.subject_name), _inner(event.traceparent or ""), hit.now.encode()),
            *(_inner(change.entry_id), _inner(change.subject_name)),
            *(_inner(change.doc_no), _inner(facts)),
            *(b"%d" % item.partition, encode(known), encode(watermarks)),
            *(encode(moment.review_position), b"%d" % item.offset),
            *(encode(item.time.text), kept_data(event.data), made.encode()),
            *[each.encode() for each in actions],
            *[each.encode() for each in alerts],
        ]
        records: list[Record] = [
            (
                topic,
                item.partition if partition is None else partition,
                subject if key is None else key,
                text.fill(values),
                headers,
            )
            for topic, partition, key, text, headers in self._letters
        ]
        diary = self._diary
        if diary is not None and actions:
            diary = diary._replace(actions=tuple(actions))
        return Filled(records, self._matter.fill(values), diary)

    def count(self, outbox: Outbox) -> None:
        """Count in *outbox* what one event of this kind brings."""
        for moved, n in self._actions.items():
            outbox.actions[moved] += n
        for kind, n in self._raised.items():
            outbox.alerts[kind] += n
        for measure, n in self._shadows.items():
            outbox.shadows[measure] += n


class _Text(NamedTuple):
    """A text with blanks, and what picks the values for them out of all values."""

    stencil: bytes
    pick: Any

    def fill(self, values: list[bytes]) -> bytes:
        filled: bytes = self.stencil % self.pick(values)
        return filled


class _Letter(NamedTuple):
    """A record with blanks; partition and key are None where they are the event's own."""

    topic: str
    partition: int | None
    key: bytes | None
    text: _Text
    headers: Headers | None


class _Cutter:
    """Cuts texts at *blanks*, which are told by what stands in them now."""

    def __init__(self, blanks: list[bytes]) -> None:
        self._places = {blank: place for place, blank in enumerate(blanks)}
        longest_first = sorted(self._places, key=len, reverse=True)
        self._any = re.compile(b"|".join(map(re.escape, longest_first)))

    def cut(self, text: bytes) -> _Text:
        """Return *text* with its blanks. Raises: NoFormError if it tells what is not to be told."""
        between = self._any.split(text)
        places = [self._places[blank] for blank in self._any.findall(text)]
        if not places or holds_mark([b"".join(between).decode()]):
            msg = "a text that tells what it should not, or nothing"
            raise NoFormError(msg)
        return _Text(b"%b".join(b.replace(b"%", b"%%") for b in between), itemgetter(*places))


def _letter(record: Record, cutter: _Cutter, marked: Hit) -> _Letter:
    topic, partition, key, value, headers = record
    own = key == marked.item.event.subject.encode()
    if value is None or not (own or (key and not holds_mark([key.decode()]))):
        msg = "a key of another kind"
        raise NoFormError(msg)
    here = None if partition == marked.item.partition else partition
    return _Letter(topic, here, None if own else key, cutter.cut(value), headers)


def _id_of(record: Record) -> str:
    """Return the id of a message of ours."""
    told: str = msgspec.json.decode(record[3] or b"{}")["id"]
    return told


def _inner(text: str) -> bytes:
    """Return *text* as it stands within a longer one in JSON."""
    return encode(text)[1:-1]
