"""One batch, from parsed messages to what must be written: read, fold, and nothing sent yet."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import NamedTuple

from confluent_kafka import Message
from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from schemas.lean import KnownEntry, PartitionState
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from streams.trigger.alerts import wrong_place_alert
from streams.trigger.cache import CachePosition, Changes, Found, StateCache
from streams.trigger.fold_events import EventFold, PartitionMoment
from streams.trigger.fold_lists import ListFold, decode_entries
from streams.trigger.intake import ChangeIn, EventIn, Intake, PublishedIn, RejectedIn
from streams.trigger.outbox import Outbox

_MISPLACED = frozenset({Reason.WRONG_PARTITION, Reason.SUBJECT_KEY_MISMATCH})


@dataclass(slots=True)
class Owned:
    """One owned partition, as of the last commit."""

    position: CachePosition
    state: PartitionState


@dataclass(slots=True)
class Folded:
    """What a batch comes to: records to write, states to move to, changes to cache."""

    outbox: Outbox
    states: dict[int, PartitionState]
    changes: dict[int, Changes]
    duplicates: Counter[str] = field(default_factory=Counter)
    list_changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)

    def read_past(self, items: "Iterable[EventIn | ListIn]") -> None:
        """Move the input positions behind *items*."""
        ends: dict[int, dict[str, int]] = {}
        for item in items:
            ends.setdefault(item.partition, {})[item.topic] = item.offset + 1
        for number, news in ends.items():
            state = self.states[number]
            self.states[number] = replace(state, inputs=state.inputs | news)

    def live_until(self, today: date) -> None:
        """Let every day until *today* pass, one at a time, never back."""
        for number, state in self.states.items():
            day = state.day
            while day < today:
                day += timedelta(days=1)
            if day != state.day:
                self.states[number] = replace(state, day=day)


ListIn = ChangeIn | PublishedIn | RejectedIn
Members = dict[tuple[int, str], dict[str, str]]


class Parsed(NamedTuple):
    """The messages of a batch, checked one by one."""

    events: list[EventIn | RejectedIn]
    lists: list[ListIn]
    took_s: float


class Batches:
    """Makes batches. Holds what never changes between them."""

    def __init__(
        self, catalogue: Catalogue, cache: StateCache, partitions: int, office: str
    ) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._partitions = partitions
        self._office = office
        self._intake = Intake(catalogue, partitions)

    def parse(self, events: list[Message], lists: list[Message]) -> Parsed:
        """Return the messages checked; needs nothing that the batch before it may change."""
        began = perf_counter()
        self._intake.learn((*events, *lists))
        return Parsed(
            [self._intake.event(message) for message in events],
            [self._intake.list_message(message) for message in lists],
            perf_counter() - began,
        )

    def fold(self, parsed: Parsed, owned: dict[int, Owned], *, at: datetime, today: date) -> Folded:
        """Fold lists, the day, then events. Raises: CacheMovedError, redis.RedisError."""
        events, told = parsed.events, parsed.lists
        read_at = perf_counter()
        found = self._read(events, told, owned)
        members = self._members(told, owned)
        fold_at = perf_counter()
        numbers = _touched(events, told)
        folded = Folded(
            Outbox(at), {p: owned[p].state for p in numbers}, {p: Changes() for p in numbers}
        )
        changed = self._fold_lists(told, found, members, folded)
        folded.read_past(told)
        folded.live_until(today)
        self._fold_events(events, found, changed, folded)
        folded.read_past(events)
        folded.outbox.tallies()
        folded.phases = {
            "parse": parsed.took_s,
            "redis_read": fold_at - read_at,
            "fold": perf_counter() - fold_at,
        }
        return folded

    def _members(self, told: Iterable[ListIn], owned: dict[int, Owned]) -> Members:
        """Return what each list holds that is published in this batch."""
        return {
            (p, code): self._cache.members(p, owned[p].position, code)
            for p, code in {
                (item.partition, item.published.data.list_code)
                for item in told
                if isinstance(item, PublishedIn)
            }
        }

    def _read(
        self,
        parsed: Iterable[EventIn | RejectedIn],
        told: Iterable[ListIn],
        owned: dict[int, Owned],
    ) -> dict[int, Found]:
        triples: dict[int, list[str]] = {}
        subjects: dict[int, list[str]] = {}
        for item in parsed:
            if isinstance(item, EventIn):
                triples.setdefault(item.partition, []).extend(
                    (item.event.subject, item.matter, item.decision_id)
                )
        for change in told:
            if isinstance(change, ChangeIn):
                subjects.setdefault(change.partition, []).append(change.change.subject)
        wanted = {
            p: (owned[p].position, triples.get(p, []), subjects.get(p, []))
            for p in triples.keys() | subjects.keys()
        }
        return self._cache.read(wanted) if wanted else {}

    def _fold_lists(
        self, told: list[ListIn], found: dict[int, Found], members: Members, folded: Folded
    ) -> dict[str, tuple[KnownEntry, ...]]:
        """Fold the lists; return the entries, as they are now, of every subject that changed."""
        outbox = folded.outbox
        fold = ListFold(outbox, folded.changes, members, self._office)
        held = {p: iter(answer.entries) for p, answer in found.items()}
        partition_of: dict[str, int] = {}
        for item in told:
            try:
                if isinstance(item, ChangeIn):
                    partition_of[item.change.subject] = item.partition
                    fold.change(item, decode_entries(next(held[item.partition])))
                elif isinstance(item, PublishedIn):
                    state = folded.states[item.partition]
                    folded.states[item.partition] = fold.published(item, state)
                else:
                    self._set_aside(outbox, item)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        fold.write(partition_of)
        folded.list_changes = fold.counts
        return fold.entries

    def _fold_events(
        self,
        parsed: list[EventIn | RejectedIn],
        found: dict[int, Found],
        changed: dict[str, tuple[KnownEntry, ...]],
        folded: Folded,
    ) -> None:
        outbox = folded.outbox
        moments = {
            p: PartitionMoment(p, state, standing_of(self._catalogue, state.lists, outbox.at))
            for p, state in folded.states.items()
        }
        fold = EventFold(self._catalogue, outbox, folded.changes, self._partitions)
        held = {p: iter(answer.triples) for p, answer in found.items()}
        for item in parsed:
            if isinstance(item, RejectedIn):
                self._set_aside(outbox, item)
                continue
            known = held[item.partition]
            entries_raw, matter_raw, seen_in = next(known), next(known), next(known)
            subject = item.event.subject
            if subject in changed:
                entries = changed[subject]
            else:
                entries = decode_entries(entries_raw) if entries_raw else ()
            try:
                fold.event(item, moments[item.partition], entries, matter_raw, seen_in)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        folded.duplicates = fold.duplicates

    def _set_aside(self, outbox: Outbox, item: RejectedIn) -> None:
        outbox.dead_letter(item.message, item.fault)
        if item.fault.reason in _MISPLACED:
            topic = str(item.message.topic())
            where = f"{item.partition}/{item.offset}"
            outbox.alert(wrong_place_alert(topic, where, self._office, outbox.now))


def _touched(parsed: Iterable[EventIn | RejectedIn], told: Iterable[ListIn]) -> set[int]:
    return {item.partition for item in parsed} | {item.partition for item in told}
