"""By what the same identity with other content is noticed: a hash of type, instant and data.

It is made when it is asked for: a repetition is rare, and the newest event of a matter keeps its
data anyway. Only an event whose data is dropped must carry its hash along.
"""

import hashlib

from msgspec.structs import replace

from schemas.lean import NO_DATA, DecidedEvent, EventData, encode_sorted
from streams.trigger.items import EventIn


def kept_data(data: EventData) -> bytes:
    """Return *data* as it is kept: attributes in another order are the same, true and 1 are not."""
    return encode_sorted(data)


def is_same_content(item: EventIn, known: DecidedEvent) -> bool:
    """Tell whether *item* says what *known*, of the same identity, said."""
    event = item.event
    return _hash(event.type, item.time.text, kept_data(event.data)) == _content_of(known)


def without_data(known: DecidedEvent) -> DecidedEvent:
    """Return *known* without its data; what is left still tells a repetition from a reuse."""
    return replace(known, content=_content_of(known), data=NO_DATA)


def _content_of(known: DecidedEvent) -> str:
    return known.content or _hash(known.type, known.time, bytes(known.data))


def _hash(event_type: str, time_text: str, data: bytes) -> str:
    head = f"{event_type}\n{time_text}\n".encode()
    return hashlib.blake2b(head + data, digest_size=16).hexdigest()
