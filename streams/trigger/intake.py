"""Messages as they lie in Kafka to what may be folded, or the reason why not."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from confluent_kafka import Message

from infra.kafka import murmur2_partition
from schemas import incoming, topics
from schemas.dead_letter import Header, header_list
from schemas.errors import Reason, RejectRecordError
from schemas.ids import decision_id, decision_ids
from schemas.lean import Envelope, EventData, MemberEventData
from schemas.list_change import PUBLISHED
from schemas.times import from_millis, read_instant
from streams.rules.catalogue import Catalogue, StagePlace
from streams.rules.place import place_of
from streams.trigger.codes import KnownCodes, home_partitions
from streams.trigger.items import (
    ChangeIn,
    EventIn,
    Part,
    PublishedIn,
    RejectedIn,
    ReviewIn,
    place_in_log,
)
from streams.trigger.keys import matter_id
from streams.trigger.plain.columns import Columns, Limits

FUTURE_LIMIT = timedelta(minutes=10)
AGE_LIMIT = timedelta(days=400)
_FUTURE_LIMIT_MS = FUTURE_LIMIT // timedelta(milliseconds=1)
_AGE_LIMIT_MS = AGE_LIMIT // timedelta(milliseconds=1)
# A member's share is `<id>/<uscc>`: the parent's id must leave room for that.
MAX_CONSORTIUM_ID = 480
_PREFIX = "credit."
_FEW = 16  # below this it costs more to look at all messages at once
_NOTHING_KNOWN = (None, None, None)
_MANY = 128  # and below this more to lay them out in columns


class Intake:
    """Checks each message against the schemas, the catalogue and its place in Kafka."""

    def __init__(self, catalogue: Catalogue, partitions: int) -> None:
        self._catalogue = catalogue
        self._partitions = partitions
        self._admitted: dict[tuple[str, str, str], StagePlace] = {}
        self._codes = KnownCodes()
        self._limits = Limits(_FUTURE_LIMIT_MS, _AGE_LIMIT_MS, partitions)

    def learn(self, messages: Iterable[Message]) -> None:
        """Check the keys of *messages* all at once, before they are looked at one by one."""
        self._codes.learn(message.key() for message in messages)

    def event(self, message: Message) -> EventIn | RejectedIn:
        """Return what `credit.events.*` or `credit.members` delivered."""
        topic, partition, offset = place_in_log(message)
        try:
            event = self._parsed(topic, partition, message)
            data = event.data
            key = topic, event.type, data.department
            stage = self._admitted.get(key) or self._admit(key, data.item_code)
            time = read_instant(event.time)
            _refuse_strange_time(time.millis, message)
            if data.members:
                _refuse_long_consortium_id(event.id)
        except RejectRecordError as fault:
            return RejectedIn(message, topic, partition, offset, fault)
        return EventIn(
            message,
            topic,
            partition,
            offset,
            event,
            time,
            decision_id(event.source, event.id),
            matter_id(data.department, data.application_no),
            stage,
        )

    def part(self, messages: Sequence[Message]) -> Part:
        """Return *messages* with what is plain among them in columns, all else as `events` does."""
        if len(messages) < _MANY:
            return Part(messages, [*self.events(messages)])
        columns = Columns(messages, self._limits)
        for group in range(len(columns.firsts)):
            place = columns.place_of(group)
            if place not in self._admitted or place[0] == topics.MEMBERS:
                columns.drop_group(group)
        odd = [row for row, group in enumerate(columns.groups.tolist()) if group < 0]
        items: list[EventIn | RejectedIn | None] = [None] * len(messages)
        for row, item in zip(odd, self.events([messages[row] for row in odd]), strict=True):
            items[row] = item
        return Part(messages, items, columns)

    def take_out(self, part: Part, rows: Iterable[int]) -> None:
        """Make items of some of the plain events of *part*: something bears on them."""
        columns = part.columns
        if columns is None:
            return
        for row in rows:
            if part.items[row] is None:
                part.items[row] = self.plain_item(part.messages[row], columns, row)
                part.known[row] = columns.known.get(row, _NOTHING_KNOWN)
                columns.groups[row] = -1

    def plain_item(self, message: Message, columns: Columns, row: int) -> EventIn:
        """Return a plain event as an item."""
        event = incoming.plain_event(_value(message))
        topic, partition, offset = place_in_log(message)
        data = event.data
        return EventIn(
            message,
            topic,
            partition,
            offset,
            event,
            read_instant(event.time),
            columns.decision_id(row),
            matter_id(data.department, data.application_no),
            self._admitted[topic, event.type, data.department],
        )

    def events(self, messages: Sequence[Message]) -> list[EventIn | RejectedIn]:
        """Return `event(message)` for each of *messages*, at half the cost.

        What is plain is taken at once; all else, whatever is wrong with it, is left to `event`.
        """
        if len(messages) < _FEW:
            return [self.event(message) for message in messages]
        keys = [message.key() for message in messages]
        raws = [value if isinstance(value := m.value(), bytes) else b"" for m in messages]
        homes = home_partitions(keys, self._partitions)
        taken = [*map(self._plain, messages, keys, homes, incoming.plain_events(raws))]
        _name_decisions([item for item in taken if item])
        self.learn(m for m, item in zip(messages, taken, strict=True) if not item)
        return [item or self.event(m) for m, item in zip(messages, taken, strict=True)]

    def _plain(
        self, message: Message, key: object, home: int, event: Envelope[EventData] | None
    ) -> EventIn | None:
        """Return *event*, its decision not named yet, if it is beyond doubt.

        *home*: the partition where *key* belongs, if it is a sound code. The code of the department
        was checked when its first event was admitted.
        """
        if event is None or message.partition() != home or event.subject.encode() != key:
            return None
        data, topic = event.data, message.topic() or ""
        stage = self._admitted.get((topic, event.type, data.department))
        if stage is None or data.members or topic == topics.MEMBERS:
            return None
        try:
            time = read_instant(event.time)
        except ValueError:
            return None
        if not -_FUTURE_LIMIT_MS <= message.timestamp()[1] - time.millis <= _AGE_LIMIT_MS:
            return None
        matter, offset = matter_id(data.department, data.application_no), message.offset() or 0
        return EventIn(message, topic, home, offset, event, time, "", matter, stage)

    def _parsed(self, topic: str, partition: int, message: Message) -> Envelope[Any]:
        """Return the event, its codes checked and its key and partition those of its subject."""

        def headers() -> list[Header]:
            return header_list(message.headers())

        raw = _value(message)
        if topic == topics.MEMBERS:
            share = incoming.member_event(raw, headers)
            _refuse_foreign_share(share)
            self._refuse_wrong_place(message, share.subject, partition)
            return share
        code = self._sound_code(message.key(), partition)
        if code is None:
            event = incoming.department_event(raw, headers)
            self._refuse_wrong_place(message, event.subject, partition)
            return event
        event = incoming.department_event(raw, headers, sound_code=code)
        if event.subject != code:
            _refuse_other_key(message, event.subject)
        return event

    def _sound_code(self, key: bytes | str | None, partition: int) -> str | None:
        """Return *key* as text if it is a sound code that lies where it belongs."""
        if not isinstance(key, bytes):
            return None
        known = self._codes.hashes.get(key)
        return None if known is None or known % self._partitions != partition else key.decode()

    def list_messages(
        self, messages: Sequence[Message]
    ) -> list[ChangeIn | PublishedIn | RejectedIn]:
        """Return `list_message(message)` for each of *messages*, searched for persons at once."""
        raws = [value if isinstance(value := m.value(), bytes) else b"" for m in messages]
        doubted = incoming.in_doubt(raws)
        return [
            self.list_message(message, searched=place not in doubted)
            for place, message in enumerate(messages)
        ]

    def list_message(
        self, message: Message, *, searched: bool = False
    ) -> ChangeIn | PublishedIn | RejectedIn:
        """Return what `credit.lists` delivered; *searched*: no person is in its value."""

        def headers() -> list[Header]:
            return header_list(message.headers())

        topic, partition, offset = place_in_log(message)
        try:
            raw = _value(message)
            if incoming.type_of(raw, headers) == PUBLISHED:
                published = incoming.list_published(raw, headers)
                self._refuse_publisher(published.source, published.data.list_code)
                _refuse_other_key(message, published.data.list_code)
                return PublishedIn(
                    message, topic, partition, offset, published, _appended_at(message)
                )
            code = self._sound_code(message.key(), partition)
            change = incoming.list_change(raw, headers, sound_code=code, searched=searched)
            self._refuse_provider(change.source, change.data.list_code)
            if code is None or change.subject != code:
                self._refuse_wrong_place(message, change.subject, partition)
            _refuse_future(read_instant(change.time).millis, message)
        except RejectRecordError as fault:
            return RejectedIn(message, topic, partition, offset, fault)
        return ChangeIn(message, topic, partition, offset, change, _appended_at(message))

    def review_message(self, message: Message) -> ReviewIn | RejectedIn:
        """Return what `credit.reviews` delivered."""

        def headers() -> list[Header]:
            return header_list(message.headers())

        topic, partition, offset = place_in_log(message)
        try:
            review = incoming.review(_value(message), headers)
            self._refuse_wrong_place(message, review.subject, partition)
            self._refuse_reviewer(review.data.reviewer_department)
            _refuse_future(read_instant(review.time).millis, message)
        except RejectRecordError as fault:
            return RejectedIn(message, topic, partition, offset, fault)
        return ReviewIn(message, topic, partition, offset, review.subject, review.data)

    def _admit(self, key: tuple[str, str, str], item_code: str) -> StagePlace:
        """Check type, topic and department once for all events that share them."""
        topic, event_type, department = key
        stage = place_of(event_type, item_code, department, self._catalogue).stage
        if topic not in (topics.MEMBERS, topics.events_topic(stage.family)):
            detail = f"type: {topic} carries other types; publish to {_PREFIX}events.<family>"
            raise RejectRecordError(Reason.UNKNOWN_TYPE, detail)
        registered = self._catalogue.current_department(department)
        if registered is None or stage.family not in registered.families:
            detail = (
                f"data.department: may not speak about {stage.family}; enter the family for it"
                " in departments.yaml, or ask the right department"
            )
            raise RejectRecordError(Reason.UNKNOWN_DEPARTMENT, detail)
        self._admitted[key] = stage
        return stage

    def _refuse_wrong_place(self, message: Message, subject: str, partition: int) -> None:
        key = _refuse_other_key(message, subject)
        if murmur2_partition(key, self._partitions) != partition:
            detail = (
                f"lies in partition {partition}, not where murmur2 puts its key; set the"
                " producer's partitioner to Kafka's default, then `dlq replay`"
            )
            raise RejectRecordError(Reason.WRONG_PARTITION, detail)

    def _refuse_reviewer(self, department: str) -> None:
        if self._catalogue.current_department(department) is None:
            detail = (
                "data.reviewer_department: not in departments.yaml; enter it, or send the review"
                " for the department that holds the duty"
            )
            raise RejectRecordError(Reason.UNKNOWN_DEPARTMENT, detail)

    def _refuse_publisher(self, source: str, list_code: str) -> None:
        self._refuse_provider(source, list_code)
        if not self._catalogue.may_publish(source, list_code):
            detail = f"source: enters its own under an agreement, does not publish {list_code}"
            raise RejectRecordError(Reason.UNKNOWN_PROVIDER, detail)

    def _refuse_provider(self, source: str, list_code: str) -> None:
        if list_code not in self._catalogue.lists:
            detail = f"data.list_code: no such list; allowed: {', '.join(self._catalogue.lists)}"
            raise RejectRecordError(Reason.UNKNOWN_LIST, detail)
        if not self._catalogue.may_provide(source, list_code):
            detail = f"source: may not speak for {list_code}; enter the provider in lists.yaml"
            raise RejectRecordError(Reason.UNKNOWN_PROVIDER, detail)


def _name_decisions(items: Sequence[EventIn]) -> None:
    names = decision_ids((item.event.source, item.event.id) for item in items)
    for item, name in zip(items, names, strict=True):
        item.decision_id = name


def _value(message: Message) -> bytes:
    value = message.value()
    if not isinstance(value, bytes):
        raise RejectRecordError(Reason.NOT_CLOUDEVENTS, "no value; send a CloudEvent")
    return value


def _refuse_other_key(message: Message, subject: str) -> bytes:
    key = message.key()
    expected = subject.encode()
    if key != expected:
        detail = "the Kafka key must be the subject, UTF-8; set the key, then send again"
        raise RejectRecordError(Reason.SUBJECT_KEY_MISMATCH, detail)
    return expected


def _refuse_long_consortium_id(event_id: str) -> None:
    if len(event_id) > MAX_CONSORTIUM_ID:
        detail = f"id: at most {MAX_CONSORTIUM_ID} characters for a consortium; shorten it"
        raise RejectRecordError(Reason.BAD_FIELD, detail)


def _refuse_foreign_share(event: Envelope[MemberEventData]) -> None:
    if event.source != topics.TRIGGER_SOURCE:
        detail = f"source: {topics.MEMBERS} is written by the trigger alone"
        raise RejectRecordError(Reason.UNKNOWN_PROVIDER, detail)


def _refuse_strange_time(millis: int, message: Message) -> None:
    if _refuse_future(millis, message) - millis > _AGE_LIMIT_MS:
        detail = f"time: older than {AGE_LIMIT.days} days; such a matter needs a human"
        raise RejectRecordError(Reason.TOO_OLD, detail)


def _refuse_future(millis: int, message: Message) -> int:
    """Return when *message* arrived, in milliseconds; refuse one that says it is of later."""
    arrived: int = message.timestamp()[1]
    if millis - arrived > _FUTURE_LIMIT_MS:
        detail = "time: more than 10 minutes after arrival; correct the sender's clock"
        raise RejectRecordError(Reason.TIME_IN_FUTURE, detail)
    return arrived


def _appended_at(message: Message) -> datetime:
    return from_millis(message.timestamp()[1])
