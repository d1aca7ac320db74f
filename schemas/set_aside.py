"""A refused message as it lies in `credit.dead-letters` (contracts G)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.dead_letter import (
    MAX_CARRIED_BYTES,
    Header,
    carries_nothing,
    dead_letter_headers,
    original_headers,
)
from schemas.errors import Reason, RejectRecordError
from schemas.incoming import names_person
from schemas.uscc import fault_text


class Refused(NamedTuple):
    """A message that was refused, and where it lay; `headers` as it came with them."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class DeadLetter(NamedTuple):
    """What is written instead, and for what reason."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]
    reason: Reason


def set_aside(
    message: Refused, fault: RejectRecordError, *, at: datetime, searched: bool = False
) -> DeadLetter:
    """Return *message* with why it was refused; of a natural person's nothing but that is left.

    *searched*: whoever refused it has looked for persons in its value. A key or a header may name
    one all the same. What is too large to be carried is told by its SHA-256.
    """
    key, value, carried = message.key, message.value, original_headers(message.headers)
    told = [key or b"", *(text for _, text in carried)]
    if names_person(b"\n".join(told if searched else [value or b"", *told])):
        fault = RejectRecordError(Reason.NATURAL_PERSON, fault_text(Reason.NATURAL_PERSON))
    headers = dead_letter_headers(
        fault, topic=message.topic, partition=message.partition, offset=message.offset, at=at
    )
    if carries_nothing(fault.reason):
        return DeadLetter(None, None, headers, fault.reason)
    if len(value or b"") + sum(len(text) for _, text in carried) > MAX_CARRIED_BYTES:
        digest = hashlib.sha256(value or b"").hexdigest().encode()
        return DeadLetter(key, None, [*headers, ("dlq-sha256", digest)], fault.reason)
    return DeadLetter(key, value, carried + headers, fault.reason)
