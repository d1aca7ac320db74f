"""What is written about the plain events on which nothing known bears: all of a part at once."""

from collections.abc import Mapping, Sequence
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
    decisions = _decisions(columns, rows, places)
    joined, ends = _records(columns, rows, places)
    records = cut(joined, ends)
    messages = _messages(columns, rows, decisions, records)
    told = _told(columns, rows, joined, ends)
    return Written(Quiet(columns, rows, records), messages, told, _counted(columns, rows))


def _decisions(columns: Columns, rows: Integers, places: Mapping[int, QuietPlace]) -> list[bytes]:
    groups = range(len(columns.firsts))
    forms, form_ends = _joined([_decision_of(places, g) for g in groups], DECISION_PIECES)
    # The fields of all stand in the row, so they need no more than that.
    out: Bytes = np.empty(len(columns.row) + _longest(form_ends) * len(rows), np.uint8)
    ends: Integers = np.empty(len(rows), np.int64)
    write_decisions(
        columns.row,
        columns.spans,
        columns.ids,
        columns.offsets,
        columns.groups,
        rows,
        forms,
        form_ends,
        out,
        ends,
    )
    return cut(out, ends)


def _records(
    columns: Columns, rows: Integers, places: Mapping[int, QuietPlace]
) -> tuple[Bytes, Integers]:
    """Return the records of the matters, one behind the other, and where each ends."""
    groups = range(len(columns.firsts))
    forms, form_ends = _joined([_record_of(places, g) for g in groups], RECORD_PIECES)
    room = len(columns.row) + len(columns.kept) + _longest(form_ends) * len(rows)
    out: Bytes = np.empty(room, np.uint8)
    ends: Integers = np.empty(len(rows), np.int64)
    write_records(
        columns.row,
        columns.spans,
        columns.kept,
        columns.kept_ends,
        columns.offsets,
        columns.groups,
        rows,
        forms,
        form_ends,
        out,
        ends,
    )
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
    where: Integers = np.zeros(len(columns.groups), np.int64)
    where[rows] = np.arange(len(rows))
    found = columns.by_partition(rows)
    ends, named_ends = found.counts.copy(), found.counts.copy()
    room = columns.room(rows, TOLD_EXTRA)
    values: Bytes = np.empty(room + len(records), np.uint8)
    named: Bytes = np.empty(room, np.uint8)
    write_told(
        columns.row,
        columns.spans,
        columns.ids,
        found.rows,
        ends,
        records,
        record_ends,
        where,
        values,
    )
    write_named(columns.row, columns.spans, found.rows, named_ends, named)
    told = zip(found.counts.tolist(), cut(values, ends), cut(named, named_ends), strict=True)
    return {
        partition: Told(4 * count, fields, 2 * count, names)
        for partition, (count, fields, names) in zip(found.partitions, told, strict=True)
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


def _longest(form_ends: Integers) -> int:
    """Return how many bytes an event takes beside its fields, at most."""
    return int((form_ends[:, -1] - form_ends[:, 0]).max(initial=0)) + FILLED_EXTRA


def _decision_of(places: Mapping[int, QuietPlace], group: int) -> Sequence[bytes]:
    place = places.get(group)
    return [b""] * DECISION_PIECES if place is None else place.decision_pieces


def _record_of(places: Mapping[int, QuietPlace], group: int) -> Sequence[bytes]:
    place = places.get(group)
    return [b""] * RECORD_PIECES if place is None else place.record_pieces


def _joined(forms: Sequence[Sequence[bytes]], pieces: int) -> tuple[Bytes, Integers]:
    """Return all pieces as one row of bytes, and for each form where its pieces begin and end."""
    joined = b"".join(piece for form in forms for piece in form)
    sizes = np.array([[len(piece) for piece in form] for form in forms], np.int64)
    ends = np.zeros((len(forms), pieces + 1), np.int64)
    if len(forms):
        flat = np.cumsum(sizes.reshape(-1)).reshape(sizes.shape)
        ends[:, 1:] = flat
        ends[:, 0] = flat[:, 0] - sizes[:, 0]
    return np.frombuffer(joined or b" ", np.uint8), ends
