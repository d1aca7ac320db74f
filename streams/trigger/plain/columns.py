"""The plain events of one part of a batch, as columns: what is found, checked and asked at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from confluent_kafka import Message
from numpy.typing import NDArray

from schemas.compiled import Bytes, Integers
from schemas.dead_letter import MAX_CARRIED_BYTES
from schemas.plain_ids import ID_LENGTH, name_decisions
from schemas.plain_scan import (
    APPLICATION,
    CANON_EXTRA,
    DEPARTMENT,
    FIELDS,
    SUBJECT,
    TYPE,
    scan_events,
)
from schemas.plain_text import FENCE
from streams.trigger.codes import CodeRows
from streams.trigger.plain.grouping import MOST_GROUPS, group_events, new_slots
from streams.trigger.plain.resp import ASKED_EXTRA, USCC_LENGTH, write_asked

_QUOTED = USCC_LENGTH + 2
_NOT_PLAIN = -1
_NOTHING = b"{"  # stands for a message without a value, and is no event


@dataclass(frozen=True, slots=True)
class Limits:
    """How far behind or ahead of its arrival an event's time may be, in ms; and Kafka's layout."""

    ahead_ms: int
    behind_ms: int
    partitions: int


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
        offsets = [message.offset() or 0 for message in messages]
        self.offsets = np.array(offsets, np.int64)
        places = zip(self.topics, self.partitions.tolist(), strict=True)
        self.inputs: dict[tuple[str, int], int] = dict(zip(places, offsets, strict=True))
        self._joined = b"".join([*raws, FENCE])
        self.row: Bytes = np.frombuffer(self._joined, np.uint8)
        ends = np.cumsum([len(raw) for raw in raws], dtype=np.int64)
        self.spans: Integers = np.empty((size, 2 * FIELDS), np.int64)
        self.millis: Integers = np.zeros(size, np.int64)
        self.kept: Bytes = np.empty(len(self._joined) + CANON_EXTRA * size, np.uint8)
        self.kept_ends: Integers = np.empty(size, np.int64)
        scan_events(self.row, ends, self.spans, self.millis, self.kept, self.kept_ends)
        codes = CodeRows(self.keys)
        self.hashes = codes.hashes()
        stamps = np.array([message.timestamp()[1] for message in messages], np.int64)
        age = stamps - self.millis
        self._drop(
            ~self._names_its_key(codes.rows)
            | (codes.homes(limits.partitions) != self.partitions)
            | (age < -limits.ahead_ms)
            | (age > limits.behind_ms)
        )
        self.ids: Bytes = np.empty(size * ID_LENGTH, np.uint8)
        name_decisions(self.row, self.spans, self.ids)
        self.groups: Integers = np.empty(size, np.int64)
        self.firsts: Integers = np.empty(MOST_GROUPS, np.int64)
        count = group_events(
            self.row, self.spans, self._places(), self.groups, self.firsts, new_slots()
        )
        self.firsts = self.firsts[:count]
        self.known: dict[int, tuple[bytes | None, ...]] = {}
        self._asked: list[Integers] = []

    def _names_its_key(self, keys: Bytes) -> NDArray[np.bool_]:
        """Tell for each row whether it is plain and its subject is its key."""
        begins, ends = self.spans[:, 2 * SUBJECT], self.spans[:, 2 * SUBJECT + 1]
        fits = (self.spans[:, 0] >= 0) & (ends - begins == _QUOTED)
        places = np.where(fits, begins + 1, 0)[:, None] + np.arange(USCC_LENGTH)
        subjects = self.row[np.minimum(places, len(self.row) - 1)]
        same: NDArray[np.bool_] = fits & np.all(subjects == keys, axis=1)
        return same

    def _places(self) -> Integers:
        known = {topic: number for number, topic in enumerate(dict.fromkeys(self.topics))}
        topics = np.array([known[topic] for topic in self.topics], np.int64)
        return topics * (int(self.partitions.max(initial=0)) + 1) + self.partitions

    def _drop(self, rows: NDArray[np.bool_]) -> None:
        self.spans[rows, 0] = _NOT_PLAIN

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
        found = {}
        plain = self.plain_rows()
        partitions = self.partitions[plain]
        for partition in sorted(set(partitions.tolist())):
            rows = plain[partitions == partition]
            out: Bytes = np.empty(self.room(rows, ASKED_EXTRA), np.uint8)
            size = write_asked(self.row, self.spans, self.ids, rows, out)
            self._asked.append(rows)
            found[partition] = 3 * len(rows), out[:size].tobytes()
        return found

    def answered(self, answers: Sequence[list[bytes | None]]) -> None:
        """Take what Redis answered to `asked`, in its order: of most it holds nothing."""
        for rows, values in zip(self._asked, answers, strict=True):
            places = {place // 3 for place, value in enumerate(values) if value is not None}
            for place in places:
                self.known[int(rows[place])] = tuple(values[3 * place : 3 * place + 3])

    def plain_rows(self) -> Integers:
        """Return the rows that are plain."""
        return np.flatnonzero(self.groups >= 0)

    def room(self, rows: Integers, extra: int) -> int:
        """Return in how many bytes department and application fit three times, and *extra* each."""
        spans = self.spans[rows]
        own = spans[:, 2 * DEPARTMENT + 1] - spans[:, 2 * DEPARTMENT]
        own += spans[:, 2 * APPLICATION + 1] - spans[:, 2 * APPLICATION]
        return int(3 * own.sum()) + extra * len(rows)


def _values(messages: Sequence[Message]) -> list[bytes]:
    """Return the value of each message, `_NOTHING` where it has none or a very large one."""
    values = [message.value() or _NOTHING for message in messages]
    if max(map(len, values), default=0) <= MAX_CARRIED_BYTES:
        return values
    return [value if len(value) <= MAX_CARRIED_BYTES else _NOTHING for value in values]


def hashes_of(subjects: Iterable[str]) -> NDArray[np.uint64]:
    """Return what tells subjects apart in `Columns.hashes`, for other *subjects*."""
    return CodeRows([subject.encode() for subject in subjects]).hashes()
