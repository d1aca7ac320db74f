"""One batch, from parsed messages to what must be written: read, fold, and nothing sent yet.

The order within a subject is fixed: lists, days, reviews, event (design §6).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from confluent_kafka import Message
from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from schemas.lean import PartitionState, Sweep
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.rules.review import REFUSAL_WORDS, RefusalCode
from streams.rules.standing import standing_of
from streams.trigger.agenda import Diary, names_after
from streams.trigger.alerts import lapsed_alert, wrong_place_alert
from streams.trigger.backlog import Beside
from streams.trigger.cache import StateCache
from streams.trigger.codes import are_among, repeated
from streams.trigger.fold_events import EventFold
from streams.trigger.fold_lists import ListFold
from streams.trigger.fold_matters import At, MatterFold
from streams.trigger.intake import (
    ChangeIn,
    EventIn,
    Intake,
    Part,
    PublishedIn,
    RejectedIn,
    ReviewIn,
)
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import CachePosition, Changes
from streams.trigger.outbox import Outbox, Sink
from streams.trigger.plain.columns import hashes_of
from streams.trigger.plain.quiet import Quiet
from streams.trigger.sweeps import Agenda, Running, Slice, read_slice
from streams.trigger.transaction import Record
from streams.trigger.working import Hashes, Recent, Working, decode_matter

_ASKED_AT_ONCE = 1_000  # Redis answers for these while as many more are checked
_MISPLACED = frozenset({Reason.WRONG_PARTITION, Reason.SUBJECT_KEY_MISMATCH})


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

    def read_past(self, items: "Iterable[ListIn | ReviewIn | RejectedIn]") -> None:
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
            if agenda.next_due is not None:
                days.append(agenda.next_due)
            self.agendas[number] = Agenda(agenda.swept, min(days, default=None))


ListIn = ChangeIn | PublishedIn | RejectedIn
Members = dict[tuple[int, str], dict[str, str]]


class Parsed(NamedTuple):
    """The messages of a batch, checked one by one, and what Redis answered about them."""

    parts: list[Part]  # the events
    lists: list[ListIn]
    ahead: list[ChangeIn]  # changes of waiting subjects whose turn has not come
    known: Mapping[int, int]  # see `Beside`
    reviews: list[ReviewIn | RejectedIn]
    held: list[bytes | None]  # the entries of each list change's subject, those ahead last
    running: list[bool]  # whether each list change's subject has matters
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

    def parse(self, events: list[Message], beside: Beside, owned: dict[int, Owned]) -> Parsed:
        """Return the messages checked, and what Redis knows of their organisations.

        The answer is as of the positions of *owned*; `fold` must be told what was decided since.
        Raises: CacheMovedError, redis.RedisError.
        """
        return self.finish(self.begin(events, owned), beside, owned)

    def begin(self, events: list[Message], owned: dict[int, Owned]) -> list[Part]:
        """Check *events*; of each part Redis is asked while the next is checked."""
        self._cache.look({p: each.position for p, each in owned.items()})
        starts = range(0, len(events), _ASKED_AT_ONCE)
        return [self._ask(events[start : start + _ASKED_AT_ONCE]) for start in starts]

    def drop(self) -> None:
        """Forget what was begun: something else must be folded first."""
        self._cache.answer()

    def finish(self, parts: list[Part], beside: Beside, owned: dict[int, Owned]) -> Parsed:
        """Check what was read *beside* as well, and hear what Redis knows of all of it."""
        began = perf_counter()
        self._intake.learn([*beside.lists, *beside.ahead, *beside.reviews])
        told = self._intake.list_messages(beside.lists)
        # What is not sound is set aside in its turn, and what is no change counts in its turn.
        ahead = [i for i in self._intake.list_messages(beside.ahead) if isinstance(i, ChangeIn)]
        reviews = [self._intake.review_message(message) for message in beside.reviews]
        changes = (i for i in (*told, *ahead) if isinstance(i, ChangeIn))
        changed = [(i.partition, i.change.subject) for i in changes]
        self._cache.ask_entries(changed)
        spaces = {p: self._cache.namespace(p) for p in owned}
        self._cache.ask_each(*(names_after(spaces[p], subject, "", 1) for p, subject in changed))
        asked_at = perf_counter()
        *answers, held, names = self._cache.answer()
        heard_at = perf_counter()
        running = [bool(found) for found in names]
        heard = iter(answers)
        for part in parts:
            if part.columns is not None:
                part.columns.answered(next(heard))
            part.answered(next(heard))
        self._take_out_known(parts)
        phases = {
            "parse": asked_at - began + perf_counter() - heard_at,
            "redis_read": heard_at - asked_at,
        }
        return Parsed(parts, told, ahead, beside.known, reviews, held, running, phases)

    def _ask(self, events: Sequence[Message]) -> Part:
        """Check a part of a batch and send for what Redis knows of it."""
        part = self._intake.part(events)
        if part.columns is not None:
            self._cache.ask_plain(part.columns.asked())
        self._cache.ask_matters(
            [(i.partition, i.event.subject, i.matter, i.decision_id) for i in part.asked()]
        )
        return part

    def _take_out_known(self, parts: list[Part]) -> None:
        """Leave plain alone of whom Redis holds nothing, and who comes once in the batch."""
        columns = [part.columns for part in parts if part.columns is not None]
        if not columns:
            return
        several = repeated(np.concatenate([hashes_of_keys(part) for part in parts]))
        for part in parts:
            if part.columns is not None:
                again = are_among(part.columns.hashes, several).tolist()
                self._intake.take_out(part, sorted({*part.columns.known, *again}))

    def fold(  # noqa: PLR0913  # what was known before, and when it is
        self,
        parsed: Parsed,
        owned: dict[int, Owned],
        recent: Recent,
        *,
        at: datetime,
        today: date,
        sink: Sink | None = None,
    ) -> Folded:
        """Fold lists, days, reviews, events. Raises: CacheMovedError, redis.RedisError.

        *recent*: what was committed since *parsed* was read. *sink*: takes what is to be written
        as it is made; what it raises is raised.
        """
        fold_at = perf_counter()
        members = self._members(parsed.lists, owned)
        numbers = _touched(parsed) | {
            p for p, o in owned.items() if o.agenda.owes(o.state) or o.state.day < today
        }
        folded = Folded(
            Outbox(at, sink),
            {p: owned[p].state for p in numbers},
            {p: Changes() for p in numbers},
            {p: owned[p].agenda for p in numbers},
        )
        working = Working(folded.outbox, folded.changes, recent)
        folded.recent = working.learnt
        matters = MatterFold(self._catalogue, folded.outbox, working, self._office)
        self._fold_lists(parsed, members, recent, working, folded)
        folded.read_past(parsed.lists)
        self._tell_lapses(folded, folded.live_until(today))
        self._sweep(owned, working, matters, folded)
        self._fold_reviews(parsed, owned, working, matters, folded)
        folded.read_past(parsed.reviews)
        self._fold_events(parsed, working, matters, folded)
        folded.read_to(chain.from_iterable(part.inputs().items() for part in parsed.parts))
        folded.outbox.tallies()
        folded.again, folded.reviews = matters.again, matters.reviews
        folded.note_agendas()
        folded.phases = parsed.phases | {"fold": perf_counter() - fold_at}
        return folded

    def _members(self, told: Iterable[ListIn], owned: dict[int, Owned]) -> Members:
        """Return what each list holds that is published in this batch."""
        return {
            (p, code): self._cache.members(
                p, owned[p].position, code, published=code in owned[p].state.lists
            )
            for p, code in {
                (item.partition, item.published.data.list_code)
                for item in told
                if isinstance(item, PublishedIn)
            }
        }

    def _fold_lists(
        self, parsed: Parsed, members: Members, recent: Recent, working: Working, folded: Folded
    ) -> None:
        outbox = folded.outbox
        fold = ListFold(outbox, working, members, self._office, self._catalogue.lists)
        held, running = iter(parsed.held), iter(parsed.running)
        fresh: set[str] = set()
        if parsed.held:
            changes = chain((i for i in parsed.lists if isinstance(i, ChangeIn)), parsed.ahead)
            recent.recall(np.sort(hashes_of({change.change.subject for change in changes})))
            fresh = {subject for subject, _ in recent.matters}
        for item in parsed.lists:
            try:
                if isinstance(item, ChangeIn):
                    subject, raw, runs = item.change.subject, next(held), next(running)
                    runs = runs or subject in fresh
                    fold.change(item, working.entries(subject, raw), runs=runs)
                elif isinstance(item, PublishedIn):
                    state = folded.states[item.partition]
                    folded.states[item.partition] = fold.published(item, state)
                else:
                    self._set_aside(outbox, item)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        for change in parsed.ahead:
            subject, raw, runs = change.change.subject, next(held), next(running)
            runs = runs or subject in fresh
            try:
                fold.change_ahead(change, working.entries(subject, raw), runs=runs)
            except RejectRecordError as fault:
                outbox.dead_letter(change.message, fault)
        fold.write()
        for partition in fold.swept:
            folded.agendas[partition] = Agenda(True, folded.agendas[partition].next_due)
        folded.list_changes = fold.counts

    def _tell_lapses(self, folded: Folded, passed: Mapping[int, tuple[date, date]]) -> None:
        """Tell the office of every list whose promise ran out on a day that has now passed."""
        for partition, (before, after) in passed.items():
            for code, known in folded.states[partition].lists.items():
                spec = self._catalogue.lists.get(code)
                if spec is None:
                    continue
                lapse = legal_day(min(known.published_at, known.appended_at) + spec.publish_every)
                if before <= lapse < after:
                    folded.outbox.alert(
                        lapsed_alert(code, known.generation, self._office, folded.outbox.now)
                    )

    def _moments(
        self, folded: Folded, known: Mapping[int, int] = MappingProxyType({})
    ) -> dict[int, PartitionMoment]:
        """Return the moment of each partition; *known*: how far changes are, of those concerned."""
        at = folded.outbox.at
        return {
            p: PartitionMoment(
                p, state, standing_of(self._catalogue, state.lists, at)
            ).having_listed(known.get(p, 0))
            for p, state in folded.states.items()
        }

    def _sweep(
        self, owned: dict[int, Owned], working: Working, matters: MatterFold, folded: Folded
    ) -> None:
        """Decide one slice of what is left to do again.

        What this batch's lists changed is left to the next slice: it was not read with them.
        """
        owing = {
            p: (owned[p].position, state)
            for p, state in folded.states.items()
            if folded.agendas[p].owes(state)
        }
        if not owing:
            return
        found = read_slice(self._cache, owing)
        changed = frozenset(working.learnt.entries)
        moments = self._moments(folded)
        for running, listed in _in_turn(found):
            held = working.entries(running.subject, running.entries)
            record = working.record(running.subject, running.name, running.record)
            at = At(running.subject, running.name, held, moments[running.partition])
            if record is not None:
                matters.bring_up_to_date(at, decode_matter(record), listed=listed)
            else:
                name = f"{running.subject}/{running.name}"
                folded.changes[running.partition].diaries[name] = Diary(None, False, ())
        for resting in found.resting:
            record = working.record(resting.subject, resting.name, resting.record)
            matters.forget_old(resting, record, folded.states[resting.partition].day)
        for swept in found.subjects:
            if swept.subject not in changed:
                turn = 0 if swept.held.sweep is None else swept.held.sweep.turn
                sweep = None if swept.done else Sweep(turn + 1, swept.last)
                after = replace(swept.held, sweep=sweep)
                working.keep_entries(swept.partition, swept.subject, swept.held, after)
        for p, agenda in found.agendas.items():
            # What this batch changed was in no slice yet.
            asked = any(folded.changes[p].sweeps.get(uscc) is not None for uscc in changed)
            folded.agendas[p] = Agenda(agenda.swept or asked, agenda.next_due)
        for p, cursor in found.first_published.items():
            folded.states[p] = replace(folded.states[p], first_published=cursor)
        for p, cursor in found.tidied.items():
            folded.states[p] = replace(folded.states[p], tidied=cursor)

    def _fold_reviews(
        self,
        parsed: Parsed,
        owned: dict[int, Owned],
        working: Working,
        matters: MatterFold,
        folded: Folded,
    ) -> None:
        items = parsed.reviews
        told = [item for item in items if isinstance(item, ReviewIn)]
        found = iter(self._read_reviewed(told, owned))
        moments = self._moments(folded, parsed.known) if items else {}
        for item in items:
            if isinstance(item, RejectedIn):
                self._set_aside(folded.outbox, item)
                continue
            name, record, entries = next(found)
            if name is None:
                words = REFUSAL_WORDS[RefusalCode.UNKNOWN_ACTION]
                matters.refuse(item.subject, item.told, words)
                continue
            held = working.entries(item.subject, entries)
            record = working.record(item.subject, name, record)
            moment = moments[item.partition].having_read(item.offset + 1)
            at = At(item.subject, name, held, moment)
            matter = matters.bring_up_to_date(at, decode_matter(record), listed=False)
            matters.review(at, matter, item.told)

    def _read_reviewed(
        self, told: list[ReviewIn], owned: dict[int, Owned]
    ) -> list[tuple[str | None, bytes | None, bytes | None]]:
        """Return id and record of the matter of each review's action, and its subject's entries."""
        if not told:
            return []
        self._cache.look({i.partition: owned[i.partition].position for i in told})
        self._cache.ask_matters_of_actions(
            [(i.partition, i.subject, i.told.action_id) for i in told]
        )
        self._cache.ask_entries([(i.partition, i.subject) for i in told])
        ids, _ = self._cache.hear()
        names = [None if name is None else name.decode() for name in ids]
        self._cache.ask_records(
            [
                (i.partition, f"{i.subject}/{name or ''}")
                for i, name in zip(told, names, strict=True)
            ]
        )
        _, entries, records = self._cache.answer()
        return list(zip(names, records, entries, strict=True))

    def _fold_events(
        self, parsed: Parsed, working: Working, matters: MatterFold, folded: Folded
    ) -> None:
        outbox = folded.outbox
        moments = self._moments(folded, parsed.known)
        fold = EventFold(self._catalogue, outbox, working, matters, self._partitions)
        strange = self._not_plain(parsed, working)
        for part in parsed.parts:
            quiet = self._write_plain(part, strange, fold, moments, folded)
            odd = [(place, item) for place, item in enumerate(part.items) if item is not None]
            written = 0  # of the quiet ones, which lie between the odd ones
            for number, (place, item) in enumerate(odd):
                outbox.records += quiet[2 * written : 2 * (place - number)]
                written = place - number
                if isinstance(item, RejectedIn):
                    self._set_aside(outbox, item)
                else:
                    entries_raw, matter_raw, seen_in = part.known[place]
                    held = working.entries(item.event.subject, entries_raw)
                    try:
                        fold.event(item, moments[item.partition], held, matter_raw, seen_in)
                    except RejectRecordError as fault:
                        outbox.dead_letter(item.message, fault)
            outbox.records += quiet[2 * written :]
            outbox.hand_on()
        folded.duplicates = fold.duplicates

    def _not_plain(self, parsed: Parsed, working: Working) -> Hashes:
        """Return whom the last batch or this one touched: plain in Redis, and no longer so.

        What the last batch wrote plainly about the subjects of this one is recalled.
        """
        parts = [part.columns.hashes for part in parsed.parts if part.columns is not None]
        odd = {
            i.event.subject for part in parsed.parts for i in part.items if isinstance(i, EventIn)
        }
        working.recall(np.sort(np.concatenate([hashes_of(odd), *parts])))
        return np.sort(working.touched()) if parts else hashes_of(())

    def _write_plain(
        self,
        part: Part,
        strange: Hashes,
        fold: EventFold,
        moments: Mapping[int, PartitionMoment],
        folded: Folded,
    ) -> list[Record]:
        """Return decision and state record of each event of *part* that stays plain, in order.

        The others become items.
        """
        columns = part.columns
        if columns is None:
            return []
        self._intake.take_out(part, are_among(columns.hashes, strange).tolist())
        places = {}
        for group in range(len(columns.firsts)):
            rows = np.flatnonzero(columns.groups == group)
            if not len(rows):
                continue
            first = int(rows[0])
            item = self._intake.plain_item(part.messages[first], columns, first)
            place = fold.quiet_place(item, moments[item.partition])
            if place is None:
                self._intake.take_out(part, rows.tolist())
            else:
                places[group] = place
        rows = columns.plain_rows()
        if not len(rows):
            return []
        quiet = Quiet(columns, rows, places)
        for group, day, count, last in quiet.counted():
            places[group].tally.add_many(date.fromordinal(day).isoformat(), count, last)
        for partition, told in quiet.told().items():
            folded.changes[partition].plain.append(told)
        folded.recent.plain.append(quiet)
        return quiet.messages()

    def _set_aside(self, outbox: Outbox, item: RejectedIn) -> None:
        outbox.dead_letter(item.message, item.fault)
        if item.fault.reason in _MISPLACED:
            topic = str(item.message.topic())
            where = f"{item.partition}/{item.offset}"
            outbox.alert(wrong_place_alert(topic, where, self._office, outbox.now))


def _in_turn(found: Slice) -> Iterator[tuple[Running, bool]]:
    """Yield each matter of a slice, and whether the lists brought it there."""
    yield from ((running, True) for running in found.swept)
    yield from ((running, True) for running in found.waiting)
    yield from ((running, False) for running in found.due)


def _touched(parsed: Parsed) -> set[int]:
    told = {item.partition for item in chain(parsed.lists, parsed.ahead, parsed.reviews)}
    return told | {partition for part in parsed.parts for _, partition in part.inputs()}


def hashes_of_keys(part: Part) -> Hashes:
    """Return the hashes of the subjects of *part*, as far as they are in columns or items."""
    if part.columns is not None:
        return part.columns.hashes
    return hashes_of([item.event.subject for item in part.asked()])
