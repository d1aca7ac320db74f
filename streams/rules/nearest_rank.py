"""Exact quantiles by nearest rank: always a value that was seen, never one between two."""

from collections.abc import Iterable


def nearest_rank(values: Iterable[int], percent: int) -> int | None:
    """Return the smallest value that at least *percent* (1 to 100) of *values* do not exceed.

    None where there are no values. The median of an even number is thus the lower middle one.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-percent * len(ordered) // 100)  # rounded up, in whole numbers
    return ordered[rank - 1]
