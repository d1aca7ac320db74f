"""A batch looked at all at once says of each message what the exact look at it alone says."""

import random
from collections import Counter
from typing import Any

from confluent_kafka import Message

from infra.kafka import murmur2_partition
from schemas import topics
from schemas.dead_letter import MAX_CARRIED_BYTES
from schemas.errors import Reason
from schemas.uscc import ALPHABET, uscc_fault
from streams.trigger.codes import home_partitions
from streams.trigger.intake import Intake
from streams.trigger.items import EventIn, RejectedIn
from tests.rules.given import real_catalogue
from tests.trigger.messages import PARTITIONS, Sent, bid, event, firm, on_events
from tests.trigger.test_fuzz import BATCH, SEED, Lying, corpus, damage


class Watched(Intake):
    """Counts the messages that are left to the exact look."""

    def __init__(self) -> None:
        super().__init__(real_catalogue(), PARTITIONS)
        self.exact = 0

    def event(self, message: Message) -> EventIn | RejectedIn:
        self.exact += 1
        return super().event(message)


def said(item: EventIn | RejectedIn) -> object:
    """Return *item* in a form that can be compared: two faults never are equal."""
    if isinstance(item, RejectedIn):
        return item.message, item.partition, item.offset, item.fault.reason, item.fault.detail
    return item


def as_read(sent: list[Sent]) -> list[Any]:
    return [Lying(each, offset) for offset, each in enumerate(sent)]


def test_a_batch_at_once_is_the_same_as_its_messages_one_by_one() -> None:
    rng = random.Random(SEED + 2)
    valid = [each for each in corpus() if each.topic != topics.LISTS]
    at_once, alone = Watched(), Watched()
    seen = Counter[str]()
    for _ in range(30):
        messages = as_read([damage(rng, rng.choice(valid), valid) for _ in range(BATCH)])
        together = at_once.events(messages)
        assert [said(item) for item in together] == [said(alone.event(each)) for each in messages]
        seen.update("taken" if isinstance(item, EventIn) else "refused" for item in together)
    assert seen["taken"] > 500
    assert seen["refused"] > 500
    assert at_once.exact < alone.exact - seen["taken"] // 3  # something was taken at once


def test_plain_events_need_no_exact_look() -> None:
    intake = Watched()
    messages = as_read([on_events(event(firm())) for _ in range(40)])
    first = intake.events(messages)  # the first of its department and type is admitted by it
    intake.exact = 0
    assert [said(item) for item in intake.events(messages)] == [said(item) for item in first]
    assert intake.exact == 0


def test_a_share_of_a_consortium_is_never_taken_for_an_event() -> None:
    intake = Watched()
    share = [on_events(bid(firm())) for _ in range(20)]
    forged = [Sent(topics.MEMBERS, each.value, each.key, each.partition) for each in share]
    intake.events(as_read(share))
    intake._admitted |= {(topics.MEMBERS, *k[1:]): v for k, v in intake._admitted.items()}
    assert all(isinstance(item, RejectedIn) for item in intake.events(as_read(forged)))


def test_what_is_too_large_to_be_carried_is_refused_among_others_too() -> None:
    intake = Watched()
    small = [on_events(event(firm())) for _ in range(40)]
    intake.events(as_read(small))
    large = on_events(event(firm()) | {"benxiextension": "x" * MAX_CARRIED_BYTES})
    *others, last = intake.events(as_read([*small, large]))
    assert all(isinstance(item, EventIn) for item in others)
    assert isinstance(last, RejectedIn)
    assert last.fault.reason is Reason.TOO_LARGE


def test_only_a_sound_code_has_a_home() -> None:
    rng = random.Random(SEED)
    keys: list[object] = [None, b"", "text", b"\xff" * 18, b"123456789012345678"]
    for _ in range(5_000):
        code = list(firm(rng.choice(["91210500", "92210502", "N2210522", "11210500"])))
        for _ in range(rng.choice((0, 0, 1, 2))):
            code[rng.randrange(18)] = rng.choice(ALPHABET + "IOSVZ")
        keys.append("".join(code).encode())
    for key, home in zip(keys, home_partitions(keys, PARTITIONS), strict=True):
        sound = isinstance(key, bytes) and uscc_fault(key.decode(errors="replace")) is None
        assert home == (murmur2_partition(key, PARTITIONS) if sound else -1)
