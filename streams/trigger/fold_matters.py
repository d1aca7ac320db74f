"""Running matters, decided again: when lists change, when a review comes, when days pass."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import partial
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from schemas.action import ActionChange
from schemas.decision import Verdict
from schemas.ids import decision_id
from schemas.lean import (
    ActionData,
    ActionRef,
    DecisionData,
    DecisionReason,
    EventPosition,
    EventRef,
    Matter,
    ReviewData,
    SubjectEntries,
)
from schemas.measure import Polarity
from streams.rules.again import Again, Cause, DecidedAgain, decide_again_in
from streams.rules.catalogue import Catalogue
from streams.rules.open_matter import forgotten_on
from streams.rules.reasons import ReasonCode
from streams.rules.review import REFUSAL_WORDS, review
from streams.rules.time_passes import next_day_for
from streams.rules.transitions import Moved
from streams.trigger.again_alerts import (
    moved_alert,
    overdue_alerts,
    refused_alert,
    released_alert,
    remedy_alerts,
)
from streams.trigger.alerts import reward_alert, verdict_alert
from streams.trigger.letters import Written
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.subject_now import SubjectNow
from streams.trigger.sweeps import Running
from streams.trigger.working import NO_MATTER, Recent, Working, decode_matter


def waits_for_a_list(reasons: Iterable[DecisionReason]) -> bool:
    """Tell whether a decision for these *reasons* has to be made again once a list is there."""
    return any(reason.code == ReasonCode.LIST_NEVER_PUBLISHED for reason in reasons)


class At(NamedTuple):
    """Which matter of which subject, with the entries that are known of it, and when."""

    subject: str
    name: str
    held: SubjectEntries
    moment: PartitionMoment

    @property
    def unswept(self) -> bool:
        """Tell whether the entries changed since the matter was decided on them."""
        sweep = self.held.sweep
        return sweep is not None and self.name > sweep.after

    def is_due(self, matter: Matter) -> bool:
        """Tell whether the day brings *matter* something."""
        return matter.due is not None and matter.due <= self.moment.day


class Told(NamedTuple):
    """What deciding again brings, and why it was done."""

    cause: Cause
    moves: tuple[Moved, ...]
    issued: tuple[ActionData, ...]
    decisions: tuple[DecidedAgain, ...]


class MatterFold:
    """Decides matters again, and writes what comes of it."""

    def __init__(self, catalogue: Catalogue, outbox: Outbox, working: Working, office: str) -> None:
        self.again: Counter[str] = Counter()  # decisions made again, by cause
        self.reviews: Counter[str] = Counter()  # by outcome, `refused` or `repeated`
        self._catalogue = catalogue
        self._outbox = outbox
        self._working = working
        self._office = office
        self._now: SubjectNow | None = None

    def bring_up_to_date(self, at: At, matter: Matter, *, listed: bool) -> Matter:
        """Return *matter* as lists and days make it, and write the difference.

        *listed*: its entries changed, or a list that it waited for was published. The order is
        fixed: lists, then days.
        """
        before, moment = matter, at.moment
        if listed or at.unswept:
            matter = self._decide(at, matter, "list")
        if at.is_due(matter):
            end = forgotten_on(matter, self._catalogue)
            if end is not None and end <= moment.day:
                self._working.forget(moment.partition, at.subject, at.name, matter)
                return NO_MATTER
            matter = self._decide(at, matter, "time")
        matter = self.with_due(at, matter)
        if matter != before:
            self._working.keep(moment.partition, at.subject, at.name, matter)
        return matter

    def bring_back(self, at: At, matter: Matter, *, listed: bool) -> None:
        """As `bring_up_to_date`: one of many, where the like of *matter* may have come before."""
        if (listed or at.unswept) and not at.is_due(matter):
            forms = self._subject(at).forms
            found = forms.form_of(at.name, matter, partial(self._decide_aside, at))
            if found is not None:
                form, swept = found
                records, record, diary = form.fill(swept)
                self._outbox.records += records
                form.count(self._outbox)
                self.again["list"] += form.decisions
                partition, subject = at.moment.partition, at.subject
                self._working.keep_record(partition, subject, at.name, record, "", diary)
                return
        self.bring_up_to_date(at, matter, listed=listed)

    def _decide_aside(self, at: At, name: str, matter: Matter) -> Written:
        """Decide a *matter* of the subject of *at* again, and write beside the batch."""
        outbox, changes = Outbox(self._outbox.at), Changes()
        working = Working(outbox, {at.moment.partition: changes}, Recent())
        fold = MatterFold(self._catalogue, outbox, working, self._office)
        fold._now = self._subject(at)
        fold.bring_up_to_date(at._replace(name=name), matter, listed=True)
        return Written(outbox, changes)

    def forget_old(self, resting: Running, record: bytes | None, day: date) -> None:
        """Forget a matter that closed 400 days before *day*; what is due for something is kept."""
        matter = decode_matter(record)
        end = forgotten_on(matter, self._catalogue)
        if matter.due is None and end is not None and end <= day:
            self._working.forget(resting.partition, resting.subject, resting.name, matter)

    def decide_once(self, at: At, matter: Matter, cause: Cause) -> None:
        """Decide *matter* again, and write the difference, where the log says that it was done.

        What brought it about, and when, is known to replay alone; the worker finds it out itself.
        """
        after = self.with_due(at, self._decide(at, matter, cause))
        if after != matter:
            self._working.keep(at.moment.partition, at.subject, at.name, after)

    def review(self, at: At, matter: Matter, told: ReviewData) -> None:
        """Apply one review to *matter*; a refused one is answered.

        A review that was looked at before has no second effect.
        """
        if told.review_id in matter.reviewed:
            self.reviews["repeated"] += 1
            return
        as_of = self._subject(at).scene.as_of
        result = review(matter, told, self._catalogue, as_of=as_of, subject=at.subject)
        if result.refused is not None:
            words = REFUSAL_WORDS[result.refused.code]
            self.refuse(at.subject, told, words, result.refused.action)
        else:
            self.reviews[told.outcome] += 1
            moves = () if result.moved is None else (result.moved,)
            decisions = () if result.decision is None else (result.decision,)
            self._tell(at, matter, Told("review", moves, (), decisions))
        after = replace(result.matter, reviewed=(*matter.reviewed, told.review_id))
        after = self.with_due(at, after)
        self._working.keep(at.moment.partition, at.subject, at.name, after)

    def refuse(
        self,
        subject: str,
        told: ReviewData,
        words: tuple[str, str],
        action: ActionData | None = None,
    ) -> None:
        """Answer a review that is not applied."""
        self.reviews["refused"] += 1
        self._outbox.alert(refused_alert(subject, told, action, words, self._outbox.now))

    def with_due(self, at: At, matter: Matter) -> Matter:
        """Return *matter* with the next day on which it changes by itself.

        One on which nothing bears never does.
        """
        due = None
        if at.held.entries or matter.actions:
            due = next_day_for(matter, self._subject(at).turn, self._catalogue, at.moment.day)
        return matter if due == matter.due else replace(matter, due=due)

    def _decide(self, at: At, matter: Matter, cause: Cause) -> Matter:
        result = decide_again_in(matter, self._subject(at).scene, cause=cause)
        self._tell(at, matter, Told(cause, result.moves, result.issued, result.decisions))
        self._tell_beside(at, result)
        after = result.matter if result.changed else matter
        if result.decisions:
            reasons = chain.from_iterable(decision.reasons for decision in result.decisions)
            after = replace(after, waits=waits_for_a_list(reasons))
        return after

    def _tell(self, at: At, before: Matter, told: Told) -> None:
        """Write the decisions, then each action's change with its alert."""
        outbox, partition, subject = self._outbox, at.moment.partition, at.subject
        for decision in told.decisions:
            self.again[told.cause] += 1
            data = self._data(at, decision, told.cause)
            outbox.decision(partition, subject, data, None)
            self._tell_verdict(subject, data, before, told.issued)
        for move in told.moves:
            outbox.action(partition, subject, move.change, move.action, None)
            outbox.alert(moved_alert(subject, move.action, move.change, outbox.now))
        for action in told.issued:
            outbox.action(partition, subject, ActionChange.ISSUED, action, None)
            if action.polarity == Polarity.REWARD:
                outbox.alert(reward_alert(subject, action, outbox.now))

    def _tell_verdict(
        self,
        subject: str,
        data: DecisionData,
        before: Matter,
        issued: tuple[ActionData, ...],
    ) -> None:
        """Tell the department of a verdict that changed, or that has a new reason."""
        event = data.event
        old = next(e.verdict for e in before.events if (e.source, e.id) == (event.source, event.id))
        punishes = any(a.polarity == Polarity.PUNISH for a in issued)
        if data.verdict == Verdict.PASS:
            if old != Verdict.PASS:
                self._outbox.alert(released_alert(subject, data, self._outbox.now))
        elif data.verdict != old or punishes:
            alert = verdict_alert(subject, data, issued, self._outbox.now)
            if alert is not None:
                self._outbox.alert(alert)

    def _tell_beside(self, at: At, result: Again) -> None:
        """Name the past actions that need a remedy, and the reviews that are overdue."""
        now, office = self._outbox.now, self._office
        for alert in chain(
            remedy_alerts(at.subject, result.remedies, office, now),
            overdue_alerts(at.subject, result.overdue, office, at.moment.day, now),
        ):
            self._outbox.alert(alert)

    def _data(self, at: At, again: DecidedAgain, cause: Cause) -> DecisionData:
        event, data, moment = again.event, again.data, at.moment
        list_position, watermark_position = moment.positions_of(at.held.ahead)
        department, _, application_no = at.name.partition("/")
        members = () if data is None else data.members
        others = tuple(dict.fromkeys(m.uscc for m in members if m.uscc != at.subject))
        return DecisionData(
            _id_of(again),
            event.sequence,
            EventRef(event.source, event.id, event.type, event.time),
            department,
            again.actions[0].item_code if data is None else data.item_code,
            application_no,
            event.verdict,
            tuple(ActionRef(a.action_id, a.effect, a.state) for a in again.actions),
            again.reasons,
            again.entries,
            self._outbox.now,
            cause,
            self._catalogue.version,
            EventPosition(event.topic, event.partition, event.offset),
            list_position,
            moment.review_position,
            moment.day_text,
            event.consortium_of,
            others,
            watermark_position,
        )

    def _subject(self, at: At) -> SubjectNow:
        """Return the subject of *at* as it is now; most matters follow another one of the same."""
        now, entries = self._now, at.held.entries
        if now is None or not now.is_of(at.subject, entries, at.moment):
            now = SubjectNow(at.subject, entries, at.moment, self._catalogue, self._outbox.at)
            self._now = now
        return now


def _id_of(again: DecidedAgain) -> str:
    """Return the id of the decision, which its actions carry."""
    if again.actions:
        return again.actions[0].decision_id
    return decision_id(again.event.source, again.event.id)
