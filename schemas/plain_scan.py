"""Where the fields of plain events lie, found by compiled code that reads a batch of them at once.

Plain is what most departments send: an event without consortium and strange keys, its time at
+08:00, nothing escaped but the Chinese of names. The rules are those of the contract or stricter.
Whatever is not plain is no fault: the exact parser (`incoming`) says what it is.
"""

import numpy as np

from schemas.base import MAX_FEN, MAX_NAME, MAX_SHORT
from schemas.compiled import Bytes, Integers, byte_at, compiled, copy_bytes, same_bytes
from schemas.plain_person import may_name_person
from schemas.plain_text import copy_text, read_any_text, read_text
from schemas.plain_time import read_plain_instant

# The columns of `spans`, two each: where a field begins and ends, with its quotes.
ID, SOURCE, TYPE, SUBJECT, TIME, TRACE, DEPARTMENT, ITEM, APPLICATION = range(9)
FIELDS = 9
MAX_ATTRIBUTES = 16  # more are allowed, and left to the exact parser
MAX_VALUE = 2048
CANON_EXTRA = 96  # what the kept form of `data` may be longer than the sent one


def _texts(*names: str) -> tuple[Bytes, Integers]:
    joined = "".join(names).encode()
    ends = np.cumsum([0, *(len(name.encode()) for name in names)]).astype(np.int64)
    return np.frombuffer(joined, np.uint8).copy(), ends


_ENVELOPE, _ENVELOPE_ENDS = _texts(
    *("id", "source", "type", "subject", "time", "traceparent"),
    *("specversion", "datacontenttype", "data"),
)
_SPECVERSION, _CONTENT_TYPE, _DATA_KEY = 6, 7, 8
_NEEDED = 0b101011111  # all but traceparent and datacontenttype
_DATA, _DATA_ENDS = _texts(
    *("department", "item_code", "item_name", "application_no", "subject_name"),
    *("amount_fen", "region", "attributes"),
)
_ITEM_CODE, _ITEM_NAME, _APPLICATION_NO, _SUBJECT_NAME, _AMOUNT, _REGION, _ATTRIBUTES = range(1, 8)
_DATA_FIELDS, _DATA_NEEDED = 8, 0b11111
_FIXED, _FIXED_ENDS = _texts('"1.0"', '"application/json"')
# The kept form of `data`, as `lean.encode_sorted` writes it: what stands before each of its fields.
_KEPT, _KEPT_ENDS = _texts(
    *('{"department":', ',"item_code":', ',"item_name":', ',"application_no":'),
    *(',"subject_name":', ',"amount_fen":', ',"region":', ',"members":[],"attributes":{', "}}"),
    "null",
)
_NULL = 9


@compiled
def scan_events(
    row: Bytes, ends: Integers, spans: Integers, millis: Integers, kept: Bytes, kept_ends: Integers
) -> None:
    """Find the fields of each event in *row*, one behind the other, each ending at one of *ends*.

    `FENCE` stands behind the last. *spans*: (events, 2 x FIELDS); the first column is -1 where an
    event is not plain. *millis*: its instant in ms since 1970. *kept*: its data as it is kept,
    each ending at one of *kept_ends*.
    """
    found = np.empty(2 * _DATA_FIELDS, np.int64)
    attributes = np.empty((MAX_ATTRIBUTES, 4), np.int64)
    begin = 0
    at = 0
    for event in range(ends.size):
        end = ends[event]
        spans[event, :] = 0
        count = _scan(row, begin, end, spans[event], found, attributes)
        if count >= 0 and not may_name_person(row, begin, end):
            instant = read_plain_instant(row, spans[event, 2 * TIME], spans[event, 2 * TIME + 1])
            if instant >= 0:
                millis[event] = instant
                at = _write_kept(row, found, attributes, count, kept, at)
            else:
                spans[event, 0] = -1
        else:
            spans[event, 0] = -1
        kept_ends[event] = at
        begin = end


