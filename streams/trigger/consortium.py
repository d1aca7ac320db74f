"""A consortium's bid, split: each other member is decided by the partition that owns it."""

import json
from collections.abc import Iterator

from infra.kafka import murmur2_partition
from schemas import topics
from schemas.lean import EventData, encode
from streams.trigger.items import EventIn
from streams.trigger.outbox import HEADERS
from streams.trigger.transaction import Record


def shares_of(item: EventIn, partitions: int) -> Iterator[Record]:
    """Yield one record on `credit.members` for each other member, once each.

    The parent's envelope, extensions and all, with the member in the place of the subject.
    """
    event = item.event
    names = {m.uscc: m.name for m in event.data.members if m.uscc != event.subject}
    envelope = _envelope_of(item)
    for uscc, name in names.items():
        key = uscc.encode()
        data = _data_of(event.data) | {
            "subject_name": name,
            "members": [],
            "consortium_of": {"uscc": event.subject, "source": event.source, "id": event.id},
        }
        share = envelope | {
            "id": f"{event.id}/{uscc}",
            "source": topics.TRIGGER_SOURCE,
            "subject": uscc,
            "data": data,
        }
        value = json.dumps(share, ensure_ascii=False, separators=(",", ":")).encode()
        yield (topics.MEMBERS, murmur2_partition(key, partitions), key, value, HEADERS)


def _envelope_of(item: EventIn) -> dict[str, object]:
    """Return the parent's attributes, extensions included where it came structured."""
    event = item.event
    known: dict[str, object] = {
        "specversion": "1.0",
        "type": event.type,
        "time": event.time,
        "datacontenttype": "application/json",
    }
    if event.traceparent is not None:
        known["traceparent"] = event.traceparent
    raw = json.loads(item.message.value() or b"{}")
    if isinstance(raw, dict) and "specversion" in raw:
        return raw | known
    return known


def _data_of(data: EventData) -> dict[str, object]:
    fields: dict[str, object] = json.loads(encode(data))
    fields.pop("consortium_of", None)
    return fields
