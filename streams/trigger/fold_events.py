"""Events, decided one by one: duplicates, the decision, what it withdraws, what it splits into."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from schemas import topics
from schemas.action import ActionChange
from schemas.errors import Reason, RejectRecordError
from schemas.lean import (
    ActionData,
    ActionRef,
    ConsortiumParent,
    DecidedEvent,
    DecisionData,
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
from streams.trigger.content import is_same_content, without_data
from streams.trigger.intake import EventIn
from streams.trigger.keys import matter_key
from streams.trigger.outbox import Outbox

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

    matters: dict[tuple[str, str], Matter] = field(default_factory=dict)
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
        self._matters: dict[tuple[str, str], Matter] = {}
        self._seen: dict[tuple[str, str], str] = {}
        self._quiet: dict[tuple[int, str, str, str], Outcome] = {}

    def event(
        self,
        item: EventIn,
        moment: PartitionMoment,
        entries: tuple[KnownEntry, ...],
        matter_raw: bytes | None,
        seen_in: bytes | None,
    ) -> None:
        """Decide one event. Raises: RejectRecordError."""
        event = item.event
        subject = event.subject
        where = subject, item.matter
        matter = self._matters.get(where) or self._recent.matters.get(where)
        if matter is None:
            matter = _decode(matter_raw) if matter_raw else _NOTHING
        if self._is_repeated(item, matter, seen_in):
            return
        outcome = self._outcome(item, moment, entries)
        gone = self._withdraw(item, matter) if matter.actions else ()
        decided = self._decided(item, moment, outcome)
        self._tell(item, decided, outcome)
        if event.data.members:
            self._outbox.records.extend(shares_of(item, self._partitions))
        known = DecidedEvent(
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
            msgspec.Raw(encode(event.data)),
            decided.consortium_of,
        )
        self._keep(item, self._next(item, matter, known, gone, outcome.actions))

    def learnt(self, entries: dict[str, tuple[KnownEntry, ...]]) -> Recent:
        """Return what the next batch must know beside Redis; *entries*: those that changed."""
        return Recent(self._matters, self._seen, entries)

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

    def _is_repeated(self, item: EventIn, matter: Matter, seen_in: bytes | None) -> bool:
        """Tell whether this very event was decided before. Raises: RejectRecordError."""
        event = item.event
        identity = event.subject, item.decision_id
        seen = self._seen.get(identity) or self._recent.seen.get(identity)
        if seen is None and seen_in is not None:
            seen = seen_in.decode()
        if seen is None:
            return False
        if seen == item.matter:
            for known in matter.events:
                if known.id == event.id and known.source == event.source:
                    if is_same_content(item, known):
                        self.duplicates[item.topic] += 1
                        return True
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
        stage = item.stage
        day = decided.event.time[:10]  # its text is in +08:00 already
        outbox.count(
            (item.topic, item.partition),
            item.offset,
            (day, decided.department, stage.family, stage.stage, decided.verdict),
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

    def _keep(self, item: EventIn, matter: Matter) -> None:
        """Remember the matter, in this batch and after it."""
        subject = item.event.subject
        self._matters[subject, item.matter] = matter
        self._seen[subject, item.decision_id] = item.matter
        record = encode(matter)
        self._changes[item.partition].matters.append(
            (subject, item.matter, record, item.decision_id)
        )
        self._outbox.state(item.partition, matter_key(subject, item.matter), record)

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


def _parent_of(item: EventIn) -> ConsortiumParent | None:
    data = item.event.data
    return data.consortium_of if isinstance(data, MemberEventData) else None
