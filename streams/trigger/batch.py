"""One batch, from parsed messages to what must be written: read, fold, and nothing sent yet."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from time import perf_counter
from typing import NamedTuple

from confluent_kafka import Message
from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from schemas.lean import KnownEntry, PartitionState
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from streams.trigger.alerts import wrong_place_alert
from streams.trigger.cache import CachePosition, Changes, StateCache
from streams.trigger.fold_events import EventFold, PartitionMoment, Recent
from streams.trigger.fold_lists import ListFold, decode_entries
from streams.trigger.intake import ChangeIn, EventIn, Intake, PublishedIn, RejectedIn
from streams.trigger.outbox import Outbox

_ASKED_AT_ONCE = 1_000  # Redis answers for these while as many more are checked
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
    recent: Recent = field(default_factory=Recent)

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
    """The messages of a batch, checked one by one, and what Redis answered about them."""

    events: list[EventIn | RejectedIn]
    lists: list[ListIn]
    held: list[bytes | None]  # the entries of each list change's subject
    triples: list[bytes | None]  # entries, matter and identity of each event
    phases: dict[str, float]


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

    def parse(self, events: list[Message], lists: list[Message], owned: dict[int, Owned]) -> Parsed:
        """Return the messages checked, and what Redis knows of their organisations.

        Each part of the batch is asked for while the next is checked. The answer is as of the
        positions of *owned*; `fold` must be told what was decided since.
        Raises: CacheMovedError, redis.RedisError.
        """
        began = perf_counter()
        self._intake.learn(lists)
        self._cache.look({p: each.position for p, each in owned.items()})
        told = [self._intake.list_message(message) for message in lists]
        self._cache.ask_entries(
            [(i.partition, i.change.subject) for i in told if isinstance(i, ChangeIn)]
        )
        checked: list[EventIn | RejectedIn] = []
        for start in range(0, len(events), _ASKED_AT_ONCE):
            part = self._intake.events(events[start : start + _ASKED_AT_ONCE])
            self._cache.ask_matters(
                [
                    (i.partition, i.event.subject, i.matter, i.decision_id)
                    for i in part
                    if isinstance(i, EventIn)
                ]
            )
            checked += part
        parsed_at = perf_counter()
        held, *triples = self._cache.answer()
        phases = {"parse": parsed_at - began, "redis_read": perf_counter() - parsed_at}
        return Parsed(checked, told, held, list(chain.from_iterable(triples)), phases)

    def fold(
        self,
        parsed: Parsed,
        owned: dict[int, Owned],
        recent: Recent,
        *,
        at: datetime,
        today: date,
    ) -> Folded:
        """Fold lists, the day, then events. Raises: CacheMovedError, redis.RedisError.

        *recent*: what was committed since *parsed* was read.
        """
        fold_at = perf_counter()
        members = self._members(parsed.lists, owned)
        numbers = _touched(parsed.events, parsed.lists)
        folded = Folded(
            Outbox(at), {p: owned[p].state for p in numbers}, {p: Changes() for p in numbers}
        )
        changed = self._fold_lists(parsed, members, recent, folded)
        folded.read_past(parsed.lists)
        folded.live_until(today)
        self._fold_events(parsed, changed, recent, folded)
        folded.read_past(parsed.events)
        folded.outbox.tallies()
        folded.phases = parsed.phases | {"fold": perf_counter() - fold_at}
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

    def _fold_lists(
        self, parsed: Parsed, members: Members, recent: Recent, folded: Folded
    ) -> dict[str, tuple[KnownEntry, ...]]:
        """Fold the lists; return the entries, as they are now, of every subject that changed."""
        outbox = folded.outbox
        fold = ListFold(outbox, folded.changes, members, self._office)
        held = iter(parsed.held)
        partition_of: dict[str, int] = {}
        for item in parsed.lists:
            try:
                if isinstance(item, ChangeIn):
                    subject, raw = item.change.subject, next(held)
                    partition_of[subject] = item.partition
                    known = recent.entries.get(subject)
                    fold.change(item, decode_entries(raw) if known is None else known)
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
        parsed: Parsed,
        changed: dict[str, tuple[KnownEntry, ...]],
        recent: Recent,
        folded: Folded,
    ) -> None:
        outbox = folded.outbox
        moments = {
            p: PartitionMoment(p, state, standing_of(self._catalogue, state.lists, outbox.at))
            for p, state in folded.states.items()
        }
        fold = EventFold(self._catalogue, outbox, folded.changes, self._partitions, recent)
        newest = recent.entries | changed
        values = iter(parsed.triples)
        for item in parsed.events:
            if isinstance(item, RejectedIn):
                self._set_aside(outbox, item)
                continue
            entries_raw, matter_raw, seen_in = next(values), next(values), next(values)
            subject = item.event.subject
            if subject in newest:
                entries = newest[subject]
            else:
                entries = decode_entries(entries_raw) if entries_raw else ()
            try:
                fold.event(item, moments[item.partition], entries, matter_raw, seen_in)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        folded.duplicates = fold.duplicates
        folded.recent = fold.learnt(changed)

    def _set_aside(self, outbox: Outbox, item: RejectedIn) -> None:
        outbox.dead_letter(item.message, item.fault)
        if item.fault.reason in _MISPLACED:
            topic = str(item.message.topic())
            where = f"{item.partition}/{item.offset}"
            outbox.alert(wrong_place_alert(topic, where, self._office, outbox.now))


def _touched(parsed: Iterable[EventIn | RejectedIn], told: Iterable[ListIn]) -> set[int]:
    return {item.partition for item in parsed} | {item.partition for item in told}
