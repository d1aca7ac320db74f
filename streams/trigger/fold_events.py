"""Events, decided one by one: duplicates, the decision, what it withdraws, what it splits into."""

from collections import Counter
from datetime import date

import msgspec
from msgspec.structs import replace

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
    SubjectEntries,
    encode,
)
from streams.rules.action_reasons import other_reasons
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.matter import superseded_by
from streams.rules.move_notice import with_notice
from streams.rules.outcome import AsOf, Outcome
from streams.rules.transitions import Moved, withdraw
from streams.trigger.again_alerts import moved_alert
from streams.trigger.alerts import reward_alert, verdict_alert
from streams.trigger.consortium import shares_of
from streams.trigger.content import is_same_content, kept_data, without_data
from streams.trigger.fold_matters import At, MatterFold, waits_for_a_list
from streams.trigger.hit_form import Hit
from streams.trigger.hit_forms import HitForms
from streams.trigger.items import EventIn
from streams.trigger.letters import Written
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import Changes
from streams.trigger.outbox import HEADERS, Outbox, decision_bytes
from streams.trigger.quiet_form import QuietForm, QuietPlace, with_marks
from streams.trigger.stencil import VALUE
from streams.trigger.tally import Tally
from streams.trigger.working import NO_MATTER, Recent, Working, decode_matter


