"""What is left to do about running matters, a bounded slice at a time.

Subjects whose entries changed, those that took the fewest slices first; matters whose day has come;
matters that waited for a list which was now published; once a month all of them, for those that
nobody needs any more.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from schemas.lean import PartitionState, SubjectEntries
from streams.trigger.agenda import (
    WHOLE,
    all_after,
    first_due,
    first_sweeps,
    names_after,
    waiting_after,
)
from streams.trigger.cache import StateCache
from streams.trigger.moves import CachePosition
from streams.trigger.working import NO_ENTRIES, Recent, decode_entries

MOST_MATTERS = 300  # of a partition in one slice: others wait for one
_MOST_SUBJECTS = 100
_MOST_DUE = 2 * MOST_MATTERS + 1  # some may be done already, in the batch on its way
_MOST_LOOKED_THROUGH = 2_000  # only read, unless they are to be forgotten


@dataclass(frozen=True, slots=True)
class Agenda:
    """What one partition has to do without a message.

    `swept`: the entries of some subject changed. `next_due`: the first day on which a matter
    changes by itself.
    """

    swept: bool = False
    next_due: date | None = None

    def owes(self, state: PartitionState) -> bool:
        """Tell whether there is anything to do on the day that the partition lives in."""
        waits = state.first_published is not None or state.tidied is not None
        return self.swept or waits or self.is_due(state.day)

    def is_due(self, day: date) -> bool:
        """Tell whether some matter's day has come."""
        return self.next_due is not None and self.next_due <= day


class Running(NamedTuple):
    """One matter to look at: partition, USCC, id, record, and its subject's entries."""

    partition: int
    subject: str
    name: str
    record: bytes | None
    held: SubjectEntries


class Swept(NamedTuple):
    """How far one subject is swept after this slice: behind `last`, or wholly if `done`."""

    partition: int
    subject: str
    held: SubjectEntries
    last: str
    done: bool


@dataclass(slots=True)
class Slice:
    """What to do now. By partition: what is left afterwards."""

    swept: list[Running] = field(default_factory=list)
    due: list[Running] = field(default_factory=list)
    waiting: list[Running] = field(default_factory=list)
    resting: list[Running] = field(default_factory=list)
    subjects: list[Swept] = field(default_factory=list)
    agendas: dict[int, Agenda] = field(default_factory=dict)
    first_published: dict[int, str | None] = field(default_factory=dict)
    tidied: dict[int, str | None] = field(default_factory=dict)


class _Found(NamedTuple):
    partition: int
    due: list[str]
    subjects: list[str]
    swept: bool  # whether some subject is left behind these
    waiting: list[str]
    resting: list[str]


