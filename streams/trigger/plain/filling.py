"""Decision and first record of a matter, filled into the forms of their groups."""

from schemas.compiled import Bytes, Integers, compiled, copy_bytes, write_number
from schemas.plain_ids import ID_LENGTH
from schemas.plain_scan import APPLICATION, ID, SOURCE, SUBJECT, TIME, TRACE
from streams.trigger.plain.resp import USCC_LENGTH, write_matter

# What stands between the fields of a decision: decision, subject, decision, source, id, time,
# application, offset, trace; and of a record: source, id, time, offset, data.
DECISION_PIECES, RECORD_PIECES = 10, 6
# What the fields of one event may take beside those that stand in it.
FILLED_EXTRA = 2 * ID_LENGTH + USCC_LENGTH + 40 + 20
KEY_EXTRA = USCC_LENGTH + 16


@compiled
def write_decisions(
    row: Bytes,
    spans: Integers,
    ids: Bytes,
    offsets: Integers,
    groups: Integers,
    rows: Integers,
    forms: Bytes,
    form_ends: Integers,
    out: Bytes,
    ends: Integers,
) -> None:
    """Write the decision on each event of *rows*, one behind the other; each ends at one of *ends*.

    *form_ends*: (groups, DECISION_PIECES + 1), where the pieces of a group's form end in *forms*.
    """
    at = 0
    for place in range(rows.size):
        event = rows[place]
        pieces = form_ends[groups[event]]
        subject = spans[event, 2 * SUBJECT] + 1
        at = copy_bytes(forms, pieces[0], pieces[1], out, at)
        at = copy_bytes(ids, event * ID_LENGTH, (event + 1) * ID_LENGTH, out, at)
        at = copy_bytes(forms, pieces[1], pieces[2], out, at)
        at = copy_bytes(row, subject, subject + USCC_LENGTH, out, at)
        at = copy_bytes(forms, pieces[2], pieces[3], out, at)
        at = copy_bytes(ids, event * ID_LENGTH, (event + 1) * ID_LENGTH, out, at)
        at = copy_bytes(forms, pieces[3], pieces[4], out, at)
        at = copy_bytes(row, spans[event, 2 * SOURCE], spans[event, 2 * SOURCE + 1], out, at)
        at = copy_bytes(forms, pieces[4], pieces[5], out, at)
        at = copy_bytes(row, spans[event, 2 * ID], spans[event, 2 * ID + 1], out, at)
        at = copy_bytes(forms, pieces[5], pieces[6], out, at)
        at = _write_time(row, spans[event, 2 * TIME], spans[event, 2 * TIME + 1], out, at)
        at = copy_bytes(forms, pieces[6], pieces[7], out, at)
        begin, end = spans[event, 2 * APPLICATION], spans[event, 2 * APPLICATION + 1]
        at = copy_bytes(row, begin, end, out, at)
        at = copy_bytes(forms, pieces[7], pieces[8], out, at)
        at = write_number(offsets[event], out, at)
        at = copy_bytes(forms, pieces[8], pieces[9], out, at)
        at = copy_bytes(row, spans[event, 2 * TRACE], spans[event, 2 * TRACE + 1], out, at)
        at = copy_bytes(forms, pieces[9], pieces[10], out, at)
        ends[place] = at


@compiled
def write_records(
    row: Bytes,
    spans: Integers,
    kept: Bytes,
    kept_ends: Integers,
    offsets: Integers,
    groups: Integers,
    rows: Integers,
    forms: Bytes,
    form_ends: Integers,
    out: Bytes,
    ends: Integers,
) -> None:
    """Write the record of the matter of each event of *rows*, as `write_decisions` does."""
    at = 0
    for place in range(rows.size):
        event = rows[place]
        pieces = form_ends[groups[event]]
        at = copy_bytes(forms, pieces[0], pieces[1], out, at)
        at = copy_bytes(row, spans[event, 2 * SOURCE], spans[event, 2 * SOURCE + 1], out, at)
        at = copy_bytes(forms, pieces[1], pieces[2], out, at)
        at = copy_bytes(row, spans[event, 2 * ID], spans[event, 2 * ID + 1], out, at)
        at = copy_bytes(forms, pieces[2], pieces[3], out, at)
        at = _write_time(row, spans[event, 2 * TIME], spans[event, 2 * TIME + 1], out, at)
        at = copy_bytes(forms, pieces[3], pieces[4], out, at)
        at = write_number(offsets[event], out, at)
        at = copy_bytes(forms, pieces[4], pieces[5], out, at)
        begin = kept_ends[event - 1] if event > 0 else 0
        at = copy_bytes(kept, begin, kept_ends[event], out, at)
        at = copy_bytes(forms, pieces[5], pieces[6], out, at)
        ends[place] = at


@compiled
def write_keys(
    row: Bytes, spans: Integers, kind: Bytes, rows: Integers, out: Bytes, ends: Integers
) -> None:
    """Write the key on `credit.state` of the matter of each event of *rows*; *kind*: `/matter/`.

    Each ends at one of *ends*.
    """
    at = 0
    for place in range(rows.size):
        event = rows[place]
        subject = spans[event, 2 * SUBJECT] + 1
        at = copy_bytes(row, subject, subject + USCC_LENGTH, out, at)
        at = copy_bytes(kind, 0, kind.size, out, at)
        at = write_matter(row, spans, event, out, at)
        ends[place] = at


@compiled
def _write_time(row: Bytes, begin: int, end: int, out: Bytes, at: int) -> int:
    """Write a plain time without its quotes, with its milliseconds."""
    if end - begin == 31:
        return copy_bytes(row, begin + 1, end - 1, out, at)
    at = copy_bytes(row, begin + 1, begin + 20, out, at)
    out[at] = 46
    out[at + 1] = 48
    out[at + 2] = 48
    out[at + 3] = 48
    return copy_bytes(row, begin + 20, end - 1, out, at + 4)
