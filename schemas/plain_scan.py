"""Where the fields of plain events lie, found by compiled code that reads a batch of them at once.

Plain is what most departments send: an event without consortium and strange keys, its time at
+08:00, nothing escaped but the Chinese of names. The rules are those of the contract or stricter.
Whatever is not plain is no fault: the exact parser (`incoming`) says what it is.
"""

import numpy as np

from schemas.base import MAX_FEN, MAX_NAME, MAX_SHORT
from schemas.compiled import Bytes, Integers, byte_at, compiled, copy_bytes, same_bytes
from schemas.uscc import BIRTH_YEARS

# The columns of `spans`, two each: where a field begins and ends, with its quotes.
ID, SOURCE, TYPE, SUBJECT, TIME, TRACE, DEPARTMENT, ITEM, APPLICATION = range(9)
FIELDS = 9
MAX_ATTRIBUTES = 16  # more are allowed, and left to the exact parser
MAX_VALUE = 2048
CANON_EXTRA = 96  # what the kept form of `data` may be longer than the sent one

_NOTHING, _ESCAPES_ALONE, _A_NUMBER = range(3)
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_BIRTH_FROM, _BIRTH_UNTIL = BIRTH_YEARS.start, BIRTH_YEARS.stop


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
# Bytes that mean nothing but themselves: within a text, and where a number may stand.
_ORDINARY = np.array([32 <= byte < 128 and byte not in b'"\\' for byte in range(256)])
_DULL = np.array([byte not in b"0123456789\\\xef" for byte in range(256)])
# Stands behind the last event, so that a search needs no look at the end: neither of the above.
FENCE = b"\\"


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
        if count >= 0 and not _may_name_person(row, begin, end):
            instant = _instant(row, spans[event, 2 * TIME], spans[event, 2 * TIME + 1])
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
        at, _ = _text(row, at, end)
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
            at, length = _text(row, at, end)
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
        at, _ = _text(row, at, end)
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
            at, length = _any_text(row, at, end, int(key in (_ITEM_NAME, _SUBJECT_NAME, _REGION)))
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
        at, length = _text(row, at, end)
        if at < 0 or length < 1 or length > MAX_SHORT or count == MAX_ATTRIBUTES:
            return -1, 0
        name_end = at
        at = _colon(row, at, end)
        if at < 0:
            return -1, 0
        value = at
        if byte_at(row, at) == 34:  # "
            at, length = _any_text(row, at, end, 1)
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
def _text(row: Bytes, at: int, end: int) -> tuple[int, int]:
    """Read a text without escapes; return where it ends, -1 if it is not plain, and its length.

    The length counts characters. Its bytes are sound UTF-8.
    """
    return _any_text(row, at, end, 0)


@compiled
def _any_text(row: Bytes, at: int, end: int, escapes: int) -> tuple[int, int]:
    """Read a text as `_text` does; if *escapes* is 1 its Chinese may be escaped."""
    if at >= end or byte_at(row, at) != 34:
        return -1, 0
    at += 1
    length = 0
    while True:
        begin = at
        while _ORDINARY[row[np.uint64(at)]]:
            at += 1
        if at >= end:
            return -1, 0
        length += at - begin
        byte = byte_at(row, at)
        if byte == 34:
            return at + 1, length
        if byte < 32:  # control
            return -1, 0
        if byte == 92:  # backslash
            if escapes == 0:
                return -1, 0
            at, _ = _escaped(row, at, end)
        else:
            at = _after_wide(row, at, end)
        if at < 0:
            return -1, 0
        length += 1


@compiled
def _escaped(row: Bytes, at: int, end: int) -> tuple[int, int]:
    """Read an escaped character; return where it ends, -1 if it is not plain, and its number.

    Plain are those that no number can be written with, and that are not escaped when written again.
    """
    unit = _unit(row, at, end)
    if unit < 0x80 or unit == 0xA0 or unit == 0x200B or unit == 0x3000 or unit >= 0xFF00:
        return -1, 0
    if unit < 0xD800 or unit > 0xDFFF:
        return at + 6, unit
    low = _unit(row, at + 6, end)
    if unit > 0xDBFF or low < 0xDC00 or low > 0xDFFF:
        return -1, 0
    return at + 12, 0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00


