"""Events, decided one by one: duplicates, the decision, what it withdraws, what it splits into."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from schemas import topics
from schemas.action import ActionChange
from schemas.decision import Verdict
from schemas.errors import Reason, RejectRecordError
from schemas.lean import (
    ActionData,
    ActionRef,
    ConsortiumParent,
    DecidedEvent,
    DecisionData,
    EventData,
    EventPosition,
    EventRef,
    KnownEntry,
    Matter,
    MemberEventData,
    PartitionState,
    Position,
    encode,
)
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.matter import superseded_by
from streams.rules.outcome import AsOf, Outcome
from streams.rules.standing import Standing
from streams.rules.transitions import Moved, withdraw
from streams.trigger.alerts import reward_alert, verdict_alert, withdrawn_alert
from streams.trigger.cache import Changes
from streams.trigger.consortium import shares_of
from streams.trigger.content import is_same_content, kept_data, without_data
from streams.trigger.intake import EventIn
from streams.trigger.keys import matter_key
from streams.trigger.outbox import HEADERS, Outbox, decision_bytes
from streams.trigger.quiet_form import QuietForm, QuietPlace, with_marks
from streams.trigger.stencil import VALUE
from streams.trigger.tally import Tally

_decode = msgspec.json.Decoder(Matter).decode
_NOTHING = Matter((), (), None)


class PartitionMoment:
    """What is the same for all events of one partition in one batch."""

    def __init__(self, partition: int, state: PartitionState, standing: Standing) -> None:
        self.day = state.day
        self.day_text = state.day.isoformat()
        self.standing = standing
        self.list_position = Position(partition, state.inputs.get(topics.LISTS, 0))
        self.review_position = Position(partition, state.inputs.get(topics.REVIEWS, 0))


@dataclass(slots=True)
class Recent:
    """What the batch before this one learnt, by subject: newer than what Redis answered."""

    matters: dict[tuple[str, str], bytes] = field(default_factory=dict)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    entries: dict[str, tuple[KnownEntry, ...]] = field(default_factory=dict)


class EventFold:
    """Decides the events of one batch over a copy of what is known."""

    def __init__(
        self,
        catalogue: Catalogue,
        outbox: Outbox,
        changes: dict[int, Changes],
        partitions: int,
        recent: Recent,
    ) -> None:
        self.duplicates: Counter[str] = Counter()  # by topic
        self._catalogue = catalogue
        self._outbox = outbox
        self._changes = changes
        self._partitions = partitions
        self._recent = recent
        self._matters: dict[tuple[str, str], bytes] = {}
        self._seen: dict[tuple[str, str], str] = {}
        self._quiet: dict[tuple[int, str, str, str], Outcome] = {}
        self._places: dict[tuple[int, str, str, str, bool], QuietPlace | None] = {}
        self._forms: dict[tuple[int, bool, bool, Outcome], QuietForm | None] = {}

    def event(
        self,
        item: EventIn,
        moment: PartitionMoment,
        entries: tuple[KnownEntry, ...],
        matter_raw: bytes | None,
        seen_in: bytes | None,
    ) -> None:
        """Decide one event. Raises: RejectRecordError."""
        where = item.event.subject, item.matter
        identity = item.event.subject, item.decision_id
        recent = self._recent
        record = self._matters.get(where) or recent.matters.get(where) or matter_raw
        seen = self._seen.get(identity) or recent.seen.get(identity)
        if seen is None and seen_in is not None:
            seen = seen_in.decode()
        if seen is not None:
            self._refuse_reused(item, record, seen)
            self.duplicates[item.topic] += 1
        elif record is None and not entries and (place := self._quiet_place(item, moment)):
            self._write_quietly(item, place)
        else:
            matter = _decode(record) if record else _NOTHING
            self._decide(item, moment, entries, matter)

    def _decide(
        self,
        item: EventIn,
        moment: PartitionMoment,
        entries: tuple[KnownEntry, ...],
        matter: Matter,
    ) -> None:
        """Decide an event of *matter*, as it was before, and write what comes of it."""
        outcome = self._outcome(item, moment, entries)
        gone = self._withdraw(item, matter) if matter.actions else ()
        decided = self._decided(item, moment, outcome)
        self._tell(item, decided, outcome)
        if item.event.data.members:
            self._outbox.records.extend(shares_of(item, self._partitions))
        known = _known(item, moment, decided, kept_data(item.event.data))
        self._keep(item, encode(self._next(item, matter, known, gone, outcome.actions)))

    def learnt(self, entries: dict[str, tuple[KnownEntry, ...]]) -> Recent:
        """Return what the next batch must know beside Redis; *entries*: those that changed."""
        return Recent(self._matters, self._seen, entries)

    def _quiet_place(self, item: EventIn, moment: PartitionMoment) -> QuietPlace | None:
        """Return what serves the events of this place; None if *item* is written for itself."""
        event, data = item.event, item.event.data
        if data.members or type(data) is not EventData:
            return None
        kind = (  # the type says the topic too: intake admits a department's events on no other
            item.partition,
            event.type,
            data.item_code,
            data.department,
            event.traceparent is None,
        )
        try:
            return self._places[kind]
        except KeyError:
            self._places[kind] = made = self._make_place(item, moment)
            return made

    def _make_place(self, item: EventIn, moment: PartitionMoment) -> QuietPlace | None:
        outcome = self._outcome(item, moment, ())
        if outcome.verdict is not Verdict.PASS:  # an alert goes with it
            return None
        traced = item.event.traceparent is not None
        use = item.partition, item.stage.terminal, traced, outcome
        if use not in self._forms:
            marked = with_marks(item)
            decided = self._decided(marked, moment, outcome)
            known = _known(marked, moment, decided, encode(VALUE))
            self._forms[use] = QuietForm.cut_from(
                decision_bytes(marked.event.subject, decided, marked.event.traceparent),
                encode(self._next(marked, _NOTHING, known, (), ())),
                traced=traced,
            )
        form = self._forms[use]
        return None if form is None else QuietPlace(form, item, self._tally(item, outcome.verdict))

    def _write_quietly(self, item: EventIn, place: QuietPlace) -> None:
        """Write what `_decide` would about an event on which nothing known bears."""
        subject = item.event.subject.encode()
        decision, record = place.fill(item, subject)
        self._outbox.records.append((topics.DECISIONS, item.partition, subject, decision, HEADERS))
        place.tally.add(item.time.text, item.offset)
        self._keep(item, record)

    def _outcome(
        self, item: EventIn, moment: PartitionMoment, entries: tuple[KnownEntry, ...]
    ) -> Outcome:
        """Decide; what is the same for all who are on no list is looked up once a batch."""
        event = item.event
        place = item.partition, event.type, event.data.item_code, event.data.department
        if not entries and (known := self._quiet.get(place)) is not None:
            return known
        as_of = AsOf(self._outbox.at, moment.day, moment.standing, item.time.instant)
        outcome = decide(event, entries, self._catalogue, as_of=as_of)
        if not entries:
            self._quiet[place] = outcome
        return outcome

    def _refuse_reused(self, item: EventIn, record: bytes | None, seen: str) -> None:
        """Refuse the identity of *item*, decided before in the matter *seen*, for other content.

        *record*: of the matter that *item* names. Raises: RejectRecordError.
        """
        event = item.event
        if record is not None and seen == item.matter:
            for known in _decode(record).events:
                if known.id == event.id and known.source == event.source:
                    if is_same_content(item, known):
                        return
                    break
        detail = (
            "source and id: decided before with other content; a corrected record needs a new id"
        )
        raise RejectRecordError(Reason.ID_REUSED, detail)

    def _withdraw(self, item: EventIn, matter: Matter) -> tuple[ActionData, ...]:
        """Withdraw what the earlier stages of this matter did: a later stage takes their place."""
        subject = item.event.subject
        gone = []
        for action in superseded_by(matter.actions, self._catalogue.stages, item.stage):
            step = withdraw(action, "superseded")
            if not isinstance(step, Moved):  # superseded_by gives live actions alone
                continue
            after = step.action
            gone.append(after)
            self._outbox.action(
                item.partition, subject, ActionChange.WITHDRAWN, after, item.event.traceparent
            )
            self._outbox.alert(withdrawn_alert(subject, after, self._outbox.now))
        return tuple(gone)

    def _decided(self, item: EventIn, moment: PartitionMoment, outcome: Outcome) -> DecisionData:
        event = item.event
        data = event.data
        return DecisionData(
            item.decision_id,
            0,
            EventRef(event.source, event.id, event.type, item.time.text),
            data.department,
            data.item_code,
            data.application_no,
            outcome.verdict.value,
            tuple([ActionRef(a.action_id, a.effect, a.state) for a in outcome.actions])
            if outcome.actions
            else (),
            outcome.reasons,
            outcome.entries,
            self._outbox.now,
            "event",
            self._catalogue.version,
            EventPosition(item.topic, item.partition, item.offset),
            moment.list_position,
            moment.review_position,
            moment.day_text,
            _parent_of(item),
            tuple(dict.fromkeys(m.uscc for m in data.members if m.uscc != event.subject))
            if data.members
            else (),
        )

    def _tell(self, item: EventIn, decided: DecisionData, outcome: Outcome) -> None:
        """Write the decision, its actions, alerts and its place in the tally."""
        outbox, subject, trace = self._outbox, item.event.subject, item.event.traceparent
        outbox.decision(item.partition, subject, decided, trace)
        for action in outcome.actions:
            outbox.action(item.partition, subject, ActionChange.ISSUED, action, trace)
            if action.polarity == "reward":
                outbox.alert(reward_alert(subject, action, outbox.now))
        if decided.verdict != "pass":
            alert = verdict_alert(subject, decided, outcome.actions, outbox.now)
            if alert is not None:
                outbox.alert(alert)
        for measure in outcome.shadows:
            outbox.shadows[measure] += 1
        self._tally(item, outcome.verdict).add(item.time.text, item.offset)

    def _tally(self, item: EventIn, verdict: Verdict) -> Tally:
        stage = item.stage
        return self._outbox.tally(
            (item.topic, item.partition),
            (item.event.data.department, stage.family, stage.stage, verdict.value),
        )

    def _next(
        self,
        item: EventIn,
        matter: Matter,
        known: DecidedEvent,
        gone: tuple[ActionData, ...],
        issued: tuple[ActionData, ...],
    ) -> Matter:
        """Return the matter with this event: what *gone* withdrew, what it *issued*."""
        events = matter.events
        if events:
            events = tuple(self._without_data(e, item) for e in events)
        actions = matter.actions
        if gone:
            after = {a.action_id: a for a in gone}
            actions = tuple(after.get(a.action_id, a) for a in actions)
        closed = known.decided_on if item.stage.terminal else matter.closed_on
        return Matter((*events, known), actions + issued, closed)

    def _keep(self, item: EventIn, record: bytes) -> None:
        """Remember the matter, in this batch and after it."""
        subject, matter = item.event.subject, item.matter
        self._matters[subject, matter] = record
        self._seen[subject, item.decision_id] = matter
        self._changes[item.partition].matters.append((subject, matter, record, item.decision_id))
        self._outbox.state(item.partition, matter_key(subject, matter), record)

    def _without_data(self, known: DecidedEvent, item: EventIn) -> DecidedEvent:
        """Only the newest stage can be decided again; of earlier ones the identity is enough."""
        _, _, step = known.type.partition(".")
        family, _, stage = step.partition(".")
        earlier = self._catalogue.stage(family, stage)
        if earlier is None or (
            earlier.family == item.stage.family and earlier.rank <= item.stage.rank
        ):
            return without_data(known)
        return known


def _known(
    item: EventIn, moment: PartitionMoment, decided: DecisionData, data: bytes
) -> DecidedEvent:
    event = item.event
    return DecidedEvent(
        event.source,
        event.id,
        event.type,
        item.time.text,
        None,
        item.topic,
        item.partition,
        item.offset,
        0,
        decided.verdict,
        moment.day,
        msgspec.Raw(data),
        decided.consortium_of,
    )


def _parent_of(item: EventIn) -> ConsortiumParent | None:
    data = item.event.data
    return data.consortium_of if isinstance(data, MemberEventData) else None