@compiled
def _scan(
    row: Bytes, begin: int, end: int, spans: Integers, found: Integers, attributes: Integers
) -> int:
    """Read one envelope; return how many attributes it has, -1 if it is not plain."""
    count = 0
    seen = 0
    at = begin
    if at >= end or byte_at(row, at) != 123:  # {
        return -1
    at += 1
    while True:
        at = _skip(row, at, end)
        name = at
        at, _ = read_text(row, at, end)
        if at < 0:
            return -1
        key = _key(row, name, at, _ENVELOPE, _ENVELOPE_ENDS)
        if key < 0 or seen >> key & 1:
            return -1
        seen |= 1 << key
        at = _colon(row, at, end)
        if at < 0:
            return -1
        if key == _DATA_KEY:
            at, count = _scan_data(row, at, end, spans, found, attributes)
            if at < 0:
                return -1
        else:
            value = at
            at, length = read_text(row, at, end)
            if at < 0 or length < 1 or length > MAX_NAME:
                return -1
            if key >= _SPECVERSION:
                fixed = key - _SPECVERSION
                size = _FIXED_ENDS[fixed + 1] - _FIXED_ENDS[fixed]
                if at - value != size:
                    return -1
                if not same_bytes(row, value, _FIXED, _FIXED_ENDS[fixed], size):
                    return -1
            else:
                if (key == TYPE or key == TRACE) and length > MAX_SHORT:
                    return -1
                spans[2 * key], spans[2 * key + 1] = value, at
        at = _skip(row, at, end)
        if at >= end:
            return -1
        if byte_at(row, at) == 125:  # }
            break
        if byte_at(row, at) != 44:  # ,
            return -1
        at += 1
    if at + 1 != end or seen & _NEEDED != _NEEDED:
        return -1
    return count


@compiled
def _scan_data(
    row: Bytes, at: int, end: int, spans: Integers, found: Integers, attributes: Integers
) -> tuple[int, int]:
    """Read `data`; return where it ends, -1 if it is not plain, and how many attributes it has."""
    found[:] = 0
    count = 0
    seen = 0
    if at >= end or byte_at(row, at) != 123:
        return -1, 0
    at += 1
    while True:
        at = _skip(row, at, end)
        name = at
        at, _ = read_text(row, at, end)
        if at < 0:
            return -1, 0
        key = _key(row, name, at, _DATA, _DATA_ENDS)
        if key < 0 or seen >> key & 1:
            return -1, 0
        seen |= 1 << key
        at = _colon(row, at, end)
        if at < 0:
            return -1, 0
        value = at
        if key == _ATTRIBUTES:
            at, count = _scan_attributes(row, at, end, attributes)
        elif key == _AMOUNT:
            at = _integer(row, at, end)
            if at >= 0 and byte_at(row, value) == 45:  # -
                return -1, 0
        else:
            at, length = read_any_text(
                row, at, end, int(key in (_ITEM_NAME, _SUBJECT_NAME, _REGION))
            )
            most = MAX_NAME if key in (_ITEM_NAME, _SUBJECT_NAME) else MAX_SHORT
            if at < 0 or length < 1 or length > most:
                return -1, 0
        if at < 0:
            return -1, 0
        found[2 * key], found[2 * key + 1] = value, at
        at = _skip(row, at, end)
        if at >= end:
            return -1, 0
        if byte_at(row, at) == 125:
            break
        if byte_at(row, at) != 44:
            return -1, 0
        at += 1
    if seen & _DATA_NEEDED != _DATA_NEEDED:
        return -1, 0
    spans[2 * DEPARTMENT], spans[2 * DEPARTMENT + 1] = found[0], found[1]
    spans[2 * ITEM], spans[2 * ITEM + 1] = found[2 * _ITEM_CODE], found[2 * _ITEM_CODE + 1]
    spans[2 * APPLICATION] = found[2 * _APPLICATION_NO]
    spans[2 * APPLICATION + 1] = found[2 * _APPLICATION_NO + 1]
    return at + 1, count


@compiled
def _scan_attributes(row: Bytes, at: int, end: int, attributes: Integers) -> tuple[int, int]:
    """Read the flat map of attributes, sorted by key; return where it ends, and their number."""
    count = 0
    if at >= end or byte_at(row, at) != 123:
        return -1, 0
    at = _skip(row, at + 1, end)
    if at < end and byte_at(row, at) == 125:
        return at + 1, 0
    while True:
        at = _skip(row, at, end)
        name = at
        at, length = read_text(row, at, end)
        if at < 0 or length < 1 or length > MAX_SHORT or count == MAX_ATTRIBUTES:
            return -1, 0
        name_end = at
        at = _colon(row, at, end)
        if at < 0:
            return -1, 0
        value = at
        if byte_at(row, at) == 34:  # "
            at, length = read_any_text(row, at, end, 1)
            if length > MAX_VALUE:
                return -1, 0
        elif byte_at(row, at) == 116 or byte_at(row, at) == 102:  # t, f
            at = _truth(row, at, end)
        else:
            at = _integer(row, at, end)
        if at < 0:
            return -1, 0
        place = count
        while place > 0:
            order = _compare(
                row, name, name_end, attributes[place - 1, 0], attributes[place - 1, 1]
            )
            if order == 0:
                return -1, 0
            if order > 0:
                break
            attributes[place, :] = attributes[place - 1, :]
            place -= 1
        attributes[place, 0], attributes[place, 1] = name, name_end
        attributes[place, 2], attributes[place, 3] = value, at
        count += 1
        at = _skip(row, at, end)
        if at >= end:
            return -1, 0
        if byte_at(row, at) == 125:
            return at + 1, count
        if byte_at(row, at) != 44:
            return -1, 0
        at += 1


