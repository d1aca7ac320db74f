"""One partition, walked along its decisions: each is brought about again and compared.

The order of the decisions is the order in which they were folded, so it also tells the order
between the input topics. What the log holds in between and brought no decision must be such that
it brings none now: a repetition, a dead letter, a review that is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

import msgspec
from confluent_kafka import Message

from schemas import topics
from schemas.decision import DECISION_MADE
from schemas.lean import DecisionData, Outgoing
from schemas.times import parse_instant
from streams.replay.books import Book
from streams.replay.catalogues import Catalogues
from streams.replay.differences import Findings, Kind
from streams.replay.inbox import Inbox, ListIn, judge_events, judge_lists, judge_reviews
from streams.replay.known import Known
from streams.replay.refold import Brought, Refold, moment_of, watermarks_of
from streams.replay.reviews import Reviews
from streams.replay.set_aside import SetAside
from streams.replay.stream import Log, Stream, offset_of
from streams.rules.catalogue import Catalogue
from streams.trigger.intake import Intake
from streams.trigger.items import ChangeIn, EventIn, RejectedIn
from streams.trigger.keys import matter_id

_decision = msgspec.json.Decoder(Outgoing[DecisionData]).decode
_LISTS_AT_ONCE = 5_000

T = TypeVar("T", int, str)


@dataclass(frozen=True)
class Period:
    """Which decisions are compared: from *begin* on, before *end*; None: no limit."""

    begin: datetime | None = None
    end: datetime | None = None

    def is_over(self, at: datetime) -> bool:
        """Tell whether the period ends at *at* or before."""
        return self.end is not None and at >= self.end

    def has_begun(self, at: datetime) -> bool:
        """Tell whether what was decided at *at* is to be compared."""
        return self.begin is None or at >= self.begin


class Walk:
    """Walks one partition. `findings` are shared by all."""

    def __init__(  # noqa: PLR0913  # a partition of a log, and what is asked of it
        self,
        log: Log,
        partition: int,
        partitions: int,
        *,
        events: Iterable[str],
        catalogues: Catalogues,
        set_aside: SetAside,
        findings: Findings,
        period: Period,
    ) -> None:
        self.walked = 0  # decisions
        self.stopped_early = False
        self.known = Known()
        self.last: DecisionData | None = None
        self._partition, self._period = partition, period
        self._catalogues, self._findings = catalogues, findings
        self._counting = period.begin is None

        def book(topic: str) -> Book:
            stream = Stream(log.source(topic, partition))
            return Book(stream, f"{topic}/{partition}", findings, lambda: self._counting)

        self.decisions, self.actions = book(topics.DECISIONS), book(topics.ACTIONS)
        self.lists = Inbox(log.source(topics.LISTS, partition), judge_lists)
        self.events = {topic: Inbox(log.source(topic, partition), judge_events) for topic in events}
        self._refold = Refold(self.known, partition, partitions)
        source = log.source(topics.REVIEWS, partition)
        self.reviews = Reviews(Inbox(source, judge_reviews), self.known, self._refold)
        self._set_aside = set_aside
        self._ahead: dict[str, list[ChangeIn]] = {}  # by subject: shown, and not asked for yet
        self._catalogue: Catalogue | None = None
        self._intake: Intake | None = None
        self._former: Intake | None = None  # of the catalogue before

    def step(self) -> bool:
        """Walk on to the next decision; tell whether there was one."""
        head = self.decisions.stream.head()
        if head is None:
            return False
        told = _read(head)
        if told is None:
            self._pass_by(head, Kind.UNREADABLE)
            return True
        subject, data = told
        at = parse_instant(data.decided_at)
        if self._period.is_over(at):
            self.stopped_early = True
            return False
        self._counting = self._period.has_begun(at)
        self.walked += 1
        found = self._catalogues.find(data.catalogue_version)
        if found is None:
            self._pass_by(head, Kind.CATALOGUE)
        elif not self._is_in_line(data):
            self._pass_by(head, Kind.POSITION)
        else:
            catalogue, intake = found
            self._use(catalogue, intake)
            if not (self._know_lists(subject, data) and self._knows_review(data)):
                self.decisions.refuse(head, Kind.POSITION)
            self._refold.set_moment(moment_of(data), catalogue)
            self._compare(head, subject, data)
            self.last = data
        return True

    def use(self, version: str) -> bool:
        """Judge inputs by the catalogue *version* from now on; tell whether it is known."""
        found = self._catalogues.find(version)
        if found is not None:
            self._use(*found)
        return found is not None

    def undecided(self, topic: str, end: int) -> Iterable[EventIn]:
        """Take the events of *topic* before *end*; yield those that should have been decided."""
        for item in self.events[topic].take_before(end):
            if isinstance(item, EventIn) and not self._is_known(item):
                yield item

    def _compare(self, head: Message, subject: str, told: DecisionData) -> None:
        """Bring about what stands at *head*, and whatever the log brings about before it."""
        position = offset_of(head)
        self._let_reviews_pass(subject, told)
        brought, missing = self._bring(subject, told), False
        for record in brought.decisions:
            missing |= not self.decisions.expect(record, most=1)
        self._expect_actions(brought)
        left = self.decisions.stream.head()
        is_left = left is not None and offset_of(left) == position
        if missing:
            self.known.adopt(subject, matter_id(told.department, told.application_no), told)
            self._refold.begin_anew()
        if left is not None and is_left:
            self._pass_by(left, Kind.UNREPRODUCED)

    def _bring(self, subject: str, told: DecisionData) -> Brought:
        name = matter_id(told.department, told.application_no)
        position = told.event_position
        inbox = self.events.get(position.topic)
        if inbox is None or position.partition != self._partition:
            return Brought((), ())
        is_new = self.known.seen(subject, told.decision_id) is None
        waits = is_new and self._pass_over(inbox, position.offset)
        if told.cause == "event" or waits:
            place = inbox.find(told.decision_id, position.offset)
            if place is None:
                return Brought((), ())
            for _ in range(place):
                self._expect_lost(inbox.take())
            if told.cause == "event":
                return self._fold_event(inbox.take())
            self._expect_lost(inbox.take())
        match told.cause:
            case "review":
                return self.reviews.bring(subject, told.review_position.offset)
            case "list" | "time" as cause:
                return self._refold.again(subject, name, cause)
            case _:
                return Brought((), ())

    def _pass_over(self, inbox: Inbox[EventIn | RejectedIn], end: int) -> bool:
        """Take what brings nothing; tell whether something else lies before *end*, or there."""
        while (item := inbox.head()) is not None and item.offset <= end:
            if isinstance(item, EventIn) and not self._is_known(item):
                return True
            inbox.take()
        return False

    def _is_known(self, item: EventIn) -> bool:
        """Tell whether its identity was decided before, or a former catalogue refused it."""
        if self.known.seen(item.event.subject, item.decision_id) is not None:
            return True
        return self._set_aside.has(item.topic, item.partition, item.offset)

    def _fold_event(self, item: EventIn | RejectedIn) -> Brought:
        return self._refold.event(item) if isinstance(item, EventIn) else Brought((), ())

    def _expect_lost(self, item: EventIn | RejectedIn) -> None:
        """Decide an event that was passed over, and tell that its decision is missing."""
        if isinstance(item, EventIn) and not self._is_known(item):
            self.expect_missing(self._refold.event(item))

    def expect_missing(self, brought: Brought) -> None:
        """Compare what should have been brought about before what comes next."""
        for record in brought.decisions:
            self.decisions.expect(record, most=1)
        self._expect_actions(brought)

    def _expect_actions(self, brought: Brought) -> None:
        for record in brought.actions:
            self.actions.expect(record)

    def _let_reviews_pass(self, subject: str, told: DecisionData) -> None:
        """Fold the reviews that this decision knows of and that brought none."""
        name = matter_id(told.department, told.application_no)
        for brought in self.reviews.pass_by(told, subject, name):
            self.expect_missing(brought)

    def _know_lists(self, subject: str, told: DecisionData) -> bool:
        """Fold the lists that a decision knew of; tell whether it names the end of a message."""
        end, before = watermarks_of(told), self.lists.read_until
        self.fold_lists(end, told.decided_at)
        self._know_ahead(subject, told)
        return end <= before or self.lists.read_until == end

    def _know_ahead(self, subject: str, told: DecisionData) -> None:
        """Fold the changes of *subject* that its decision knew before their turn."""
        known, turn = told.list_position.offset, self.lists.read_until
        for item in self.lists.show_before(known):
            if isinstance(item, ChangeIn):
                self._ahead.setdefault(item.change.subject, []).append(item)
        if not self._ahead:
            return
        mine = [item for item in self._ahead.pop(subject, ()) if turn <= item.offset < known]
        if mine:
            self._fold_lists(mine, told.decided_at, ahead=True)

    def _knows_review(self, told: DecisionData) -> bool:
        """Tell whether a decision names the end of a review, or what the one before it named."""
        end = told.review_position.offset
        known = 0 if self.last is None else self.last.review_position.offset
        return end <= max(known, self.reviews.inbox.read_until) or (
            self.reviews.inbox.peek_at(end - 1) is not None
        )

    def fold_lists(self, end: int, at: str) -> None:
        """Fold the list changes before the offset *end*; *at*: an instant."""
        items: list[ListIn] = []
        for item in self.lists.take_before(end):
            # What the catalogue of that time refused is no entry, whatever a later one says.
            if self._set_aside.has(item.topic, item.partition, item.offset):
                continue
            if isinstance(item, RejectedIn) and self._former is not None:
                item = self._former.list_message(item.message)  # noqa: PLW2901  # judged as it was
            items.append(item)
            if len(items) >= _LISTS_AT_ONCE:
                self._fold_lists(items, at)
                items = []
        if items:
            self._fold_lists(items, at)

    def _fold_lists(self, items: Sequence[ListIn], at: str, *, ahead: bool = False) -> None:
        assert self._catalogue is not None  # noqa: S101  # there is no decision without one
        self._refold.lists(items, at, self._catalogue.lists, ahead=ahead)

    def _use(self, catalogue: Catalogue, intake: Intake) -> None:
        self._catalogue = catalogue
        if intake is not self._intake:
            self._former, self._intake = self._intake, intake
            self.lists.use(intake)
            self.reviews.inbox.use(intake)
            for inbox in self.events.values():
                inbox.use(intake)

    def _is_in_line(self, told: DecisionData) -> bool:
        """Tell whether positions and day go on from those of the decision before.

        One that runs ahead of the next, which goes on from the one before, is out of line itself.
        """
        here = _place(told)
        if {told.list_position.partition, told.review_position.partition} != {self._partition}:
            return False
        before = (0, 0, "") if self.last is None else _place(self.last)
        second = self.decisions.stream.second()
        after = None if second is None else _read(second)
        then = here if after is None else _place(after[1])
        return not any(
            _is_out_of_line(*three) for three in zip(before[:2], here[:2], then[:2], strict=True)
        ) and not _is_out_of_line(before[2], here[2], then[2])

    def _pass_by(self, head: Message, kind: Kind) -> None:
        self.decisions.refuse(head, kind)
        self.decisions.stream.take()


def _is_out_of_line(before: T, here: T, then: T) -> bool:
    return here < before or before <= then < here


def _place(told: DecisionData) -> tuple[int, int, str]:
    return watermarks_of(told), told.review_position.offset, told.day


def _read(message: Message) -> tuple[str, DecisionData] | None:
    """Return subject and data of a decision; None if it is none."""
    value = message.value()
    try:
        told = _decision(value if isinstance(value, bytes) else b"")
        parse_instant(told.data.decided_at)
        date.fromisoformat(told.data.day)
    except (msgspec.MsgspecError, ValueError):
        return None
    return (told.subject, told.data) if told.type == DECISION_MADE else None
