"""Whether a resident's number may stand in a plain event, told by compiled code."""

import numpy as np

from schemas.compiled import Bytes, byte_at, compiled
from schemas.plain_time import two_digits
from schemas.uscc import BIRTH_YEARS

_BIRTH_FROM, _BIRTH_UNTIL = BIRTH_YEARS.start, BIRTH_YEARS.stop
_NOTHING, _ESCAPES_ALONE, _A_NUMBER = range(3)
# Bytes at which no number begins; the fence behind the last event is none of them.
_DULL = np.array([byte not in b"0123456789\\\xef" for byte in range(256)])


@compiled
def may_name_person(row: Bytes, begin: int, end: int) -> bool:
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
    year = two_digits(row, at) * 100 + two_digits(row, at + 2)
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
