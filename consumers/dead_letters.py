"""Dead letters as they lie on `credit.dead-letters`: what came, from where, and why not taken."""

from confluent_kafka import Message
from msgspec import Struct

from schemas.dead_letter import Header, header_list, original_headers
from schemas.errors import Reason, RejectRecordError
from schemas.incoming import refuse_natural_person

REPLAYED_HEADER = "dlq-replayed"
UNKNOWN = "?"  # what a record says that nobody of ours has written


class LetterId(Struct, frozen=True, order=True):
    """Where a dead letter lies on `credit.dead-letters`; told as `<partition>/<offset>`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        """Return `<partition>/<offset>`."""
        return f"{self.partition}/{self.offset}"


class DeadLetter(Struct, frozen=True):
    """One message that was set aside; `topic`, `partition`, `offset` are where it lay before.

    `reason` is a word of contracts G, `at` when it was refused. `key`, `value` and `headers` are
    as they came; a natural person's letter has none of them.
    """

    id: LetterId
    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    at: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    digest: str | None = None

    @property
    def origin(self) -> str:
        """Where the message lay, as `<topic>/<partition>/<offset>`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def dead_letter(message: Message) -> DeadLetter:
    """Return what *message* of `credit.dead-letters` says; what it lacks is `?` or -1."""
    headers = header_list(message.headers())
    told = {name: value.decode(errors="replace") for name, value in headers}
    return DeadLetter(
        id=LetterId(int(message.partition() or 0), int(message.offset() or 0)),
        topic=told.get("dlq-topic", UNKNOWN),
        partition=_number(told.get("dlq-partition")),
        offset=_number(told.get("dlq-offset")),
        reason=told.get("dlq-reason", UNKNOWN),
        detail=told.get("dlq-detail", ""),
        at=told.get("dlq-at", UNKNOWN),
        key=message.key(),
        value=message.value(),
        headers=tuple(original_headers(headers)),
        digest=told.get("dlq-sha256"),
    )


def may_be_shown(letter: DeadLetter) -> bool:
    """Tell whether what came may be put before somebody's eyes: nothing of a natural person.

    A message that was refused for another reason is looked through once more.
    """
    if letter.reason == Reason.NATURAL_PERSON.value:
        return False
    try:
        for raw in (letter.key, letter.value, *(value for _, value in letter.headers)):
            refuse_natural_person((raw or b"").decode(errors="replace").encode())
    except RejectRecordError:
        return False
    return True


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else -1