@compiled
def _unit(row: Bytes, at: int, end: int) -> int:
    """Return the number of an escape of four digits, -1 if none stands there."""
    if at + 6 > end or byte_at(row, at) != 92 or byte_at(row, at + 1) != 117:
        return -1
    unit = 0
    for place in range(at + 2, at + 6):
        digit = byte_at(row, place)
        if 48 <= digit <= 57:
            unit = unit * 16 + digit - 48
        elif 97 <= digit | 32 <= 102:  # a letter, large or small
            unit = unit * 16 + (digit | 32) - 87
        else:
            return -1
    return unit


@compiled
def _copy_text(row: Bytes, begin: int, end: int, kept: Bytes, at: int) -> int:
    """Copy a text, its escapes as UTF-8; return where the next goes."""
    while begin < end:
        byte = byte_at(row, begin)
        if byte != 92:
            kept[np.uint64(at)] = byte
            begin, at = begin + 1, at + 1
            continue
        begin, character = _escaped(row, begin, end)
        if character < 0x800:
            kept[at] = 0xC0 | character >> 6
            at += 1
        else:
            if character < 0x10000:
                kept[at] = 0xE0 | character >> 12
                at += 1
            else:
                kept[at] = 0xF0 | character >> 18
                kept[at + 1] = 0x80 | character >> 12 & 63
                at += 2
            kept[at] = 0x80 | character >> 6 & 63
            at += 1
        kept[at] = 0x80 | character & 63
        at += 1
    return at


@compiled
def _after_wide(row: Bytes, at: int, end: int) -> int:
    """Return where a character of several bytes ends, -1 if it is no UTF-8 (RFC 3629)."""
    first = byte_at(row, at)
    if first < 0xC2 or first > 0xF4 or at + 3 >= end:
        return -1
    second = byte_at(row, at + 1)
    if second & 0xC0 != 0x80:
        return -1
    if first < 0xE0:
        return at + 2
    if byte_at(row, at + 2) & 0xC0 != 0x80:
        return -1
    if first < 0xF0:
        if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
            return -1
        return at + 3
    if byte_at(row, at + 3) & 0xC0 != 0x80:
        return -1
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return -1
    return at + 4


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
def _two(row: Bytes, at: int) -> int:
    """Return the number of two digits, 10000 if they are none."""
    tens, ones = (byte_at(row, at)) - 48, (byte_at(row, at + 1)) - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return 10_000
    return tens * 10 + ones


@compiled
def _instant(row: Bytes, begin: int, end: int) -> int:
    """Return the instant of a quoted time at +08:00, in ms since 1970; -1 if it is not plain.

    `2026-06-18T09:30:00+08:00` or with three digits of a second: 27 or 31 bytes with the quotes.
    """
    size = end - begin
    if size != 27 and size != 31:
        return -1
    zone = end - 7
    year = _two(row, begin + 1) * 100 + _two(row, begin + 3)
    month, day = _two(row, begin + 6), _two(row, begin + 9)
    hour, minute, second = _two(row, begin + 12), _two(row, begin + 15), _two(row, begin + 18)
    milli = 0
    if size == 31:
        tenth = (byte_at(row, begin + 21)) - 48
        milli = tenth * 100 + _two(row, begin + 22)
        if byte_at(row, begin + 20) != 46 or tenth < 0 or tenth > 9 or milli > 999:
            return -1
    if (
        byte_at(row, begin + 5) != 45
        or byte_at(row, begin + 8) != 45
        or byte_at(row, begin + 11) != 84
    ):
        return -1
    if byte_at(row, begin + 14) != 58 or byte_at(row, begin + 17) != 58:
        return -1
    if (
        byte_at(row, zone) != 43
        or _two(row, zone + 1) != 8
        or byte_at(row, zone + 3) != 58
        or _two(row, zone + 4)
    ):
        return -1
    if year < _FIRST_YEAR or year > _LAST_YEAR or month < 1 or month > 12:
        return -1
    if hour > 23 or minute > 59 or second > 59 or day < 1 or day > _days_of(year, month):
        return -1
    days = _days_since_1970(year, month, day)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - 8 * 3600
    return seconds * 1000 + milli if seconds >= 0 else -1


