"""What is written about an event whose subject is on one list, cut from what its like brought.

The form is made of an event and an entry in which a mark stands for all that is passed on as it
came: names, numbers, documents, places in the log. Which events it serves, `hit_forms` says.
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

from schemas.ids import action_id, decision_id
from schemas.lean import KnownEntry, SubjectEntries, encode
from streams.trigger.content import kept_data
from streams.trigger.items import EventIn
from streams.trigger.keys import matter_id
from streams.trigger.letters import HIDDEN, OFFSET_MARK, Filled, Letters, Own, Written, inner, marks
from streams.trigger.moment import PartitionMoment

# What is filled in, in this order: parts of texts, whole values, and what is looked for by what it
# is in the event with marks.
_TEXTS = (
    *("subject", "id", "application_no", "subject_name", "traceparent", "now"),
    *("entry_id", "listed_name", "doc_no", "facts"),
)
_VALUES = ("partition", "list_position", "watermark_position", "review_position")
_MARKS = marks((*_TEXTS, *_VALUES))
_ENDS = ("。", "；", "！")


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
        offset=OFFSET_MARK,
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

    def __init__(self, told: Written, marked: Hit) -> None:
        """Cut it from what was *told* of the hit *marked*. Raises: NoFormError."""
        item = marked.item
        blanks = [
            *(_MARKS[text].encode() for text in _TEXTS),
            *(encode(_MARKS[value]) for value in _VALUES),
            *(encode(OFFSET_MARK), encode(item.time.text), kept_data(item.event.data)),
        ]
        own = Own(item.event.subject.encode(), item.partition, item.decision_id, [])
        self._letters = Letters(told, blanks, own, 0)
        self._tail = len(marked.tail)
        (self.tally,) = told.outbox.tallied()
        self.count = self._letters.count

    def fill(self, hit: Hit) -> Filled:
        """Return what is written about *hit*; the values come in the order of the blanks."""
        item, moment = hit.item, hit.moment
        event, change = item.event, hit.held.entries[0].change
        subject = event.subject.encode()
        known, watermarks = moment.positions_of(None)
        facts = change.facts[: -self._tail] if self._tail else change.facts
        values = [
            *(subject, inner(event.id), inner(event.data.application_no)),
            *(inner(event.data.subject_name), inner(event.traceparent or ""), hit.now.encode()),
            *(inner(change.entry_id), inner(change.subject_name)),
            *(inner(change.doc_no), inner(facts)),
            *(b"%d" % item.partition, encode(known), encode(watermarks)),
            *(encode(moment.review_position), b"%d" % item.offset),
            *(encode(item.time.text), kept_data(event.data)),
        ]
        actions = [
            action_id(event.source, event.id, list_code, change.entry_id, measure)
            for list_code, _, measure in self._letters.issued
        ]
        return self._letters.fill(values, Own(subject, item.partition, item.decision_id, actions))
