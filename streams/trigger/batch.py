"""One batch, from parsed messages to what must be written: read, fold, and nothing sent yet.

The order within a subject is fixed: lists, days, reviews, event (design §6).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain
from time import perf_counter
from typing import NamedTuple

import numpy as np
from confluent_kafka import Message

from schemas.errors import Reason, RejectRecordError
from schemas.lean import SubjectEntries
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.rules.review import REFUSAL_WORDS, RefusalCode
from streams.trigger.agenda import names_after
from streams.trigger.alerts import lapsed_alert, wrong_place_alert
from streams.trigger.backlog import Beside
from streams.trigger.cache import StateCache
from streams.trigger.fold_events import EventFold
from streams.trigger.fold_lists import ListFold
from streams.trigger.fold_matters import At, MatterFold
from streams.trigger.fold_sweeps import MOST_OF_ONE, Few, Place, SweepFold, few_of
from streams.trigger.folded import Folded, Owned
from streams.trigger.hit_forms import HitForms
from streams.trigger.intake import Intake
from streams.trigger.items import ChangeIn, Part, PublishedIn, RejectedIn, ReviewIn
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox, Sink
from streams.trigger.plain.columns import hashes_of
from streams.trigger.plain.fold import PlainFold
from streams.trigger.sweeps import Agenda
from streams.trigger.working import Recent, Working, decode_matter

_ASKED_AT_ONCE = 1_000  # Redis answers for these while as many more are checked
_MISPLACED = frozenset({Reason.WRONG_PARTITION, Reason.SUBJECT_KEY_MISMATCH})


ListIn = ChangeIn | PublishedIn | RejectedIn


class Parsed(NamedTuple):
    """The messages of a batch, checked one by one, and what Redis answered about them."""

    parts: list[Part]  # the events
    lists: list[ListIn]
    ahead: list[ChangeIn]  # changes of waiting subjects whose turn has not come
    known: Mapping[int, int]  # see `Beside`
    reviews: list[ReviewIn | RejectedIn]
    held: list[bytes | None]  # the entries of each list change's subject, those ahead last
    names: dict[Place, list[str]]  # the first matters of each subject whose entries change
    phases: dict[str, float]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no message in it."""
        return not (self.parts or self.lists or self.ahead or self.reviews)

    @property
    def asks_for_more(self) -> bool:
        """Tell whether to fold it Redis is asked for what no batch on its way may change."""
        return bool(self.reviews) or any(isinstance(i, PublishedIn) for i in self.lists)


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
        self._plain = PlainFold(self._intake)
        self._hits = HitForms(catalogue)
        self._sweeps = SweepFold(catalogue, cache)

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
        running = [*dict.fromkeys(changed)]
        most = MOST_OF_ONE + 1
        self._cache.ask_each(*(names_after(spaces[p], uscc, "", most) for p, uscc in running))
        asked_at = perf_counter()
        *answers, held, named = self._cache.answer()
        heard_at = perf_counter()
        names = {
            place: [name.decode().partition("/")[2] for name in found]
            for place, found in zip(running, named, strict=True)
        }
        heard = iter(answers)
        for part in parts:
            if part.columns is not None:
                part.columns.answered(next(heard))
            part.answered(next(heard))
        self._plain.take_out_known(parts)
        phases = {
            "parse": asked_at - began + perf_counter() - heard_at,
            "redis_read": heard_at - asked_at,
        }
        return Parsed(parts, told, ahead, beside.known, reviews, held, names, phases)

    def _ask(self, events: Sequence[Message]) -> Part:
        """Check a part of a batch and send for what Redis knows of it."""
        part = self._intake.part(events)
        if part.columns is not None:
            self._cache.ask_plain(part.columns.asked())
        self._cache.ask_matters(
            [(i.partition, i.event.subject, i.matter, i.decision_id) for i in part.asked()]
        )
        return part

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

        Without a message: a slice of what is left to decide again. *recent*: what was committed
        since *parsed* was read. *sink*: takes what is to be written as it is made; what it raises
        is raised.
        """
        fold_at = perf_counter()
        numbers = _touched(parsed) | {
            p
            for p, o in owned.items()
            if o.state.day < today or (parsed.is_empty and o.agenda.owes(o.state))
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
        few = self._fold_lists(parsed, owned, recent, working, folded)
        folded.read_past(parsed.lists)
        self._tell_lapses(folded, folded.live_until(today))
        self._sweeps.at_once(few, owned, working, matters, folded)
        if parsed.is_empty:
            self._sweeps.slice(owned, recent, working, matters, folded)
        self._fold_reviews(parsed, owned, working, matters, folded)
        folded.read_past(parsed.reviews)
        self._fold_events(parsed, working, matters, folded)
        folded.read_to(chain.from_iterable(part.inputs().items() for part in parsed.parts))
        folded.outbox.tallies()
        folded.again, folded.reviews = matters.again, matters.reviews
        folded.note_agendas()
        folded.phases = parsed.phases | {"fold": perf_counter() - fold_at}
        return folded

    def _members_before(
        self, owned: dict[int, Owned], partition: int, code: str
    ) -> Iterator[tuple[str, str]]:
        """Yield what a list holds in a partition as of the last batch: see `MembersBefore`."""
        position, state = owned[partition].position, owned[partition].state
        return self._cache.members(partition, position, code, published=code in state.lists)

    def _fold_lists(
        self,
        parsed: Parsed,
        owned: dict[int, Owned],
        recent: Recent,
        working: Working,
        folded: Folded,
    ) -> list[Few]:
        """Fold the lists; return the subjects whose matters are to be decided again at once."""
        outbox = folded.outbox
        before = partial(self._members_before, owned)
        fold = ListFold(outbox, working, before, self._office, self._catalogue.lists)
        held = iter(parsed.held)
        fresh: set[str] = set()
        if parsed.held:
            recent.recall(np.sort(hashes_of({uscc for _, uscc in parsed.names})))
            fresh = {subject for subject, _ in recent.matters}

        def told(item: ChangeIn) -> tuple[SubjectEntries, bool]:
            """Return the entries of its subject, and whether that has matters."""
            subject = item.change.subject
            runs = bool(parsed.names[item.partition, subject]) or subject in fresh
            return working.entries(subject, next(held)), runs

        for item in parsed.lists:
            try:
                if isinstance(item, ChangeIn):
                    entries, runs = told(item)
                    fold.change(item, entries, runs=runs)
                elif isinstance(item, PublishedIn):
                    state = folded.states[item.partition]
                    folded.states[item.partition] = fold.published(item, state)
                else:
                    self._set_aside(outbox, item)
            except RejectRecordError as fault:
                outbox.dead_letter(item.message, fault)
        for change in parsed.ahead:
            entries, runs = told(change)
            try:
                fold.change_ahead(change, entries, runs=runs)
            except RejectRecordError as fault:
                outbox.dead_letter(change.message, fault)
        few = few_of(fold.changed(), parsed.names, recent)
        fold.write(decided={each.subject for each in few})
        for partition in fold.swept:
            folded.agendas[partition] = Agenda(True, folded.agendas[partition].next_due)
        folded.list_changes = fold.counts
        return few

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
        moments = folded.moments(self._catalogue, parsed.known) if items else {}
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
        moments = folded.moments(self._catalogue, parsed.known)
        fold = EventFold(
            self._catalogue, outbox, working, matters, self._partitions, hits=self._hits
        )
        touched = self._plain.touched(parsed.parts, working)
        for part in parsed.parts:
            quiet = self._plain.write(part, touched, fold, moments, folded)
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

    def _set_aside(self, outbox: Outbox, item: RejectedIn) -> None:
        outbox.dead_letter(item.message, item.fault)
        if item.fault.reason in _MISPLACED:
            topic = str(item.message.topic())
            where = f"{item.partition}/{item.offset}"
            outbox.alert(wrong_place_alert(topic, where, self._office, outbox.now))


def _touched(parsed: Parsed) -> set[int]:
    told = {item.partition for item in chain(parsed.lists, parsed.ahead, parsed.reviews)}
    return told | {partition for part in parsed.parts for _, partition in part.inputs()}
