"""Matters of one subject that a list brings back, written from one form where they are alike.

A subject may have thousands of matters, and one change of one of its entries decides all of them
again. They differ in what is passed on as it came, and what comes of them differs there alone. As
for hits (`hit_forms`) the exact way stays the only one that decides: a form is cut from what it
wrote of a matter with marks, and is used if it gave of a real one every byte that the exact way
gives.
"""

from collections.abc import Callable, Hashable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.ids import action_id, decision_id
from schemas.lean import (
    ActionData,
    DecidedEvent,
    EventData,
    EventRef,
    KnownEntry,
    Matter,
    encode,
    encode_sorted,
)
from schemas.uscc import is_individual_business
from streams.trigger.letters import (
    OFFSET_MARK,
    Filled,
    Letters,
    NoFormError,
    Own,
    Written,
    holds_mark,
    inner,
    marks,
)

_MOST_ACTIONS = 4  # of one matter; hardly one has more than two
_MARKS = marks(("id", "application_no", "subject_name", *map(str, range(_MOST_ACTIONS))))
_TEXTS = [mark.encode() for mark in _MARKS.values()]
_NONE = [b""] * _MOST_ACTIONS
_NO_EVENT = EventRef("", "", "", "")
_data = msgspec.json.Decoder(EventData).decode

Decide = Callable[[str, Matter], Written]  # of the matter of that name
Shape = tuple[Hashable, ...]


class Swept(NamedTuple):
    """A matter with one event, what that told, its actions, and all of it with marks."""

    name: str
    event: DecidedEvent
    data: EventData
    actions: tuple[ActionData, ...]
    marked: Matter
    shape: Shape

    @property
    def own_texts(self) -> tuple[str, ...]:
        """Return what a form leaves blank for it."""
        own = self.event.id, self.data.application_no, self.data.subject_name
        return *own, *(action.notice.facts for action in self.actions)


class AgainForms:
    """The forms for the matters of one subject, as its entries and the day are now."""

    def __init__(self, subject: str, partition: int, entries: tuple[KnownEntry, ...]) -> None:
        self._subject = subject
        self._partition = partition
        self._entries = entries
        self._masked = is_individual_business(subject)  # their texts are not passed on as they came
        self._met: set[Shape] = set()
        self._forms: dict[Shape, AgainForm | None] = {}

    def form_of(
        self, name: str, matter: Matter, decide: Decide
    ) -> "tuple[AgainForm, Swept] | None":
        """Return the form for *matter*; None where it is to be decided for itself.

        *decide*: the exact way, beside the batch.
        """
        swept = None if self._masked else _swept(name, matter)
        if swept is None:
            return None
        shape = swept.shape
        if shape not in self._forms:
            if shape not in self._met:  # most subjects have one or two
                self._met.add(shape)
                return None
            if holds_mark(swept.own_texts) or self._takes_for_time(swept):
                return None
            self._forms[shape] = self._make(swept, matter, decide)
        form = self._forms[shape]
        return None if form is None else (form, swept)

    def _takes_for_time(self, swept: Swept) -> bool:
        """Tell whether something else that is written looks like the time of the event."""
        told = {swept.event.source, swept.data.item_code}
        return swept.event.time in told | {entry.change.entry_id for entry in self._entries}

    def _make(self, swept: Swept, matter: Matter, decide: Decide) -> "AgainForm | None":
        """Return a form that gave what was written about *swept*, or None."""
        expected = decide(swept.name, matter)
        name = f"{swept.data.department}/{_MARKS['application_no']}"
        told = decide(name, swept.marked)
        if not told.changes.matters:
            return None
        try:
            form = AgainForm(told, swept.marked.events[0], self._subject, self._partition)
        except NoFormError:
            return None
        gives = bool(expected.changes.matters) and form.fill(swept).is_what(expected)
        return form if gives else None


class AgainForm:
    """All that is written about matters of one kind, with blanks."""

    def __init__(self, told: Written, marked: DecidedEvent, subject: str, partition: int) -> None:
        """Cut it from what was *told* of the matter of the event *marked*. Raises: NoFormError."""
        self._subject, self._partition = subject.encode(), partition
        blanks = [*_TEXTS, encode(OFFSET_MARK), encode(marked.time), bytes(marked.data)]
        made = decision_id(marked.source, marked.id)
        own = Own(self._subject, partition, made, [])
        self._letters = Letters(told, blanks, own, marked.sequence + 1)
        self.count = self._letters.count
        self.decisions = sum(topic == topics.DECISIONS for topic, *_ in told.outbox.records)

    def fill(self, swept: Swept) -> Filled:
        """Return what is written about *swept*; the values come in the order of the blanks."""
        event, data, held = swept.event, swept.data, swept.actions
        values = [
            *(inner(event.id), inner(data.application_no), inner(data.subject_name)),
            *[inner(action.notice.facts) for action in held],
            *_NONE[len(held) :],
            *(b"%d" % event.offset, encode(event.time), bytes(event.data)),
        ]
        made = decision_id(event.source, event.id)
        actions = [
            *(action.action_id for action in held),
            *[action_id(event.source, event.id, *i) for i in self._letters.issued[len(held) :]],
        ]
        return self._letters.fill(values, Own(self._subject, self._partition, made, actions))


def _swept(name: str, matter: Matter) -> Swept | None:
    """Return *matter* if it is of the kind that forms serve."""
    if len(matter.events) != 1 or matter.remedied or matter.reviewed:
        return None
    event, held = matter.events[0], matter.actions
    if event.content is not None or event.consortium_of is not None or len(held) > _MOST_ACTIONS:
        return None
    data = _data(event.data)
    if data.members or not all(_is_of(action, event, data) for action in held):
        return None
    blank = replace(
        data, application_no=_MARKS["application_no"], subject_name=_MARKS["subject_name"]
    )
    kept = encode_sorted(blank)
    marked = replace(event, id=_MARKS["id"], offset=OFFSET_MARK, data=msgspec.Raw(kept))
    actions = [_marked(place, action, marked) for place, action in enumerate(held)]
    shape = (
        event.source,
        event.type,
        event.time[:10],  # the business day
        event.topic,
        event.sequence,
        event.verdict,
        event.decided_on,
        event.reasons,
        matter.closed_on,
        matter.due,
        matter.waits,
        kept,
        *[encode(replace(action, event=_NO_EVENT)) for action in actions],
    )
    whole = replace(matter, events=(marked,), actions=tuple(actions))
    return Swept(name, event, data, held, whole, shape)


def _is_of(action: ActionData, event: DecidedEvent, data: EventData) -> bool:
    """Tell whether *action* says of its event what the event says of itself."""
    ref = action.event
    return (ref.id, ref.source, ref.type, ref.time, action.application_no) == (
        *(event.id, event.source, event.type, event.time),
        data.application_no,
    )


def _marked(place: int, action: ActionData, event: DecidedEvent) -> ActionData:
    """Return *action*, of the *event* with marks, with a mark for all that is its own."""
    entry = action.entry
    made = action_id(event.source, event.id, entry.list_code, entry.entry_id, action.measure.id)
    return replace(
        action,
        action_id=made,
        decision_id=decision_id(event.source, event.id),
        event=replace(action.event, id=event.id),
        application_no=_MARKS["application_no"],
        notice=replace(action.notice, facts=_MARKS[f"{place}"]),
    )
