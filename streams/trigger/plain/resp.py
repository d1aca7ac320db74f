"""What is asked of Redis and told to it about plain events, written as it goes over the wire."""

from typing import NamedTuple

from schemas.compiled import Bytes, Integers, compiled, copy_bytes, write_number
from schemas.plain_ids import ID_LENGTH
from schemas.plain_scan import APPLICATION, DEPARTMENT, SUBJECT

USCC_LENGTH = 18
_FRAME = 16  # `$`, up to ten digits and two line ends
# What the arguments of one event may take beside department, application and record.
ASKED_EXTRA = 3 * (_FRAME + USCC_LENGTH + 8) + ID_LENGTH
TOLD_EXTRA = 6 * (_FRAME + USCC_LENGTH + 8) + ID_LENGTH


class Told(NamedTuple):
    """What Redis is told of plain events in one partition, as RESP; the counts are of arguments."""

    fields: int
    values: bytes
    names: int
    named: bytes


@compiled
def write_asked(
    row: Bytes, spans: Integers, ids: Bytes, rows: Integers, out: Bytes, ends: Integers
) -> None:
    """Write the fields of `HMGET` for each event of *rows*: entries, matter, identity.

    Those of each event end at one of *ends*.
    """
    at = 0
    for place in range(rows.size):
        event = rows[place]
        at = _frame(out, at, 2 + USCC_LENGTH)
        at = _subject(row, spans, event, 101, out, at)  # e
        at = _end(out, at)
        at = _matter_field(row, spans, event, out, at)
        at = _identity_field(row, spans, ids, event, out, at)
        ends[place] = at


@compiled
def write_told(
    row: Bytes,
    spans: Integers,
    ids: Bytes,
    rows: Integers,
    records: Bytes,
    record_ends: Integers,
    order: Integers,
    out: Bytes,
    ends: Integers,
) -> None:
    """Write fields and values of `HSET` for each event of *rows*: its record, and its identity.

    *record_ends*: where each of *records* ends; *order*: which of them is that of each event. What
    is written about an event ends at one of *ends*.
    """
    at = 0
    for place in range(rows.size):
        event, record = rows[place], order[place]
        at = _matter_field(row, spans, event, out, at)
        begin = record_ends[record - 1] if record > 0 else 0
        at = _frame(out, at, record_ends[record] - begin)
        at = copy_bytes(records, begin, record_ends[record], out, at)
        at = _end(out, at)
        at = _identity_field(row, spans, ids, event, out, at)
        at = _frame(out, at, _matter_length(spans, event))
        at = write_matter(row, spans, event, out, at)
        at = _end(out, at)
        ends[place] = at


@compiled
def write_named(row: Bytes, spans: Integers, rows: Integers, out: Bytes, ends: Integers) -> None:
    """Write score and name for `ZADD` of the matter of each event of *rows*, as `write_asked`."""
    at = 0
    for place in range(rows.size):
        event = rows[place]
        at = _frame(out, at, 1)
        out[at] = 48
        at = _end(out, at + 1)
        at = _frame(out, at, USCC_LENGTH + 1 + _matter_length(spans, event))
        at = _name(row, spans, event, out, at)
        at = _end(out, at)
        ends[place] = at


@compiled
def write_matter(row: Bytes, spans: Integers, event: int, out: Bytes, at: int) -> int:
    """Write `<department>/<application>`, the id of a matter among those of its subject."""
    begin, end = spans[event, 2 * DEPARTMENT] + 1, spans[event, 2 * DEPARTMENT + 1] - 1
    at = copy_bytes(row, begin, end, out, at)
    out[at] = 47
    begin, end = spans[event, 2 * APPLICATION] + 1, spans[event, 2 * APPLICATION + 1] - 1
    return copy_bytes(row, begin, end, out, at + 1)


@compiled
def _matter_length(spans: Integers, event: int) -> int:
    department = spans[event, 2 * DEPARTMENT + 1] - spans[event, 2 * DEPARTMENT] - 2
    application = spans[event, 2 * APPLICATION + 1] - spans[event, 2 * APPLICATION] - 2
    return int(department + 1 + application)


@compiled
def _name(row: Bytes, spans: Integers, event: int, out: Bytes, at: int) -> int:
    begin = spans[event, 2 * SUBJECT] + 1
    at = copy_bytes(row, begin, begin + USCC_LENGTH, out, at)
    out[at] = 47
    return write_matter(row, spans, event, out, at + 1)


@compiled
def _matter_field(row: Bytes, spans: Integers, event: int, out: Bytes, at: int) -> int:
    at = _frame(out, at, 2 + USCC_LENGTH + 1 + _matter_length(spans, event))
    at = _subject(row, spans, event, 109, out, at)  # m
    out[at] = 47
    at = write_matter(row, spans, event, out, at + 1)
    return _end(out, at)


@compiled
def _identity_field(
    row: Bytes, spans: Integers, ids: Bytes, event: int, out: Bytes, at: int
) -> int:
    at = _frame(out, at, 2 + USCC_LENGTH + 1 + ID_LENGTH)
    at = _subject(row, spans, event, 105, out, at)  # i
    out[at] = 47
    at = copy_bytes(ids, event * ID_LENGTH, (event + 1) * ID_LENGTH, out, at + 1)
    return _end(out, at)


@compiled
def _subject(row: Bytes, spans: Integers, event: int, kind: int, out: Bytes, at: int) -> int:
    """Write `<kind>:<USCC>`, as a field of the cache begins."""
    out[at] = kind
    out[at + 1] = 58
    begin = spans[event, 2 * SUBJECT] + 1
    return copy_bytes(row, begin, begin + USCC_LENGTH, out, at + 2)


@compiled
def _frame(out: Bytes, at: int, length: int) -> int:
    out[at] = 36  # $
    return _end(out, write_number(length, out, at + 1))


@compiled
def _end(out: Bytes, at: int) -> int:
    out[at] = 13
    out[at + 1] = 10
    return at + 2
