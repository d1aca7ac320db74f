"""One event of a file, decided here as the trigger would, and written nowhere."""

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from cli.explanation import Explanation
from cli.known_lists import KnownLists
from infra.kafka import murmur2_partition
from schemas import topics
from schemas.dead_letter import Header
from schemas.lean import EventRef, MemberEventData
from schemas.times import format_instant, parse_instant
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.outcome import AsOf
from streams.trigger.consortium import shares_of
from streams.trigger.intake import Intake
from streams.trigger.items import EventIn, RejectedIn

if TYPE_CHECKING:
    from confluent_kafka import Message

_PARTITIONS = 4  # any count would do: the file's event is put where it belongs


class FileMessage:
    """What a file holds, as if it had come by Kafka at *arrived* with the right key."""

    def __init__(self, raw: bytes, topic: str, key: str, arrived: datetime) -> None:
        self._raw = raw
        self._topic = topic
        self._key = key.encode()
        self._arrived = arrived

    def topic(self) -> str:
        """Return the topic of its family."""
        return self._topic

    def partition(self) -> int:
        """Return the partition that its key belongs to."""
        return murmur2_partition(self._key, _PARTITIONS)

    def offset(self) -> int:
        """Return 0: it is the first and only one."""
        return 0

    def key(self) -> bytes:
        """Return the subject."""
        return self._key

    def value(self) -> bytes:
        """Return the file's bytes."""
        return self._raw

    def headers(self) -> list[Header]:
        """Return none: a file has no headers, so the event is in structured form."""
        return []

    def timestamp(self) -> tuple[int, int]:
        """Return the moment of arrival, in milliseconds, as the broker's append time."""
        return 2, int(self._arrived.timestamp() * 1000)


class Moment(Struct, frozen=True):
    """When the event is taken to arrive and to be decided, and the legal day of that."""

    at: datetime
    day: date


def decide_here(raw: bytes, catalogue: Catalogue, known: KnownLists, moment: Moment) -> Explanation:
    """Return the decision on the event in *raw*, members of a consortium included.

    Raises: RejectRecordError where the trigger would set it aside as a dead letter.
    """
    intake = Intake(catalogue, _PARTITIONS)
    subject, family = _told(raw)
    topic = topics.events_topic(family)
    item = _taken(intake, FileMessage(raw, topic, subject, moment.at))
    shares = [
        _taken(intake, FileMessage(value or b"", topic, (key or b"").decode(), moment.at))
        for topic, _, key, value, _ in shares_of(item, _PARTITIONS)
    ]
    members = tuple(_explained(share, catalogue, known, moment, ()) for share in shares)
    return _explained(item, catalogue, known, moment, members)


def _told(raw: bytes) -> tuple[str, str]:
    """Return subject and family as the file claims; what is wrong with it the intake says."""
    try:
        told = json.loads(raw)
        kind = str(told["type"]).split(".")
        return str(told["subject"]), kind[1] if len(kind) > 1 else ""
    except (ValueError, RecursionError, TypeError, KeyError):
        return "", ""


def _taken(intake: Intake, message: FileMessage) -> EventIn:
    taken = intake.event(cast("Message", message))
    if isinstance(taken, RejectedIn):
        raise taken.fault
    return taken


def _explained(
    item: EventIn,
    catalogue: Catalogue,
    known: KnownLists,
    moment: Moment,
    members: tuple[Explanation, ...],
) -> Explanation:
    event, data = item.event, item.event.data
    happened = parse_instant(event.time)
    as_of = AsOf(moment.at, moment.day, known.standing, happened)
    outcome = decide(event, known.entries(event.subject), catalogue, as_of=as_of)
    return Explanation(
        recorded=False,
        uscc=event.subject,
        decision_id=item.decision_id,
        event=EventRef(event.source, event.id, event.type, format_instant(happened)),
        department=data.department,
        item_code=data.item_code,
        application_no=data.application_no,
        verdict=outcome.verdict.value,
        reasons=outcome.reasons,
        entries=outcome.entries,
        actions=outcome.actions,
        day=moment.day.isoformat(),
        decided_at=format_instant(moment.at),
        catalogue_version=catalogue.version,
        consortium_of=data.consortium_of if isinstance(data, MemberEventData) else None,
        members=members,
    )
