"""Why a message was set aside, in the headers that travel with it (contracts G)."""

from collections.abc import Sequence
from datetime import datetime

from schemas.errors import Reason, RejectRecordError
from schemas.times import format_instant

PREFIX = "dlq-"
MAX_CARRIED_BYTES = 900_000  # above this a dead letter could not pass the broker uncompressed

Header = tuple[str, bytes]
# As confluent-kafka hands them over, and takes them.
RawHeaders = dict[str, str | bytes | None] | list[tuple[str, str | bytes | None]]


def dead_letter_headers(
    fault: RejectRecordError, *, topic: str, partition: int, offset: int, at: datetime
) -> list[Header]:
    """Return the `dlq-*` headers of one refused message, which lay at topic/partition/offset."""
    return [
        ("dlq-topic", topic.encode()),
        ("dlq-partition", str(partition).encode()),
        ("dlq-offset", str(offset).encode()),
        ("dlq-reason", fault.reason.value.encode()),
        ("dlq-detail", fault.detail.encode()[:2000]),
        ("dlq-at", format_instant(at).encode()),
    ]


def header_list(raw: RawHeaders | None) -> list[Header]:
    """Return *raw* as pairs of name and bytes; a header without a value has empty bytes."""
    pairs = raw.items() if isinstance(raw, dict) else raw or ()
    return [
        (name, value.encode() if isinstance(value, str) else value or b"") for name, value in pairs
    ]


def original_headers(headers: Sequence[Header]) -> list[Header]:
    """Return the headers that the message came with, without ours of an earlier refusal."""
    return [(name, value) for name, value in headers if not name.startswith(PREFIX)]


def carries_nothing(reason: Reason) -> bool:
    """Tell whether a dead letter of *reason* leaves out key, value and headers as they came."""
    return reason is Reason.NATURAL_PERSON
