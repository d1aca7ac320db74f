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
from streams.trigger.working import decode_entries

MOST_MATTERS = 400  # of a partition in one slice: fifty milliseconds; a commit takes as long
_MOST_SUBJECTS = 100
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
    """One matter to look at: partition, USCC, id, record, and its subject's entries as read."""

    partition: int
    subject: str
    name: str
    record: bytes | None
    entries: bytes | None


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
    waiting: list[str]
    resting: list[str]


def read_slice(cache: StateCache, owing: dict[int, tuple[CachePosition, PartitionState]]) -> Slice:
    """Return the next slice of the partitions *owing*, all of it as of one position each.

    Raises: CacheMovedError, redis.RedisError.
    """
    made = Slice()
    found = _find(cache, owing, made)
    cache.ask_entries([(f.partition, uscc) for f in found for uscc in f.subjects])
    others = [(f.partition, name) for f in found for name in (*f.due, *f.waiting)]
    cache.ask_entries([(partition, _subject(name)) for partition, name in others])
    *_, of_swept, of_others = cache.hear()
    held = iter(of_swept)
    sweeping: list[tuple[int, str, bytes | None, int]] = []
    for f in found:
        share = max(MOST_MATTERS // max(len(f.subjects), 1), 1)
        for uscc in f.subjects:
            raw = next(held)
            sweep = decode_entries(raw).sweep
            after = "" if sweep is None else sweep.after
            cache.ask_each(names_after(cache.namespace(f.partition), uscc, after, share + 1))
            sweeping.append((f.partition, uscc, raw, share))
    names = cache.hear()[-len(sweeping) :] if sweeping else []
    wanted: list[tuple[int, str]] = []
    raws: list[bytes | None] = []
    for (partition, uscc, raw, share), (listed,) in zip(sweeping, names, strict=True):
        mine = _names(listed[:share])
        wanted += ((partition, name) for name in mine)
        raws += [raw] * len(mine)
        done = len(listed) <= share
        last = mine[-1].partition("/")[2] if mine else ""
        made.subjects.append(Swept(partition, uscc, decode_entries(raw), last, done))
    resting = [(f.partition, name) for f in found for name in f.resting]
    cache.ask_records([*wanted, *others])
    cache.ask_records(resting)
    *_, records, of_resting = cache.answer()
    running = [
        Running(partition, _subject(name), name.partition("/")[2], record, entries)
        for (partition, name), record, entries in zip(
            [*wanted, *others], records, [*raws, *of_others], strict=True
        )
    ]
    made.resting = [
        Running(partition, _subject(name), name.partition("/")[2], record, None)
        for (partition, name), record in zip(resting, of_resting, strict=True)
    ]
    made.swept = running[: len(wanted)]
    rest = iter(running[len(wanted) :])
    for f in found:
        made.due += [next(rest) for _ in f.due]
        made.waiting += [next(rest) for _ in f.waiting]
    _note_what_is_left(made, found)
    return made


def _find(
    cache: StateCache, owing: dict[int, tuple[CachePosition, PartitionState]], made: Slice
) -> list[_Found]:
    """Return what each partition has to do first, and note when it has to do more."""
    cache.look({p: position for p, (position, _) in owing.items()})
    for p, (_, state) in owing.items():
        after = state.first_published or ""
        space = cache.namespace(p)
        cache.ask_each(
            first_due(space, MOST_MATTERS + 1),
            first_sweeps(space, _MOST_SUBJECTS),
            waiting_after(space, after, MOST_MATTERS),
            all_after(space, state.tidied or "", _MOST_LOOKED_THROUGH),
        )
    found = []
    for (p, (_, state)), told in zip(owing.items(), cache.hear(), strict=True):
        due, subjects, waiting, every = told
        names = [name for name in _names(due[::2]) if name != WHOLE]
        days = [date.fromordinal(int(float(score))) for score in due[1 : 2 * len(names) : 2]]
        ripe = [name for name, day in zip(names, days, strict=True) if day <= state.day]
        later = days[len(ripe)] if len(ripe) < len(days) else None
        more = len(ripe) > MOST_MATTERS
        made.agendas[p] = Agenda(next_due=state.day if more else later)
        waits = _names(waiting) if state.first_published is not None else []
        if state.first_published is not None:
            made.first_published[p] = waits[-1] if len(waits) == MOST_MATTERS else None
        rests = _names(every) if state.tidied is not None else []
        if state.tidied is not None:
            made.tidied[p] = rests[-1] if len(rests) == _MOST_LOOKED_THROUGH else None
        uscc = [name for name in _names(subjects) if name != WHOLE]
        found.append(_Found(p, ripe[:MOST_MATTERS], uscc, waits, rests))
    return found


def _note_what_is_left(made: Slice, found: list[_Found]) -> None:
    unfinished = {s.partition for s in made.subjects if not s.done}
    for f in found:
        more = f.partition in unfinished or len(f.subjects) == _MOST_SUBJECTS
        known = made.agendas[f.partition]
        made.agendas[f.partition] = Agenda(more, known.next_due)


def _names(raw: list[bytes]) -> list[str]:
    return [text.decode() for text in raw]


def _subject(name: str) -> str:
    return name.partition("/")[0]
