"""What a worker owns, and what one batch makes of it before anything is written."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from schemas.lean import PartitionState
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import CachePosition, Changes
from streams.trigger.outbox import Outbox
from streams.trigger.sweeps import Agenda
from streams.trigger.working import Recent

if TYPE_CHECKING:
    from streams.trigger.items import ChangeIn, PublishedIn, RejectedIn, ReviewIn


@dataclass(slots=True)
class Owned:
    """One owned partition, as of the last commit, and what it has to do by itself."""

    position: CachePosition
    state: PartitionState
    agenda: Agenda = field(default_factory=Agenda)


@dataclass(slots=True)
class Folded:
    """What a batch comes to: records to write, states to move to, changes to cache."""

    outbox: Outbox
    states: dict[int, PartitionState]
    changes: dict[int, Changes]
    agendas: dict[int, Agenda]
    duplicates: Counter[str] = field(default_factory=Counter)
    list_changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    reviews: Counter[str] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)
    recent: Recent = field(default_factory=Recent)

    def read_past(self, items: "Iterable[ChangeIn | PublishedIn | ReviewIn | RejectedIn]") -> None:
        """Move the input positions behind *items*."""
        self.read_to(((item.topic, item.partition), item.offset) for item in items)

    def read_to(self, inputs: Iterable[tuple[tuple[str, int], int]]) -> None:
        """Move the input positions behind *inputs*: topic and partition, and offset."""
        ends: dict[int, dict[str, int]] = {}
        for (topic, partition), offset in inputs:
            ends.setdefault(partition, {})[topic] = offset + 1
        for number, news in ends.items():
            state = self.states[number]
            self.states[number] = replace(state, inputs=state.inputs | news)

    def live_until(self, today: date) -> dict[int, tuple[date, date]]:
        """Let days pass until *today*, never back; return those that did: (before, after).

        None passes while a matter waits for the day before it: each is lived through. Those on
        which nothing happens pass together.
        """
        passed = {}
        for number, state in self.states.items():
            agenda = self.agendas[number]
            if state.day >= today or agenda.is_due(state.day):
                continue
            day = today if agenda.next_due is None else min(today, agenda.next_due)
            passed[number] = state.day, day
            same_month = (state.day.year, state.day.month) == (day.year, day.month)
            tidied = state.tidied if same_month else ""
            self.states[number] = replace(state, day=day, tidied=tidied)
        return passed

    def note_agendas(self) -> None:
        """Note what the changes of this batch add to what is due."""
        for number, changes in self.changes.items():
            agenda = self.agendas[number]
            days = [d.due for d in changes.diaries.values() if d.due is not None]
            if days:
                self.recent.due[number] = min(days)
            self.recent.sweeps[number] = frozenset(
                uscc for uscc, turn in changes.sweeps.items() if turn is not None
            )
            if agenda.next_due is not None:
                days.append(agenda.next_due)
            self.agendas[number] = Agenda(agenda.swept, min(days, default=None))

    def moments(
        self, catalogue: Catalogue, known: Mapping[int, int] = MappingProxyType({})
    ) -> dict[int, PartitionMoment]:
        """Return the moment of each partition; *known*: how far changes are, of those concerned."""
        at = self.outbox.at
        return {
            p: PartitionMoment(p, state, standing_of(catalogue, state.lists, at)).having_listed(
                known.get(p, 0)
            )
            for p, state in self.states.items()
        }
