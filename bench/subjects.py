"""Synthetic organisations by number: valid codes of Benxi, made a million at a time."""

from functools import cache

from schemas.uscc import ALPHABET

# 9 market regulation, 1 enterprise, 2105xx Benxi; `M` opens the codes given since 2015.
HEAD, BODY_HEAD = "91210500", "MA"
COUNT = len(ALPHABET) ** 6

_CHUNK = len(ALPHABET) ** 3  # numbers are split in two halves of three characters
_WEIGHTS_31 = tuple(pow(3, position, 31) for position in range(17))
_WEIGHTS_11 = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0123456789X"


def subject_code(number: int) -> str:
    """Return the USCC of synthetic organisation *number*, 0 to `COUNT` - 1; all differ.

    The same code as `schemas.uscc.make_uscc`, at a tenth of its cost: a run needs over a million.
    """
    high, low = divmod(number, _CHUNK)
    high_text, high_11, high_31 = _halves(0)[high]
    low_text, low_11, low_31 = _halves(3)[low]
    head_11, head_31 = _head_sums()
    check_9 = _ORGANISATION_CHECKS[-(head_11 + high_11 + low_11) % 11]
    total = head_31 + high_31 + low_31 + ALPHABET.index(check_9) * _WEIGHTS_31[16]
    return f"{HEAD}{BODY_HEAD}{high_text}{low_text}{check_9}{ALPHABET[-total % 31]}"


@cache
def _halves(offset: int) -> tuple[tuple[str, int, int], ...]:
    """Return text and both check sums of every three characters at body position 2 + *offset*."""
    first_11, first_31 = 2 + offset, 10 + offset
    return tuple(
        (
            text,
            sum(int(c, 36) * _WEIGHTS_11[first_11 + i] for i, c in enumerate(text)),
            sum(ALPHABET.index(c) * _WEIGHTS_31[first_31 + i] for i, c in enumerate(text)),
        )
        for text in (a + b + c for a in ALPHABET for b in ALPHABET for c in ALPHABET)
    )


@cache
def _head_sums() -> tuple[int, int]:
    """Return both check sums of what stands before the number."""
    return (
        sum(int(c, 36) * _WEIGHTS_11[i] for i, c in enumerate(BODY_HEAD)),
        sum(ALPHABET.index(c) * _WEIGHTS_31[i] for i, c in enumerate(HEAD + BODY_HEAD)),
    )
