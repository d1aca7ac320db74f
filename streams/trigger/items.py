"""What a checked message is: fit to be folded, or to be set aside; and a part of a batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from confluent_kafka import Message
from msgspec import Struct, field

from schemas.errors import RejectRecordError
from schemas.lean import Envelope, EventData, ListChangeData, ReviewData
from schemas.list_change import ListPublished
from schemas.times import ReadInstant
from streams.rules.catalogue import StagePlace
from streams.trigger.plain.columns import Columns


def place_in_log(message: Message) -> tuple[str, int, int]:
    """Return where *message* lies: topic, partition, offset."""
    return str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)


class EventIn(Struct, gc=False):
    """A department's event, or a member's share of one, fit to be decided."""

    message: Message
    topic: str
    partition: int
    offset: int
    event: Envelope[EventData]
    time: ReadInstant
    decision_id: str
    matter: str
    stage: StagePlace


class ChangeIn(Struct, gc=False):
    """A list change fit to be folded."""

    message: Message
    topic: str
    partition: int
    offset: int
    change: Envelope[ListChangeData]
    appended_at: datetime


class PublishedIn(Struct, gc=False):
    """A watermark fit to be folded."""

    message: Message
    topic: str
    partition: int
    offset: int
    published: ListPublished
    appended_at: datetime


class ReviewIn(Struct, gc=False):
    """A review fit to be applied."""

    message: Message
    topic: str
    partition: int
    offset: int
    subject: str
    told: ReviewData


class RejectedIn(Struct, gc=False):
    """A message that becomes a dead letter."""

    message: Message
    topic: str
    partition: int
    offset: int
    fault: RejectRecordError


class Part(Struct):
    """A part of a batch: an item a message, None where it is plain and lies in `columns` alone.

    `known`: entries, matter and identity of the events among them, as Redis holds them, by place.
    """

    messages: Sequence[Message]
    items: list[EventIn | RejectedIn | None]
    columns: Columns | None = None
    known: dict[int, tuple[bytes | None, ...]] = field(default_factory=dict)

    def asked(self) -> list[EventIn]:
        """Return the events among the items."""
        return [item for item in self.items if isinstance(item, EventIn)]

    def answered(self, values: Iterable[tuple[bytes | None, ...]]) -> None:
        """Take what Redis knows of the events that are `asked`, in their order."""
        places = (place for place, item in enumerate(self.items) if isinstance(item, EventIn))
        self.known = dict(zip(places, values, strict=True))

    def inputs(self) -> dict[tuple[str, int], int]:
        """Return the last offset that was read, by topic and partition."""
        if self.columns is not None:
            return self.columns.inputs
        return {(t, p): offset for t, p, offset in map(place_in_log, self.messages)}
