"""Where a resident-identity number may hide in many messages, seen in a few passes over them all.

The exact look at one message costs 2.5 µs (`incoming.refuse_natural_person`), this one a fifth of
that. It only clears: what it does not clear is left to the exact look, which says what it is.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.uscc import BIRTH_YEARS, is_resident_number

_CHUNK_BYTES = 64 * 1024  # what a processor keeps at hand from one pass to the next
_GAP = b"\n"  # between two messages: no digit, no blank, and it ends any character
_MARGIN = _GAP * 20  # so that one may look past the end of the last number
_NUMBER, _LONGEST = 17, 18  # digits in a row, the last place may be an X

_ESCAPE, _NUL, _FULL_WIDTH = b"\\", b"\0", b"\xef"
_BLANKS_BEGIN = {blank.encode()[0] for blank in " \t\u00a0\u200b\u3000"}
_YEAR = np.arange(6, 10)
_YEAR_WEIGHTS = np.array([1000, 100, 10, 1])

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]


def doubtful(raws: Sequence[bytes]) -> set[int]:
    """Return the indexes of *raws* that may hold a resident's number, or are not UTF-8."""
    found: set[int] = set()
    for first, last in _chunks(raws):
        found.update(first + index for index in _doubtful_in_chunk(raws[first:last]))
    return found


def _chunks(raws: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Cut *raws* into slices of about `_CHUNK_BYTES`; one that is longer stands alone."""
    ends = np.cumsum([len(raw) for raw in raws])
    first, taken = 0, 0
    while first < len(raws):
        last = max(first + 1, int(np.searchsorted(ends, taken + _CHUNK_BYTES, "right")))
        yield first, last
        first, taken = last, int(ends[last - 1])


def _doubtful_in_chunk(raws: Sequence[bytes]) -> set[int]:
    joined = _GAP + _GAP.join(raws) + _MARGIN
    row = np.frombuffer(joined, np.uint8)
    is_digit = (row - np.uint8(ord("0"))) < 10
    places = [
        *_disguises(joined, row),
        *_digits_before_blanks(joined, row, is_digit),
        *_plain_numbers(joined, row, is_digit),
    ]
    found = _not_utf8(joined, raws)
    if places:
        begins = np.cumsum([len(_GAP), *(len(raw) + len(_GAP) for raw in raws)])
        found.update((np.searchsorted(begins, places, "right") - 1).tolist())
    return found


def _not_utf8(joined: bytes, raws: Sequence[bytes]) -> set[int]:
    try:
        joined.decode()
    except UnicodeDecodeError:
        return {index for index, raw in enumerate(raws) if not _is_utf8(raw)}
    return set()


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _disguises(joined: bytes, row: Bytes) -> list[int]:
    """Return where an escape of JSON, a byte of UTF-16 or a full-width digit begins."""
    found: list[int] = []
    for sign in (_ESCAPE, _NUL):
        if sign in joined:
            found += np.flatnonzero(row == ord(sign)).tolist()
    if _FULL_WIDTH in joined:  # also begins full-width brackets, as firms have in their names
        begins = np.flatnonzero(row == ord(_FULL_WIDTH))
        second, third = row[begins + 1], row[begins + 2]
        digit_or_x = (second == 0xBC) & (((third - np.uint8(0x90)) < 10) | (third == 0xB8))
        found += begins[digit_or_x | ((second == 0xBD) & (third == 0x98))].tolist()
    return found


def _digits_before_blanks(joined: bytes, row: Bytes, is_digit: NDArray[np.bool_]) -> list[int]:
    """Return where a digit stands before what may be a blank: a number may be written in groups."""
    found: list[int] = []
    for sign in _BLANKS_BEGIN:
        if sign in joined:
            found += np.flatnonzero(is_digit[:-1] & (row[1:] == sign)).tolist()
    return found


def _plain_numbers(joined: bytes, row: Bytes, is_digit: NDArray[np.bool_]) -> list[int]:
    """Return where a resident's number stands as such.

    Most rows of 17 digits are the codes of government departments: they name no year of birth.
    """
    begins = _rows_of_17(is_digit)
    begins = begins[~(is_digit[begins - 1] | is_digit[begins + _LONGEST])]  # of 17 or 18 alone
    years = (row[begins[:, None] + _YEAR] - ord("0")) @ _YEAR_WEIGHTS
    begins = begins[(years >= BIRTH_YEARS.start) & (years < BIRTH_YEARS.stop)]
    return [
        begin
        for begin in begins.tolist()
        if is_resident_number(joined[begin : begin + _LONGEST].decode("ascii", errors="replace"))
    ]


def _rows_of_17(is_digit: NDArray[np.bool_]) -> Places:
    """Return where 17 digits in a row begin: rows of 2, 4, 8 and 16 are found by halves."""
    row = is_digit
    for length in (1, 2, 4, 8):
        row = row[:-length] & row[length:]
    return np.flatnonzero(row[:-1] & is_digit[_NUMBER - 1 :])
