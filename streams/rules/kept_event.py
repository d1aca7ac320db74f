"""The event behind a decision, read back from the matter's record to be decided again."""

import msgspec

from schemas.lean import NO_DATA, DecidedEvent, Envelope, EventData, MemberEventData

_event = msgspec.json.Decoder(EventData).decode
_share = msgspec.json.Decoder(MemberEventData).decode


def kept_event(known: DecidedEvent, subject: str) -> Envelope[EventData] | None:
    """Return the event of *subject* (USCC) as it came, or None once a later one took its place."""
    if bytes(known.data) == bytes(NO_DATA):
        return None
    read = _event if known.consortium_of is None else _share
    return Envelope(
        specversion="1.0",
        id=known.id,
        source=known.source,
        type=known.type,
        subject=subject,
        time=known.time,
        data=read(known.data),
    )


def step_of(event_type: str) -> tuple[str, str]:
    """Return family and stage of *event_type*, `credit.<family>.<stage>`."""
    _, _, step = event_type.partition(".")
    family, _, stage = step.partition(".")
    return family, stage
