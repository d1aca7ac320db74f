"""What is written about an event whose subject is on no list, prepared: it is nineteen in twenty.

A form serves the whole partition for one batch: decision and first record of a matter, with blanks
for all that is the event's own. A place has what its events share, encoded once.
"""

from msgspec.structs import replace

from schemas.lean import encode
from streams.trigger.content import kept_data
from streams.trigger.items import EventIn
from streams.trigger.stencil import TEXT, VALUE, cut, pieces
from streams.trigger.tally import Tally

# As many as `QuietPlace.fill` fills in; a trace is one more.
_IN_DECISION, _IN_RECORD = 12, 7


def with_marks(item: EventIn) -> EventIn:
    """Return *item* with a mark for all that is its own; `data` as a whole is the caller's."""
    event = item.event
    data = replace(event.data, department=VALUE, item_code=VALUE, application_no=VALUE)
    blank = replace(
        event,
        source=VALUE,
        id=VALUE,
        type=VALUE,
        subject=TEXT,
        traceparent=None if event.traceparent is None else VALUE,
        data=data,
    )
    time = item.time._replace(text=TEXT)
    return replace(item, topic=VALUE, offset=VALUE, event=blank, time=time, decision_id=TEXT)


class QuietForm:
    """The decision that nothing stands against, and the record of a matter that begins with it."""

    __slots__ = ("decision", "record")

    def __init__(self, decision: bytes, record: bytes) -> None:
        self.decision = decision
        self.record = record

    @classmethod
    def cut_from(cls, decision: bytes, record: bytes, *, traced: bool) -> "QuietForm | None":
        """Return the form made of what was written about an event with marks.

        None if a text of ours holds a mark itself: then every event is written for itself.
        """
        cut_decision, cut_record = cut(decision, _IN_DECISION + traced), cut(record, _IN_RECORD)
        return None if cut_decision is None or cut_record is None else cls(cut_decision, cut_record)


class QuietPlace:
    """One step of one item at one department, in one partition: its form and its tally."""

    __slots__ = ("_department", "_form", "_item_code", "_topic", "_traced", "_type", "tally")

    def __init__(self, form: QuietForm, item: EventIn, tally: Tally) -> None:
        self.tally = tally
        self._form = form
        self._traced = item.event.traceparent is not None
        self._topic = encode(item.topic)
        self._type = encode(item.event.type)
        self._department = encode(item.event.data.department)
        self._item_code = encode(item.event.data.item_code)

    def fill(self, item: EventIn, subject: bytes) -> tuple[bytes, bytes]:
        """Return decision and record of *item*; the values come in the order of their fields."""
        event, form = item.event, self._form
        made, time = item.decision_id.encode(), item.time.text.encode()
        source, event_id, offset = encode(event.source), encode(event.id), b"%d" % item.offset
        application_no = encode(event.data.application_no)
        decision: tuple[bytes, ...] = (
            *(made, subject, made, source, event_id, self._type, time),
            *(self._department, self._item_code, application_no, self._topic, offset),
        )
        if event.traceparent is not None:
            decision += (encode(event.traceparent),)
        data = kept_data(event.data)
        record = source, event_id, self._type, time, self._topic, offset, data
        return form.decision % decision, form.record % record

    @property
    def decision_pieces(self) -> list[bytes]:
        """Return what stands between an event's own fields in its decision.

        These are: decision, subject, decision, source, id, time, application, offset, trace.
        """
        own = pieces(self._form.decision, _IN_DECISION + self._traced)
        timed = own[5] + self._type + own[6]
        applied = own[7] + self._department + own[8] + self._item_code + own[9]
        placed = own[10] + self._topic + own[11]
        traced = own[12:] if self._traced else [own[12], b""]
        return [*own[:5], timed, applied, placed, *traced]

    @property
    def record_pieces(self) -> list[bytes]:
        """Return what stands between source, id, time, offset and data in its record."""
        own = pieces(self._form.record, _IN_RECORD)
        timed, placed = own[2] + self._type + own[3], own[4] + self._topic + own[5]
        return [own[0], own[1], timed, placed, own[6], own[7]]
