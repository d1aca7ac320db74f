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
from schemas.lean import PartitionState
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
    duplicates: Counter[str]
    list_changes: Counter[tuple[str, str]]
    phases: dict[str, float] = field(default_factory=dict)


class Parsed(NamedTuple):
    """The messages of a batch, checked one by one."""

    events: list[EventIn | RejectedIn]
    lists: list[ChangeIn | PublishedIn | RejectedIn]
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
        self._intake.learn(events)
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
        fold_at = perf_counter()
        outbox = Outbox(at)
        changes = {p: Changes() for p in _touched(events, told)}
        states = {p: owned[p].state for p in changes}
        list_fold = self._fold_lists(told, found, outbox, changes, states, owned)
        read = _ends_of(told)
        states = {p: _advance(_read_past(s, p, read), today) for p, s in states.items()}
        duplicates = self._fold_events(events, found, outbox, changes, states, list_fold)
        read = _ends_of(events)
        states = {p: _read_past(s, p, read) for p, s in states.items()}
        outbox.tallies()
        phases = {
            "parse": parsed.took_s,
            "redis_read": fold_at - read_at,
            "fold": perf_counter() - fold_at,
        }
        return Folded(outbox, states, changes, duplicates, list_fold.counts, phases)

    def _read(
        self,
        parsed: Iterable[EventIn | RejectedIn],
        told: Iterable[ChangeIn | PublishedIn | RejectedIn],
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
        self,
        told: list[ChangeIn | PublishedIn | RejectedIn],
        found: dict[int, Found],
        outbox: Outbox,
        changes: dict[int, Changes],
        states: dict[int, PartitionState],
        owned: dict[int, Owned],
    ) -> ListFold:
        members = {
            (item.partition, item.published.data.list_code): self._cache.members(
                item.partition,
                owned[item.partition].position.space,
                item.published.data.list_code,
            )
            for item in told
            if isinstance(item, PublishedIn)
        }
        fold = ListFold(outbox, changes, members, self._office)
        held = {p: iter(answer.entries) for p, answer in found.items()}
        partition_of: dict[str, int] = {}
        for item in told:
            try:
                if isinstance(item, ChangeIn):
                    partition_of[item.change.subject] = item.partition
                    fold.change(item, decode_entries(next(held[item.partition])))
                elif isinstance(item, PublishedIn):
                    states[item.partition] = fold.published(item, states[item.partition])
                else:
                    self._set_aside(outbox, item)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        fold.write(partition_of)
        return fold

    def _fold_events(
        self,
        parsed: list[EventIn | RejectedIn],
        found: dict[int, Found],
        outbox: Outbox,
        changes: dict[int, Changes],
        states: dict[int, PartitionState],
        lists: ListFold,
    ) -> Counter[str]:
        moments = {
            p: PartitionMoment(p, state, standing_of(self._catalogue, state.lists, outbox.at))
            for p, state in states.items()
        }
        fold = EventFold(self._catalogue, outbox, changes, self._partitions)
        held = {p: iter(answer.triples) for p, answer in found.items()}
        changed = lists.entries
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
        return fold.duplicates

    def _set_aside(self, outbox: Outbox, item: RejectedIn) -> None:
        outbox.dead_letter(item.message, item.fault)
        if item.fault.reason in _MISPLACED:
            topic = str(item.message.topic())
            where = f"{item.partition}/{item.offset}"
            outbox.alert(wrong_place_alert(topic, where, self._office, outbox.now))


def _touched(
    parsed: Iterable[EventIn | RejectedIn], told: Iterable[ChangeIn | PublishedIn | RejectedIn]
) -> set[int]:
    return {item.partition for item in parsed} | {item.partition for item in told}


def _advance(state: PartitionState, today: date) -> PartitionState:
    """Return *state* on *today*, every day in between lived through, never back."""
    day = state.day
    while day < today:
        day += timedelta(days=1)
    return state if day == state.day else replace(state, day=day)


def _ends_of(
    items: Iterable[EventIn | ChangeIn | PublishedIn | RejectedIn],
) -> dict[tuple[str, int], int]:
    """Return the offset after the last message of each input partition."""
    return {(item.topic, item.partition): item.offset + 1 for item in items}


def _read_past(
    state: PartitionState, partition: int, read: dict[tuple[str, int], int]
) -> PartitionState:
    """Return *state* with the input positions after what was read."""
    news = {topic: offset for (topic, number), offset in read.items() if number == partition}
    return replace(state, inputs=state.inputs | news) if news else state
