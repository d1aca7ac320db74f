"""Events of one step of one item at one department, in one partition, found together."""

import numpy as np

from schemas.compiled import Bytes, Integers, byte_at, compiled, same_bytes
from schemas.plain_scan import DEPARTMENT, ITEM, TRACE, TYPE

MOST_GROUPS = 256  # of a part; what is beyond is no longer plain
_SLOTS = 1024


def new_slots() -> Integers:
    """Return the empty table with which `group_events` works."""
    return np.full(_SLOTS, -1, np.int64)


@compiled
def group_events(
    row: Bytes,
    spans: Integers,
    places: Integers,
    groups: Integers,
    firsts: Integers,
    slots: Integers,
) -> int:
    """Tell for each event its group, -1 for none; return how many groups there are.

    *places*: topic and partition of each as one number. *firsts*: the first event of each group.
    *slots*: `new_slots()`.
    """
    count = 0
    for event in range(len(spans)):
        groups[event] = -1
        if spans[event, 0] < 0:
            continue
        slot = _hash(row, spans[event], places[event]) % _SLOTS
        while slots[slot] >= 0 and not _is_same(row, spans, places, event, firsts[slots[slot]]):
            slot = (slot + 1) % _SLOTS
        if slots[slot] < 0:
            if count == MOST_GROUPS:
                continue
            slots[slot] = count
            firsts[count] = event
            count += 1
        groups[event] = slots[slot]
    return count


@compiled
def _hash(row: Bytes, fields: Integers, place: int) -> int:
    found = place
    for field in (TYPE, DEPARTMENT, ITEM):
        for at in range(fields[2 * field], fields[2 * field + 1]):
            found = (found * 31 + byte_at(row, at)) & 0x7FFFFFFF
    return found


@compiled
def _is_same(row: Bytes, spans: Integers, places: Integers, one: int, other: int) -> bool:
    if places[one] != places[other]:
        return False
    if (spans[one, 2 * TRACE + 1] > 0) != (spans[other, 2 * TRACE + 1] > 0):
        return False
    for field in (TYPE, DEPARTMENT, ITEM):
        begin, other_begin = spans[one, 2 * field], spans[other, 2 * field]
        length = spans[one, 2 * field + 1] - begin
        if spans[other, 2 * field + 1] - other_begin != length:
            return False
        if not same_bytes(row, begin, row, other_begin, length):
            return False
    return True
