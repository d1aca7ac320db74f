"""What is written about the plain events on which nothing known bears: all of a part at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import topics
from schemas.compiled import Bytes, Integers
from schemas.times import day_number
from streams.trigger.outbox import HEADERS
from streams.trigger.plain.columns import Columns, cut
from streams.trigger.plain.filling import (
    DECISION_PIECES,
    FILLED_EXTRA,
    KEY_EXTRA,
    RECORD_PIECES,
    write_decisions,
    write_keys,
    write_records,
)
from streams.trigger.plain.resp import TOLD_EXTRA, Told, write_named, write_told
from streams.trigger.quiet_form import QuietPlace
from streams.trigger.transaction import Record

_NO_RECORD: Record = ("", 0, None, None, None)
_KIND: Bytes = np.frombuffer(b"/matter/", np.uint8).copy()


class Quiet:
    """The rows of *columns* that stayed quiet, and the record of each one's matter.

    It outlives its batch by one, and holds nothing that only that batch needs.
    """

    def __init__(self, columns: Columns, rows: Integers, records: list[bytes]) -> None:
        self.columns = columns
        self.rows = rows
        self.records = records

    def hashes(self) -> NDArray[np.uint64]:
        """Return the hashes of the subjects."""
        return self.columns.hashes[self.rows]


class Counted(NamedTuple):
    """How many events there are of one group and day (an ordinal), and the last one's offset."""

    group: int
    day: int
    events: int
    last: int


class Written(NamedTuple):
    """All that is written about quiet events: to Kafka, and to Redis by partition.

    `messages`: decision and state record of each, one after the other, in order.
    """

    quiet: Quiet
    messages: list[Record]
    told: dict[int, Told]
    counted: list[Counted]


def write_quietly(columns: Columns, rows: Integers, places: Mapping[int, QuietPlace]) -> Written:
    """Write what there is to write about *rows*; *places* by group."""
    fields = columns.row, columns.spans
    size = len(columns.row)  # the fields of all stand there, so they need no more
    forms = _forms(columns, places, DECISION_PIECES, lambda place: place.decision_pieces)
    decisions = cut(*_filled(write_decisions, (*fields, columns.ids), size, columns, rows, forms))
    kept = columns.kept, columns.kept_ends
    size += len(columns.kept)
    forms = _forms(columns, places, RECORD_PIECES, lambda place: place.record_pieces)
    joined, ends = _filled(write_records, (*fields, *kept), size, columns, rows, forms)
    records = cut(joined, ends)
    messages = _messages(columns, rows, decisions, records)
    told = _told(columns, rows, joined, ends)
    return Written(Quiet(columns, rows, records), messages, told, _counted(columns, rows))


def _filled(
    write: Callable[..., None],
    fields: tuple[Bytes | Integers, ...],
    size: int,
    columns: Columns,
    rows: Integers,
    forms: tuple[Bytes, Integers],
) -> tuple[Bytes, Integers]:
    """Return what *write* fills into *forms*, one text behind the other, and where each ends.

    *fields*: where it finds what is an event's own, *size* bytes together.
    """
    joined, form_ends = forms
    longest = int((form_ends[:, -1] - form_ends[:, 0]).max(initial=0)) + FILLED_EXTRA
    out: Bytes = np.empty(size + longest * len(rows), np.uint8)
    ends: Integers = np.empty(len(rows), np.int64)
    write(*fields, columns.offsets, columns.groups, rows, joined, form_ends, out, ends)
    return out, ends


def _messages(
    columns: Columns, rows: Integers, decisions: list[bytes], records: list[bytes]
) -> list[Record]:
    out: Bytes = np.empty(columns.room(rows, KEY_EXTRA), np.uint8)
    ends: Integers = np.empty(len(rows), np.int64)
    write_keys(columns.row, columns.spans, _KIND, rows, out, ends)
    keys, partitions = columns.keys, columns.partitions[rows].tolist()
    found: list[Record] = [_NO_RECORD] * (2 * len(partitions))
    found[0::2] = [
        (topics.DECISIONS, partition, keys[row], decision, HEADERS)
        for row, partition, decision in zip(rows.tolist(), partitions, decisions, strict=True)
    ]
    found[1::2] = [
        (topics.STATE, partition, key, record, None)
        for partition, key, record in zip(partitions, cut(out, ends), records, strict=True)
    ]
    return found


def _told(
    columns: Columns, rows: Integers, records: Bytes, record_ends: Integers
) -> dict[int, Told]:
    found = columns.by_partition(rows)
    room = columns.room(rows, TOLD_EXTRA)
    values: Bytes = np.empty(room + len(records), np.uint8)
    named: Bytes = np.empty(room, np.uint8)
    ends: Integers = np.empty(len(rows), np.int64)
    named_ends: Integers = np.empty(len(rows), np.int64)
    written = records, record_ends, found.order
    write_told(columns.row, columns.spans, columns.ids, found.rows, *written, values, ends)
    write_named(columns.row, columns.spans, found.rows, named, named_ends)
    fields, names = cut(values, ends[found.lasts]), cut(named, named_ends[found.lasts])
    return {
        partition: Told(4 * count, told, 2 * count, name)
        for partition, count, told, name in zip(
            found.partitions, found.counts, fields, names, strict=True
        )
    }


def _counted(columns: Columns, rows: Integers) -> list[Counted]:
    days = day_number(columns.millis[rows])
    first = int(days.min(initial=0))
    span = int(days.max(initial=0)) - first + 1
    kinds, which, counts = np.unique(
        columns.groups[rows] * span + (days - first), return_inverse=True, return_counts=True
    )
    last = np.zeros(len(kinds), np.int64)
    last[which] = columns.offsets[rows]  # the newest of each is written last
    return [
        Counted(kind // span, kind % span + first, count, offset)
        for kind, count, offset in zip(kinds.tolist(), counts.tolist(), last.tolist(), strict=True)
    ]


def _forms(
    columns: Columns,
    places: Mapping[int, QuietPlace],
    pieces: int,
    pieces_of: Callable[[QuietPlace], Sequence[bytes]],
) -> tuple[Bytes, Integers]:
    """Return all pieces as one row of bytes, and for each group where its pieces begin and end."""
    none = [b""] * pieces
    groups = range(len(columns.firsts))
    forms = [pieces_of(places[group]) if group in places else none for group in groups]
    joined = b"".join(piece for form in forms for piece in form)
    sizes = np.array([[len(piece) for piece in form] for form in forms], np.int64)
    ends = np.zeros((len(forms), pieces + 1), np.int64)
    if forms:
        flat = np.cumsum(sizes.reshape(-1)).reshape(sizes.shape)
        ends[:, 1:] = flat
        ends[:, 0] = flat[:, 0] - sizes[:, 0]
    return np.frombuffer(joined or b" ", np.uint8), ends
