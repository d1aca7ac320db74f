"""The plain events of one part of a batch, as columns: what is found, checked and asked at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from confluent_kafka import Message
from numpy.typing import NDArray

from schemas.compiled import Bytes, Integers
from schemas.dead_letter import MAX_CARRIED_BYTES
from schemas.plain_ids import ID_LENGTH
from schemas.plain_scan import (
    APPLICATION,
    CANON_EXTRA,
    DEPARTMENT,
    FIELDS,
    SUBJECT,
    TYPE,
)
from schemas.plain_text import FENCE
from streams.trigger.codes import CodeRows
from streams.trigger.plain.grouping import MOST_GROUPS, new_slots
from streams.trigger.plain.layout import lay_out
from streams.trigger.plain.resp import ASKED_EXTRA, write_asked

_NOT_PLAIN = -1
_NOTHING = b"{"  # stands for a message without a value, and is no event


@dataclass(frozen=True, slots=True)
class Limits:
    """How far behind or ahead of its arrival an event's time may be, in ms; and Kafka's layout."""

    ahead_ms: int
    behind_ms: int
    partitions: int


class ByPartition(NamedTuple):
    """Rows in the order of their *partitions*.

    `order`: which of the rows as they were each is. `counts`: how many are of each partition.
    """

    rows: Integers
    order: Integers
    partitions: list[int]
    counts: list[int]

    @property
    def lasts(self) -> Integers:
        """Return the place of the last row of each partition."""
        return np.cumsum(self.counts, dtype=np.int64) - 1

    def split(self) -> list[Integers]:
        """Return the rows of each partition."""
        places = zip(self.lasts.tolist(), self.counts, strict=True)
        return [self.rows[last + 1 - count : last + 1] for last, count in places]


class Columns:
    """The messages of a part, and of those that are plain where their fields lie.

    A row is a message. `groups` holds the group of each, -1 for what is not plain; `firsts` an
    example of each group. `inputs`: the last offset by topic and partition. `known`: entries,
    matter and identity of those of which Redis holds any.
    """

    def __init__(self, messages: Sequence[Message], limits: Limits) -> None:
        size = len(messages)
        raws = _values(messages)
        self.keys = [message.key() for message in messages]
        self.topics = [message.topic() or "" for message in messages]
        self.partitions = np.array([message.partition() for message in messages], np.int64)
        self.offsets = np.array([message.offset() or 0 for message in messages], np.int64)
        places = self._places()
        self.inputs = self._last_offsets(places)
        self._joined = b"".join([*raws, FENCE])
        self.row: Bytes = np.frombuffer(self._joined, np.uint8)
        ends = np.cumsum([len(raw) for raw in raws], dtype=np.int64)
        stamps = np.array([message.timestamp()[1] for message in messages], np.int64)
        codes = CodeRows(self.keys)
        self.hashes = codes.hashes()
        at_home = (codes.homes(limits.partitions) == self.partitions).view(np.uint8)
        self.spans: Integers = np.empty((size, 2 * FIELDS), np.int64)
        self.millis: Integers = np.zeros(size, np.int64)
        self.kept: Bytes = np.empty(len(self._joined) + CANON_EXTRA * size, np.uint8)
        self.kept_ends: Integers = np.empty(size, np.int64)
        self.ids: Bytes = np.empty(size * ID_LENGTH, np.uint8)
        self.groups: Integers = np.empty(size, np.int64)
        self.firsts: Integers = np.empty(MOST_GROUPS, np.int64)
        scanned = self.row, ends, self.spans, self.millis, self.kept, self.kept_ends
        checked = codes.rows.reshape(-1), at_home, stamps, limits.ahead_ms, limits.behind_ms
        count = lay_out(*scanned, *checked, self.ids, places, self.groups, self.firsts, new_slots())
        self.firsts = self.firsts[:count]
        self._named: Integers = self._length_of(DEPARTMENT) + self._length_of(APPLICATION)
        self.known: dict[int, tuple[bytes | None, ...]] = {}
        self._asked: list[Integers] = []

    def _places(self) -> Integers:
        """Return topic and partition of each as one number."""
        known = {topic: number for number, topic in enumerate(dict.fromkeys(self.topics))}
        topics = np.array([known[topic] for topic in self.topics], np.int64)
        return topics * (int(self.partitions.max(initial=0)) + 1) + self.partitions

    def _last_offsets(self, places: Integers) -> dict[tuple[str, int], int]:
        last = np.full(int(places.max(initial=0)) + 1, -1)
        last[places] = np.arange(len(places))  # the last of each is written last
        rows = last[last >= 0].tolist()
        return {
            (self.topics[row], int(self.partitions[row])): int(self.offsets[row]) for row in rows
        }

    def _length_of(self, field: int) -> Integers:
        lengths: Integers = self.spans[:, 2 * field + 1] - self.spans[:, 2 * field]
        return lengths

    def drop_group(self, group: int) -> None:
        """Leave the events of *group* to the exact look."""
        self.groups[self.groups == group] = _NOT_PLAIN

    def text(self, row: int, field: int) -> str:
        """Return a field of a plain event."""
        begin, end = self.spans[row, 2 * field], self.spans[row, 2 * field + 1]
        return self._joined[begin + 1 : end - 1].decode()

    def place_of(self, group: int) -> tuple[str, str, str]:
        """Return topic, type and department of a group."""
        first = int(self.firsts[group])
        return self.topics[first], self.text(first, TYPE), self.text(first, DEPARTMENT)

    def subject(self, row: int) -> str:
        """Return the USCC of a plain event."""
        return self.text(row, SUBJECT)

    def matter(self, row: int) -> str:
        """Return the id of a plain event's matter."""
        return f"{self.text(row, DEPARTMENT)}/{self.text(row, APPLICATION)}"

    def decision_id(self, row: int) -> str:
        """Return the id of the decision on a plain event."""
        return self.ids[row * ID_LENGTH : (row + 1) * ID_LENGTH].tobytes().decode()

    def asked(self) -> dict[int, tuple[int, bytes]]:
        """Return what to ask Redis, by partition: how many fields, and the fields as RESP.

        Entries, matter and identity of each plain event.
        """
        found = self.by_partition(self.plain_rows())
        out: Bytes = np.empty(self.room(found.rows, ASKED_EXTRA), np.uint8)
        ends: Integers = np.empty(len(found.rows), np.int64)
        write_asked(self.row, self.spans, self.ids, found.rows, out, ends)
        self._asked = found.split()
        asked = zip(found.counts, cut(out, ends[found.lasts]), strict=True)
        return {
            partition: (3 * count, fields)
            for partition, (count, fields) in zip(found.partitions, asked, strict=True)
        }

    def answered(self, answers: Sequence[list[bytes | None]]) -> None:
        """Take what Redis answered to `asked`, in its order: of most it holds nothing."""
        for rows, values in zip(self._asked, answers, strict=True):
            places = {place // 3 for place, value in enumerate(values) if value is not None}
            for place in places:
                self.known[int(rows[place])] = tuple(values[3 * place : 3 * place + 3])

    def plain_rows(self) -> Integers:
        """Return the rows that are plain."""
        return np.flatnonzero(self.groups >= 0)

    def by_partition(self, rows: Integers) -> ByPartition:
        """Return *rows* in the order of their partitions."""
        partitions = self.partitions[rows]
        order = np.argsort(partitions, kind="stable")
        found, counts = np.unique(partitions, return_counts=True)
        return ByPartition(rows[order], order, found.tolist(), counts.tolist())

    def room(self, rows: Integers, extra: int) -> int:
        """Return in how many bytes department and application fit three times, and *extra* each."""
        return 3 * int(self._named[rows].sum()) + extra * len(rows)


def _values(messages: Sequence[Message]) -> list[bytes]:
    """Return the value of each message, `_NOTHING` where it has none or a very large one."""
    values = [message.value() or _NOTHING for message in messages]
    if max(map(len, values), default=0) <= MAX_CARRIED_BYTES:
        return values
    return [value if len(value) <= MAX_CARRIED_BYTES else _NOTHING for value in values]


def cut(out: Bytes, ends: Integers) -> list[bytes]:
    """Return the texts that lie one behind the other in *out*, given where each ends."""
    places = ends.tolist()
    if not places:
        return []
    text = out[: places[-1]].tobytes()  # cut as bytes: two thirds of what cutting the array costs
    return [text[begin:end] for begin, end in zip([0, *places], places, strict=False)]


def hashes_of(subjects: Iterable[str]) -> NDArray[np.uint64]:
    """Return what tells subjects apart in `Columns.hashes`, for other *subjects*."""
    return CodeRows([subject.encode() for subject in subjects]).hashes()
