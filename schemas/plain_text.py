"""Texts of plain events: found, measured and copied by compiled code."""

import numpy as np

from schemas.compiled import Bytes, byte_at, compiled

# Bytes that mean nothing but themselves within a text.
_ORDINARY = np.array([32 <= byte < 128 and byte not in b'"\\' for byte in range(256)])
# Stands behind the last event: there every search ends, for a text or for a number.
FENCE = b"\\"


@compiled
def read_text(row: Bytes, at: int, end: int) -> tuple[int, int]:
    """Read a text without escapes; return where it ends, -1 if it is not plain, and its length.

    The length counts characters. Its bytes are sound UTF-8.
    """
    return read_any_text(row, at, end, 0)


@compiled
def read_any_text(row: Bytes, at: int, end: int, escapes: int) -> tuple[int, int]:
    """Read a text as `read_text` does; if *escapes* is 1 its Chinese may be escaped."""
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
def copy_text(row: Bytes, begin: int, end: int, kept: Bytes, at: int) -> int:
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
