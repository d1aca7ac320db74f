"""The plain events of a part: found, checked, named and grouped in one compiled go."""

from schemas.compiled import Bytes, Integers, compiled, same_bytes
from schemas.plain_ids import name_decisions
from schemas.plain_scan import SUBJECT, scan_events
from streams.trigger.plain.grouping import group_events
from streams.trigger.plain.resp import USCC_LENGTH


@compiled
def lay_out(
    row: Bytes,
    ends: Integers,
    spans: Integers,
    millis: Integers,
    kept: Bytes,
    kept_ends: Integers,
    keys: Bytes,
    at_home: Bytes,
    stamps: Integers,
    ahead_ms: int,
    behind_ms: int,
    ids: Bytes,
    places: Integers,
    groups: Integers,
    firsts: Integers,
    slots: Integers,
) -> int:
    """Fill in all that `Columns` tells of its rows; return how many groups there are.

    To `scan_events`: *row* to *kept_ends*. *keys*: USCC_LENGTH bytes each; *at_home*: 1 where that
    is a sound code in its partition; *stamps*: when each arrived, in ms, *ahead_ms* before its own
    time or *behind_ms* behind it at most. To `name_decisions`: *ids*; the rest to `group_events`.
    """
    scan_events(row, ends, spans, millis, kept, kept_ends)
    for event in range(ends.size):
        if spans[event, 0] < 0:
            continue
        age = stamps[event] - millis[event]
        fits = at_home[event] and -ahead_ms <= age <= behind_ms
        if not (fits and _names_its_key(row, spans[event], keys, event * USCC_LENGTH)):
            spans[event, 0] = -1
    name_decisions(row, spans, ids)
    return group_events(row, spans, places, groups, firsts, slots)


@compiled
def _names_its_key(row: Bytes, fields: Integers, keys: Bytes, at: int) -> bool:
    """Tell whether the subject of an event is its key, which stands at *at*."""
    begin, end = fields[2 * SUBJECT] + 1, fields[2 * SUBJECT + 1] - 1
    return end - begin == USCC_LENGTH and same_bytes(row, begin, keys, at, USCC_LENGTH)
