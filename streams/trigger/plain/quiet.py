"""What is written about the plain events on which nothing known bears: all of a part at once."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas import topics
from schemas.compiled import Bytes, Integers
from schemas.times import day_number
from streams.trigger.outbox import HEADERS
from streams.trigger.plain.columns import Columns
from streams.trigger.plain.filling import (
    BETWEEN,
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
_BETWEEN = bytes([BETWEEN])
_KIND: Bytes = np.frombuffer(b"/matter/", np.uint8).copy()


class Quiet:
    """Decisions and records of the rows of *columns* that stay quiet; `places` by group."""

    def __init__(self, columns: Columns, rows: Integers, places: Mapping[int, QuietPlace]) -> None:
        self.columns = columns
        self.rows = rows
        self._write(places)

    def _write(self, places: Mapping[int, QuietPlace]) -> None:
        columns, rows = self.columns, self.rows
        groups = len(columns.firsts)
        forms, ends = _joined([_decision_of(places, g) for g in range(groups)], DECISION_PIECES)
        longest = int((ends[:, -1] - ends[:, 0]).max(initial=0))
        spans = columns.spans[rows]
        own = int((spans[:, 1::2] - spans[:, 0::2]).sum())
        out: Bytes = np.empty(own + (longest + FILLED_EXTRA) * len(rows), np.uint8)
        ended: Integers = np.empty(len(rows), np.int64)
        common = columns.offsets, columns.groups, rows
        write_decisions(columns.row, columns.spans, columns.ids, *common, forms, ends, out, ended)
        self.decisions = _cut(out, _end_of(ended))
        forms, ends = _joined([_record_of(places, g) for g in range(groups)], RECORD_PIECES)
        longest = int((ends[:, -1] - ends[:, 0]).max(initial=0))
        room = own + len(columns.kept) + (longest + FILLED_EXTRA) * len(rows)
        self._records: Bytes = np.empty(room, np.uint8)
        self._record_ends: Integers = np.empty(len(rows), np.int64)
        write_records(
            columns.row,
            columns.spans,
            columns.kept,
            columns.kept_ends,
            *common,
            forms,
            ends,
            self._records,
            self._record_ends,
        )
        self.records = _cut(self._records, _end_of(self._record_ends))
        keys: Bytes = np.empty(columns.room(rows, KEY_EXTRA), np.uint8)
        end = write_keys(columns.row, columns.spans, _KIND, rows, keys)
        self.keys = _cut(keys, end)

    def told(self) -> dict[int, Told]:
        """Return what Redis is told, by partition."""
        columns = self.columns
        where: Integers = np.zeros(len(columns.groups), np.int64)
        where[self.rows] = np.arange(len(self.rows))
        partitions = columns.partitions[self.rows]
        found = {}
        for partition in sorted(set(partitions.tolist())):
            rows = self.rows[partitions == partition]
            room = columns.room(rows, TOLD_EXTRA)
            values: Bytes = np.empty(room + len(self._records), np.uint8)
            named: Bytes = np.empty(room, np.uint8)
            common = columns.row, columns.spans
            size = write_told(
                *common, columns.ids, rows, self._records, self._record_ends, where, values
            )
            names = write_named(*common, rows, named)
            count = len(rows)
            told = values[:size].tobytes(), 2 * count, named[:names].tobytes()
            found[partition] = Told(4 * count, *told)
        return found

    def counted(self) -> list[tuple[int, int, int, int]]:
        """Return how many there are of each group and day: group, day, number, last offset.

        Days are ordinals, as `date.toordinal` has them.
        """
        columns, rows = self.columns, self.rows
        days = day_number(columns.millis[rows])
        first = int(days.min(initial=0))
        span = int(days.max(initial=0)) - first + 1
        kinds, which, counts = np.unique(
            columns.groups[rows] * span + (days - first), return_inverse=True, return_counts=True
        )
        last = np.zeros(len(kinds), np.int64)
        last[which] = columns.offsets[rows]  # the newest of each is written last
        return [
            (kind // span, kind % span + first, count, offset)
            for kind, count, offset in zip(
                kinds.tolist(), counts.tolist(), last.tolist(), strict=True
            )
        ]

    def messages(self) -> list[Record]:
        """Return decision and state record of each, one after the other, in order."""
        keys = self.columns.keys
        partitions = self.columns.partitions[self.rows].tolist()
        found: list[Record] = [_NO_RECORD] * (2 * len(partitions))
        found[0::2] = [
            (topics.DECISIONS, partition, keys[row], decision, HEADERS)
            for row, partition, decision in zip(
                self.rows.tolist(), partitions, self.decisions, strict=True
            )
        ]
        found[1::2] = [
            (topics.STATE, partition, key, record, None)
            for partition, key, record in zip(partitions, self.keys, self.records, strict=True)
        ]
        return found

    def hashes(self) -> NDArray[np.uint64]:
        """Return the hashes of the subjects."""
        return self.columns.hashes[self.rows]


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


def _end_of(ends: Integers) -> int:
    """Return where the last text ends, its `BETWEEN` included."""
    return int(ends[-1]) + 1 if len(ends) else 0


def _cut(out: Bytes, end: int) -> list[bytes]:
    """Return the texts before *end*, each of which has `BETWEEN` behind it."""
    return out[:end].tobytes().split(_BETWEEN)[:-1]