@compiled
def _compare(row: Bytes, one: int, one_end: int, other: int, other_end: int) -> int:
    """Return how two texts, given with their quotes, are ordered: below 0, 0, above 0."""
    one_end, other_end = one_end - 1, other_end - 1  # the closing quotes are no part of them
    for place in range(1, min(one_end - one, other_end - other)):
        difference = (byte_at(row, one + place)) - (byte_at(row, other + place))
        if difference != 0:
            return difference
    return (one_end - one) - (other_end - other)


@compiled
def _skip(row: Bytes, at: int, end: int) -> int:
    while at < end and byte_at(row, at) == 32:
        at += 1
    return at


@compiled
def _colon(row: Bytes, at: int, end: int) -> int:
    """Return where the value behind a colon begins, -1 if there is none."""
    at = _skip(row, at, end)
    if at >= end or byte_at(row, at) != 58:
        return -1
    at = _skip(row, at + 1, end)
    return at if at < end else -1


@compiled
def _key(row: Bytes, begin: int, end: int, names: Bytes, name_ends: Integers) -> int:
    """Return which of *names* stands there in quotes, -1 if none does."""
    length = end - begin - 2
    for key in range(name_ends.size - 1):
        if name_ends[key + 1] - name_ends[key] == length:
            if same_bytes(row, begin + 1, names, name_ends[key], length):
                return key
    return -1


@compiled
def _truth(row: Bytes, at: int, end: int) -> int:
    """Return where `true` or `false` ends, -1 if it is neither."""
    if (
        at + 4 < end
        and byte_at(row, at) == 116
        and byte_at(row, at + 1) == 114
        and byte_at(row, at + 2) == 117
    ):
        return at + 4 if byte_at(row, at + 3) == 101 else -1
    if (
        at + 5 < end
        and byte_at(row, at) == 102
        and byte_at(row, at + 1) == 97
        and byte_at(row, at + 2) == 108
    ):
        return at + 5 if byte_at(row, at + 3) == 115 and byte_at(row, at + 4) == 101 else -1
    return -1


@compiled
def _integer(row: Bytes, at: int, end: int) -> int:
    """Return where an integer of up to 2^53 - 1 ends, as JSON writes it shortest, or -1."""
    begin = at
    if byte_at(row, at) == 45:
        at += 1
        if at >= end or byte_at(row, at) == 48:  # -0 is kept as 0
            return -1
    first = at
    number = 0
    while at < end and 48 <= byte_at(row, at) <= 57:
        number = number * 10 + ((byte_at(row, at)) - 48)
        at += 1
        if at - first > 16:
            return -1
    if at == first or number > MAX_FEN or (byte_at(row, first) == 48 and at > begin + 1):
        return -1
    return at


@compiled
def _write_kept(
    row: Bytes, found: Integers, attributes: Integers, count: int, kept: Bytes, at: int
) -> int:
    """Write `data` as it is kept: all fields in order, attributes by key; return its end."""
    for field in range(_ATTRIBUTES):
        at = copy_bytes(_KEPT, _KEPT_ENDS[field], _KEPT_ENDS[field + 1], kept, at)
        begin, end = found[2 * field], found[2 * field + 1]
        if end > begin:
            at = copy_text(row, begin, end, kept, at)
        else:
            at = copy_bytes(_KEPT, _KEPT_ENDS[_NULL], _KEPT_ENDS[_NULL + 1], kept, at)
    at = copy_bytes(_KEPT, _KEPT_ENDS[7], _KEPT_ENDS[8], kept, at)
    for place in range(count):
        if place > 0:
            kept[at] = 44
            at += 1
        at = copy_bytes(row, attributes[place, 0], attributes[place, 1], kept, at)
        kept[at] = 58
        at = copy_text(row, attributes[place, 2], attributes[place, 3], kept, at + 1)
    return copy_bytes(_KEPT, _KEPT_ENDS[8], _KEPT_ENDS[9], kept, at)
