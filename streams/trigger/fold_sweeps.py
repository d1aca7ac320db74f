"""Matters that lists and days bring back: the few of a changed subject at once, others in slices.

A subject seldom has more than a handful of matters. They are decided again in the batch that folds
the change, so that its consequence comes with it; whoever has more waits for slices of a sweep.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from schemas.lean import Sweep
from streams.rules.catalogue import Catalogue
from streams.trigger.agenda import Diary
from streams.trigger.cache import StateCache
from streams.trigger.fold_matters import At, MatterFold
from streams.trigger.folded import Folded, Owned
from streams.trigger.sweeps import Running, Slice, read_slice
from streams.trigger.working import Recent, Working, decode_matter

MOST_OF_ONE = 50  # matters of a subject that are decided again at once
_MOST_AT_ONCE = 200  # of all subjects of a batch: thirty milliseconds
Place = tuple[int, str]  # partition, USCC


class Few(NamedTuple):
    """A subject with few matters: partition, USCC, the ids of all of them."""

    partition: int
    subject: str
    names: list[str]


def few_of(changed: Iterable[Place], held: Mapping[Place, list[str]], recent: Recent) -> list[Few]:
    """Return those of the *changed* subjects whose matters can be decided again at once.

    *held*: the ids of the first `MOST_OF_ONE` + 1 matters of each, as Redis holds them; *recent*:
    what the last batch learnt since.
    """
    places = [*changed]
    newest: dict[str, list[str]] = {subject: [] for _, subject in places}
    for subject, name in recent.matters:
        if subject in newest:
            newest[subject].append(name)
    found, left = [], _MOST_AT_ONCE
    for partition, subject in places:
        names = [*dict.fromkeys([*held[partition, subject], *newest[subject]])]
        if len(names) <= min(MOST_OF_ONE, left):
            found.append(Few(partition, subject, names))
            left -= len(names)
    return found


class SweepFold:
    """Decides again what a batch's lists, or the time, bring back."""

    def __init__(self, catalogue: Catalogue, cache: StateCache) -> None:
        self._catalogue = catalogue
        self._cache = cache

    def at_once(
        self,
        few: list[Few],
        owned: dict[int, Owned],
        working: Working,
        matters: MatterFold,
        folded: Folded,
    ) -> None:
        """Decide all matters of *few* again. Raises: CacheMovedError, redis.RedisError."""
        if not few:
            return
        self._cache.look({each.partition: owned[each.partition].position for each in few})
        wanted = [(each, name) for each in few for name in each.names]
        self._cache.ask_records([(each.partition, f"{each.subject}/{n}") for each, n in wanted])
        (records,) = self._cache.answer()
        moments = folded.moments(self._catalogue)
        for (each, name), raw in zip(wanted, records, strict=True):
            record = working.record(each.subject, name, raw)
            if record is not None:
                held = working.entries(each.subject, None)  # this batch wrote them
                at = At(each.subject, name, held, moments[each.partition])
                matters.bring_back(at, decode_matter(record), listed=True)

    def slice(
        self,
        owned: dict[int, Owned],
        recent: Recent,
        working: Working,
        matters: MatterFold,
        folded: Folded,
    ) -> None:
        """Decide one slice of what is left to do again, in a batch without messages.

        Raises: CacheMovedError, redis.RedisError.
        """
        owing = {
            p: (owned[p].position, state)
            for p, state in folded.states.items()
            if folded.agendas[p].owes(state)
        }
        if not owing:
            return
        found = read_slice(self._cache, owing, recent)
        moments = folded.moments(self._catalogue)
        for running, listed in _in_turn(found):
            record = working.record(running.subject, running.name, running.record)
            at = At(running.subject, running.name, running.held, moments[running.partition])
            if record is not None:
                matters.bring_back(at, decode_matter(record), listed=listed)
            else:
                name = f"{running.subject}/{running.name}"
                folded.changes[running.partition].diaries[name] = Diary(None, False, ())
        for resting in found.resting:
            record = working.record(resting.subject, resting.name, resting.record)
            matters.forget_old(resting, record, folded.states[resting.partition].day)
        for swept in found.subjects:
            turn = 0 if swept.held.sweep is None else swept.held.sweep.turn
            sweep = None if swept.done else Sweep(turn + 1, swept.last)
            after = replace(swept.held, sweep=sweep)
            working.keep_entries(swept.partition, swept.subject, swept.held, after)
        folded.agendas.update(found.agendas)
        for p, cursor in found.first_published.items():
            folded.states[p] = replace(folded.states[p], first_published=cursor)
        for p, cursor in found.tidied.items():
            folded.states[p] = replace(folded.states[p], tidied=cursor)


def _in_turn(found: Slice) -> Iterator[tuple[Running, bool]]:
    """Yield each matter of a slice, and whether the lists brought it there."""
    yield from ((running, True) for running in found.swept)
    yield from ((running, True) for running in found.waiting)
    yield from ((running, False) for running in found.due)