class EventFold:
    """Decides the events of one batch over a copy of what is known."""

    def __init__(  # noqa: PLR0913  # where it reads and writes
        self,
        catalogue: Catalogue,
        outbox: Outbox,
        working: Working,
        matters: MatterFold,
        partitions: int,
        *,
        hits: HitForms | None = None,
    ) -> None:
        """Without *hits* each event of a listed subject is decided for itself."""
        self.duplicates: Counter[str] = Counter()  # by topic
        self._catalogue = catalogue
        self._outbox = outbox
        self._working = working
        self._matters = matters
        self._partitions = partitions
        self._hits = hits
        self._quiet: dict[tuple[int, str, str, str], Outcome] = {}
        self._places: dict[tuple[int, str, str, str, bool], QuietPlace | None] = {}
        self._forms: dict[tuple[int, bool, bool, Outcome], QuietForm | None] = {}

    def event(
        self,
        item: EventIn,
        moment: PartitionMoment,
        held: SubjectEntries,
        matter_raw: bytes | None,
        seen_in: bytes | None,
    ) -> None:
        """Decide one event of a subject with the entries *held*. Raises: RejectRecordError.

        Its matter is brought up to date first, if lists or days have moved on.
        """
        subject = item.event.subject
        record = self._working.record(subject, item.matter, matter_raw)
        seen = self._working.seen(subject, item.decision_id, seen_in)
        if seen is not None:
            self._refuse_reused(item, record, seen)
            self.duplicates[item.topic] += 1
        elif record is None and not held.entries and (place := self.quiet_place(item, moment)):
            self._write_quietly(item, place)
        elif record is None and len(held.entries) == 1 and self._write_hit(item, moment, held):
            pass
        else:
            matter, at = decode_matter(record), At(subject, item.matter, held, moment)
            if record and (at.unswept or at.is_due(matter)):
                matter = self._matters.bring_up_to_date(at, matter, listed=False)
            self._decide(item, at, matter)

    def _decide(self, item: EventIn, at: At, matter: Matter) -> None:
        """Decide an event of *matter*, as it was before, and write what comes of it."""
        moment = at.moment
        outcome = self._outcome(item, moment, at.held.entries)
        gone = self._withdraw(item, matter, moment.day) if matter.actions else ()
        decided = self._decided(item, moment, outcome)
        self._tell(item, decided, outcome)
        if item.event.data.members:
            self._outbox.records.extend(shares_of(item, self._partitions))
        known = _known(item, moment, decided, outcome, kept_data(item.event.data))
        after = self._next(item, matter, known, gone, outcome.actions)
        after = self._matters.with_due(at, replace(after, waits=waits_for_a_list(outcome.reasons)))
        self._working.keep(item.partition, at.subject, item.matter, after, item.decision_id)

    def quiet_place(self, item: EventIn, moment: PartitionMoment) -> QuietPlace | None:
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
            known = _known(marked, moment, decided, outcome, encode(VALUE))
            self._forms[use] = QuietForm.cut_from(
                decision_bytes(marked.event.subject, decided, marked.event.traceparent),
                encode(self._next(marked, NO_MATTER, known, (), ())),
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
        self._working.keep_record(
            item.partition, item.event.subject, item.matter, record, item.decision_id
        )

    def _write_hit(self, item: EventIn, moment: PartitionMoment, held: SubjectEntries) -> bool:
        """Write what `_decide` would about a hit, if its like was met before; else return False."""
        if self._hits is None:
            return False
        hit = Hit(item, moment, held, self._outbox.now)
        form = self._hits.form_of(hit, self._decide_aside)
        if form is None:
            return False
        records, record, diary = form.fill(hit)
        self._outbox.records += records
        form.count(self._outbox)
        tally = self._outbox.tally((item.topic, item.partition), form.tally)
        tally.add(item.time.text, item.offset)
        self._working.keep_record(
            item.partition, item.event.subject, item.matter, record, item.decision_id, diary
        )
        return True

    def _decide_aside(self, hit: Hit) -> Written:
        """Decide *hit*, and write what comes of it beside the batch."""
        item = hit.item
        outbox, changes = Outbox(self._outbox.at), Changes()
        outbox.now = hit.now
        working = Working(outbox, {item.partition: changes}, Recent())
        matters = MatterFold(self._catalogue, outbox, working, office="")  # it tells nobody there
        fold = EventFold(self._catalogue, outbox, working, matters, self._partitions)
        fold._decide(item, At(item.event.subject, item.matter, hit.held, hit.moment), NO_MATTER)
        return Written(outbox, changes)

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
            for known in decode_matter(record).events:
                if known.id == event.id and known.source == event.source:
                    if is_same_content(item, known):
                        return
                    break
        detail = (
            "source and id: decided before with other content; a corrected record needs a new id"
        )
        raise RejectRecordError(Reason.ID_REUSED, detail)

    def _withdraw(self, item: EventIn, matter: Matter, day: date) -> tuple[ActionData, ...]:
        """Withdraw what the earlier stages of this matter did: a later stage takes their place."""
        subject = item.event.subject
        gone = []
        for action in superseded_by(matter.actions, self._catalogue.stages, item.stage):
            step = withdraw(action, "superseded")
            if not isinstance(step, Moved):  # superseded_by gives live actions alone
                continue
            after = with_notice(step, self._catalogue, day).action
            gone.append(after)
            self._outbox.action(
                item.partition, subject, ActionChange.WITHDRAWN, after, item.event.traceparent
            )
            self._outbox.alert(
                moved_alert(subject, after, ActionChange.WITHDRAWN, self._outbox.now)
            )
        return tuple(gone)

    def _decided(self, item: EventIn, moment: PartitionMoment, outcome: Outcome) -> DecisionData:
        event = item.event
        data = event.data
        list_position, watermark_position = moment.positions_of(None)
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
            list_position,
            moment.review_position,
            moment.day_text,
            _parent_of(item),
            tuple(dict.fromkeys(m.uscc for m in data.members if m.uscc != event.subject))
            if data.members
            else (),
            watermark_position,
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
        return replace(matter, events=(*events, known), actions=actions + issued, closed_on=closed)

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
    item: EventIn, moment: PartitionMoment, decided: DecisionData, outcome: Outcome, data: bytes
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
        other_reasons(outcome.reasons, outcome.actions) if outcome.reasons else "",
    )


def _parent_of(item: EventIn) -> ConsortiumParent | None:
    data = item.event.data
    return data.consortium_of if isinstance(data, MemberEventData) else None
