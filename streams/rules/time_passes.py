"""What a new day does to a matter by itself, and the next day on which there is anything to do.

The day is an argument like any other (design §6): each day is lived through once, in order.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from schemas.action import ActionState
from schemas.lean import KnownEntry, ListChangeData, Matter
from schemas.list_change import RemovalReason
from schemas.measure import Measure
from streams.rules.again import Again, decide_again
from streams.rules.catalogue import Catalogue
from streams.rules.matter import LIVE
from streams.rules.open_matter import KEPT_AFTER_CLOSING, closes_on
from streams.rules.outcome import AsOf
from streams.rules.recognition import recognised, turns_of
from streams.rules.term import end_of_term

_ONE_DAY = timedelta(days=1)
_FOREVER = date.max


def time_passes(
    matter: Matter,
    entries: Iterable[KnownEntry],
    catalogue: Catalogue,
    *,
    as_of: AsOf,
    subject: str,
) -> Again:
    """Return what the day of *as_of* brings to *matter* of *subject* (USCC).

    Entries that begin or end on it, reviews that lapse or are overdue; from the day on which the
    matter closes nothing new is issued. Arguments as for `decide_again`.
    """
    return decide_again(matter, entries, catalogue, as_of=as_of, subject=subject, cause="time")


def next_day_for(matter: Matter, turn: date | None, catalogue: Catalogue, day: date) -> date | None:
    """Return the first day after *day* on which `time_passes` can change anything, None if never.

    Also the day on which the matter closes, and the one on which its record may be forgotten.
    *turn*: the `first_turn` of its subject's entries.
    """
    end = closes_on(matter, catalogue)
    alive = [action for action in matter.actions if action.state in LIVE]
    running = end is not None and day < end
    days = [_FOREVER]
    if end is not None and running:
        days.append(end)
    if turn is not None and (running or alive):
        days.append(turn)
    for action in alive:
        if action.until is not None and action.until > day:
            days.append(action.until)
        if action.state == ActionState.AWAITING_REVIEW and action.review_due_on is not None:
            # A mandatory one is overdue every day from then on.
            days.append(max(action.review_due_on, day) + _ONE_DAY)
    if end is not None and not alive:
        days.append(max(end + KEPT_AFTER_CLOSING, day + _ONE_DAY))
    first = min(days)
    return None if first is _FOREVER else first


def first_turn(entries: Iterable[KnownEntry], catalogue: Catalogue, day: date) -> date | None:
    """Return the first day after *day* on which one of *entries*, or a measure, begins or ends."""
    told = tuple(entries)
    turns = _turns_of_measures(catalogue)
    following = bisect_right(turns, day)
    first = turns[following] if following < len(turns) else _FOREVER
    for each in _days(told, catalogue, day):
        if each is not None and day < each < first:
            first = each
    return None if first is _FOREVER else first


def _days(told: tuple[KnownEntry, ...], catalogue: Catalogue, day: date) -> Iterator[date | None]:
    """Yield the days, past ones too, on which one of the entries *told* begins or ends."""
    for entry in recognised(told, catalogue, day):
        yield from _of_entry(entry.change, catalogue)
    for entry in told:
        yield from turns_of(entry, catalogue)


def _of_entry(change: ListChangeData, catalogue: Catalogue) -> Iterator[date | None]:
    """Yield the days on which the entry, or the term of a measure that rests on it, turns."""
    if change.removal_reason == RemovalReason.ANNULLED.value:
        return
    yield change.effective_from
    yield change.effective_until
    yield change.removed_on
    yield from _ends_of_terms(
        catalogue, change.list_code, change.effective_from, change.effective_until
    )


@lru_cache(maxsize=4)  # catalogues in force at once
def _turns_of_measures(catalogue: Catalogue) -> list[date]:
    """Return the days, in order, on which some measure begins or ends."""
    days = {m.valid_from for m in catalogue.measures} | {m.valid_until for m in catalogue.measures}
    return sorted(day for day in days if day is not None)


@lru_cache(maxsize=4096)  # listings come in lots of one day
def _ends_of_terms(
    catalogue: Catalogue, list_code: str, since: date, until: date | None
) -> tuple[date, ...]:
    """Return when the measures with a term of their own end that rest on an entry of that list."""
    ends = [
        end_of_term(measure, since, until)
        for measure in _measures_with_a_cap(catalogue, list_code)
        if measure.valid_until is None or measure.valid_until > since
    ]
    return tuple(end for end in ends if end is not None)


@lru_cache(maxsize=256)
def _measures_with_a_cap(catalogue: Catalogue, list_code: str) -> tuple[Measure, ...]:
    """Return the measures on entries of that list whose term has a limit of its own."""
    spec = catalogue.lists.get(list_code)
    if spec is None:
        return ()
    return tuple(
        m
        for m in catalogue.measures
        if m.term.max is not None and catalogue.measure_matches(m, spec)
    )