def read_slice(
    cache: StateCache, owing: dict[int, tuple[CachePosition, PartitionState]], recent: Recent
) -> Slice:
    """Return the next slice of the partitions *owing*, all of it as of one position each.

    *recent*: what the batch on its way learnt, which Redis does not have yet.
    Raises: CacheMovedError, redis.RedisError.
    """
    made = Slice()
    found = _find(cache, owing, recent, made)
    cache.ask_entries([(f.partition, uscc) for f in found for uscc in f.subjects])
    others = [(f.partition, name) for f in found for name in (*f.due, *f.waiting)]
    cache.ask_entries([(partition, _subject(name)) for partition, name in others])
    *_, of_swept, of_others = cache.hear()
    raws_of = iter(of_swept)
    sweeping: list[tuple[int, str, SubjectEntries, int]] = []
    for f in found:
        share = max(MOST_MATTERS // max(len(f.subjects), 1), 1)
        for uscc in f.subjects:
            raw = next(raws_of)
            held = recent.entries.get(uscc) or decode_entries(raw)
            after = "" if held.sweep is None else held.sweep.after
            cache.ask_each(names_after(cache.namespace(f.partition), uscc, after, share + 1))
            sweeping.append((f.partition, uscc, held, share))
    names = cache.hear()[-len(sweeping) :] if sweeping else []
    wanted: list[tuple[int, str, SubjectEntries]] = []
    for (partition, uscc, held, share), (listed,) in zip(sweeping, names, strict=True):
        mine = _names(listed[:share])
        wanted += ((partition, name, held) for name in mine)
        done = len(listed) <= share
        last = mine[-1].partition("/")[2] if mine else ""
        made.subjects.append(Swept(partition, uscc, held, last, done))
    swept = len(wanted)
    wanted += (
        (partition, name, recent.entries.get(_subject(name)) or decode_entries(raw))
        for (partition, name), raw in zip(others, of_others, strict=True)
    )
    resting = [(f.partition, name) for f in found for name in f.resting]
    cache.ask_records([(partition, name) for partition, name, _ in wanted])
    cache.ask_records(resting)
    *_, records, of_resting = cache.answer()
    running = [
        Running(partition, _subject(name), name.partition("/")[2], record, held)
        for (partition, name, held), record in zip(wanted, records, strict=True)
    ]
    made.resting = [
        Running(partition, _subject(name), name.partition("/")[2], record, NO_ENTRIES)
        for (partition, name), record in zip(resting, of_resting, strict=True)
    ]
    made.swept = running[:swept]
    rest = iter(running[swept:])
    for f in found:
        made.due += [next(rest) for _ in f.due]
        made.waiting += [next(rest) for _ in f.waiting]
    _note_what_is_left(made, found)
    return made


def _find(
    cache: StateCache,
    owing: dict[int, tuple[CachePosition, PartitionState]],
    recent: Recent,
    made: Slice,
) -> list[_Found]:
    """Return what each partition has to do first, and note when it has to do more."""
    cache.look({p: position for p, (position, _) in owing.items()})
    for p, (_, state) in owing.items():
        after = state.first_published or ""
        space = cache.namespace(p)
        cache.ask_each(
            first_due(space, _MOST_DUE),
            first_sweeps(space, _MOST_SUBJECTS),
            waiting_after(space, after, MOST_MATTERS),
            all_after(space, state.tidied or "", _MOST_LOOKED_THROUGH),
        )
    done = {f"{subject}/{name}" for subject, name in recent.matters}
    found = []
    for (p, (_, state)), told in zip(owing.items(), cache.hear(), strict=True):
        due, subjects, waiting, every = told
        ripe, next_due = _due(due, done, state.day)
        # What the last batch noted Redis does not know yet; it may be earlier, and is in time.
        days = [day for day in (next_due, recent.due.get(p)) if day is not None]
        made.agendas[p] = Agenda(next_due=min(days, default=None))
        waits = _names(waiting) if state.first_published is not None else []
        if state.first_published is not None:
            made.first_published[p] = waits[-1] if len(waits) == MOST_MATTERS else None
        rests = _names(every) if state.tidied is not None else []
        if state.tidied is not None:
            made.tidied[p] = rests[-1] if len(rests) == _MOST_LOOKED_THROUGH else None
        usccs = [name for name in _names(subjects) if name != WHOLE]
        left = [uscc for uscc in usccs if not _is_swept(uscc, recent)]
        more = len(usccs) == _MOST_SUBJECTS or not recent.sweeps.get(p, frozenset()) <= {*left}
        found.append(_Found(p, ripe, left, more, waits, rests))
    return found


def _due(told: list[bytes], done: set[str], day: date) -> tuple[list[str], date | None]:
    """Return the matters that are due on *day*, a slice of them, and the day of the next.

    *told*: names with days, as Redis has them; those that are *done* it has not heard of yet.
    """
    names = [name for name in _names(told[::2]) if name != WHOLE]
    days = [date.fromordinal(int(float(score))) for score in told[1 : 2 * len(names) : 2]]
    due = [(name, when) for name, when in zip(names, days, strict=True) if name not in done]
    ripe = [name for name, when in due if when <= day]
    if len(ripe) > MOST_MATTERS or (len(names) == _MOST_DUE and days[-1] <= day):
        return ripe[:MOST_MATTERS], day
    return ripe, due[len(ripe)][1] if len(ripe) < len(due) else None


def _is_swept(uscc: str, recent: Recent) -> bool:
    """Tell whether the batch on its way ended the sweep of a subject."""
    held = recent.entries.get(uscc)
    return held is not None and held.sweep is None


def _note_what_is_left(made: Slice, found: list[_Found]) -> None:
    unfinished = {s.partition for s in made.subjects if not s.done}
    for f in found:
        known = made.agendas[f.partition]
        made.agendas[f.partition] = Agenda(f.partition in unfinished or f.swept, known.next_due)


def _names(raw: list[bytes]) -> list[str]:
    return [text.decode() for text in raw]


def _subject(name: str) -> str:
    return name.partition("/")[0]