@compiled
def _days_of(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@compiled
def _days_since_1970(year: int, month: int, day: int) -> int:
    """Count in years that begin in March, so that the odd day of a leap year comes last."""
    if month <= 2:
        year, month = year - 1, month + 12
    leaps = year // 4 - year // 100 + year // 400
    return 365 * year + leaps + (153 * (month - 3) + 2) // 5 + day - 719_469


@compiled
def _may_name_person(row: Bytes, begin: int, end: int) -> bool:
    """Tell whether a resident's number may stand there; stricter than `person_search`.

    Escapes are read both ways, as it does: for what they mean, and as the digits that stand there.
    What they mean is no digit and no blank, for `_escaped` takes no other.
    """
    found = _numbers(row, begin, end, 6)
    if found == _ESCAPES_ALONE:
        found = _numbers(row, begin, end, 1)
    return found == _A_NUMBER


@compiled
def _numbers(row: Bytes, begin: int, end: int, escape: int) -> int:
    """Tell whether such a number may stand there, where a backslash covers *escape* bytes."""
    found = _NOTHING
    at = begin
    while True:
        while _DULL[row[np.uint64(at)]]:
            at += 1
        if at >= end:
            return found
        byte = byte_at(row, at)
        if byte == 92:
            found = _ESCAPES_ALONE
            at += escape
        elif byte == 0xEF:
            if _is_full_width(row, at, end):
                return _A_NUMBER
            at += 1
        else:
            first = at
            while 48 <= byte_at(row, at) <= 57:
                at += 1
            run = at - first
            if (run == 17 or run == 18) and _is_birth_year(row, first + 6):
                return _A_NUMBER
            if _is_blank(row, at, end):
                return _A_NUMBER


@compiled
def _is_birth_year(row: Bytes, at: int) -> bool:
    year = _two(row, at) * 100 + _two(row, at + 2)
    return _BIRTH_FROM <= year < _BIRTH_UNTIL


@compiled
def _is_blank(row: Bytes, at: int, end: int) -> bool:
    """Tell whether a blank stands at *at* with which a number may go on."""
    byte = byte_at(row, at)
    after = at + 1
    if byte == 0xC2 and at + 1 < end and byte_at(row, at + 1) == 0xA0:
        after = at + 2
    elif (
        byte == 0xE2
        and at + 2 < end
        and byte_at(row, at + 1) == 0x80
        and byte_at(row, at + 2) == 0x8B
    ):
        after = at + 3
    elif (
        byte == 0xE3
        and at + 2 < end
        and byte_at(row, at + 1) == 0x80
        and byte_at(row, at + 2) == 0x80
    ):
        after = at + 3
    elif byte != 32:
        return False
    if after >= end:
        return False
    following = byte_at(row, after)
    if 48 <= following <= 57 or following == 88 or following == 120 or following == 32:
        return True
    return bool(following == 0xC2 or following == 0xE2 or following == 0xE3)


@compiled
def _is_full_width(row: Bytes, at: int, end: int) -> bool:
    """Tell whether a digit or an X in full width begins at *at*."""
    if at + 2 >= end:
        return False
    second, third = byte_at(row, at + 1), byte_at(row, at + 2)
    if second == 0xBC:
        return bool(0x90 <= third <= 0x99 or third == 0xB8)
    return bool(second == 0xBD and third == 0x98)


@compiled
def _write_kept(
    row: Bytes, found: Integers, attributes: Integers, count: int, kept: Bytes, at: int
) -> int:
    """Write `data` as it is kept: all fields in order, attributes by key; return its end."""
    for field in range(_ATTRIBUTES):
        at = copy_bytes(_KEPT, _KEPT_ENDS[field], _KEPT_ENDS[field + 1], kept, at)
        begin, end = found[2 * field], found[2 * field + 1]
        if end > begin:
            at = _copy_text(row, begin, end, kept, at)
        else:
            at = copy_bytes(_KEPT, _KEPT_ENDS[_NULL], _KEPT_ENDS[_NULL + 1], kept, at)
    at = copy_bytes(_KEPT, _KEPT_ENDS[7], _KEPT_ENDS[8], kept, at)
    for place in range(count):
        if place > 0:
            kept[at] = 44
            at += 1
        at = copy_bytes(row, attributes[place, 0], attributes[place, 1], kept, at)
        kept[at] = 58
        at = _copy_text(row, attributes[place, 2], attributes[place, 3], kept, at + 1)
    return copy_bytes(_KEPT, _KEPT_ENDS[8], _KEPT_ENDS[9], kept, at)
