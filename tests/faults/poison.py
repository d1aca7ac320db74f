"""Messages that are wrong in every way a sender can be wrong; each must end as one dead letter."""

import json
import random

from tests.real.scenario import firm
from tests.trigger.messages import Sent, event, on_events, partition_of

_TOPIC = "credit.events.approval"
_EVERY_WAY = 3


def poison(chance: random.Random) -> list[Sent]:
    """Return the messages, in an order of *chance*."""
    made: list[Sent] = []
    for _ in range(_EVERY_WAY):
        subject = firm(3_000_000 + chance.randrange(10**6))
        place = partition_of(subject)
        good = event(subject, event_id=f"poison-{chance.random()}")
        key = subject.encode()
        made += [
            Sent(_TOPIC, raw, key, place)
            for raw in (
                b"",
                b"\x00\xff\xfe" * 50,
                b"[" * 100_000,
                b" " * 800_000,
                b'{"specversion":"1.0"}',
                json.dumps({**good, "data": {**good["data"], "colour": "red"}}).encode(),
                json.dumps({**good, "data": {**good["data"], "amount_fen": 1e400}}).encode(),
                json.dumps({**good, "subject": subject[:-1]}).encode(),
                json.dumps({**good, "type": "credit.approval.dreamt"}).encode(),
                json.dumps({**good, "time": "2199-01-01T00:00:00+08:00"}).encode(),
                json.dumps({**good, "time": "1999-01-01T00:00:00+08:00"}).encode(),
            )
        ]
        made += [
            Sent(_TOPIC, None, key, place),
            on_events(good, partition=(place + 1) % 4),
            on_events(good, key=b"somebody else", partition=place),
            on_events(good, key=None, partition=place),
        ]
    chance.shuffle(made)
    return made
