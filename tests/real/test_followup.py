"""Follow-up on real Kafka: whatever befalls its workers, it tells what an independent job tells."""

import random
import time
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from schemas import topics
from schemas.lean import Outgoing, encode
from schemas.topics import TRIGGER_SOURCE
from tests.cli.recorded import AT, action, write
from tests.streams.followed_city import FollowedCity, firm, receipt

pytestmark = pytest.mark.connected

FIRST = date(2026, 6, 19)
FIRMS, ACTIONS_EACH = 60, 4
SEED = 20260619

Message = tuple[str, str, bytes]  # topic, key, value


def _history(rng: random.Random) -> list[Message]:
    """Return actions with their revisions and receipts, out of order and many of them twice."""
    messages: list[Message] = []
    for number in range(FIRMS):
        subject = firm(number)
        for each in range(ACTIONS_EACH):
            due = FIRST + timedelta(days=rng.randrange(1, 14))
            polarity = rng.choice(["punish", "punish", "reward"])
            made = action(
                state="in_force", effect="block", review_due_on=None, due_on=due, polarity=polarity
            )
            revisions = [made]
            if rng.random() < 0.3:
                later = due + timedelta(days=3)
                revisions.append(replace(made, revision=1, due_on=later))
            if rng.random() < 0.2:
                ended = replace(revisions[-1], revision=len(revisions), state="withdrawn")
                revisions.append(ended)
            messages += [(topics.ACTIONS, subject, _bytes(subject, one)) for one in revisions]
            for number_of_receipt in range(rng.choice([0, 0, 1, 2])):
                at = FIRST + timedelta(days=rng.randrange(14))
                served = f"{at}T11:00:00+08:00" if rng.random() < 0.7 else None
                value = receipt(
                    subject,
                    made.action_id,
                    number * 100 + each * 10 + number_of_receipt,
                    at=f"{at}T12:00:00+08:00",
                    served_at=served,
                )
                messages.append((topics.RECEIPTS, subject, value))
    messages += rng.sample(messages, len(messages) // 3)
    rng.shuffle(messages)
    return messages


def _bytes(subject: str, made: object) -> bytes:
    name = f"{made.action_id}/{made.revision}"  # type: ignore[attr-defined]
    return encode(Outgoing(name, TRIGGER_SOURCE, "credit.action.issued", subject, AT, made))


def test_kill_9_rebalance_duplicates_and_disorder_change_nothing_of_what_is_told(
    followed: FollowedCity,
) -> None:
    """Twelve days with two workers: killed in the midst, joined by another, stopped, all dead."""
    rng = random.Random(SEED)
    messages = _history(rng)
    share = len(messages) // 12 + 1
    first, second = followed.start(), followed.start()
    for step in range(12):
        followed.set_day(FIRST + timedelta(days=step))
        for topic in (topics.ACTIONS, topics.RECEIPTS):
            chunk = messages[step * share : (step + 1) * share]
            write(followed.kafka, topic, [(key, value) for t, key, value in chunk if t == topic])
        time.sleep(rng.random() * 3)
        if step == 3:
            first.kill()  # in the midst of the rebalance that two starts bring
        elif step == 5:
            first = followed.start()
        elif step == 7:
            second.terminate()  # a rebalance that is asked for
            assert second.wait(60) in (0, -15)  # -15: it was still starting
        elif step == 9:
            first.kill()
            first, second = followed.start(), followed.start()
    followed.set_day(FIRST + timedelta(days=12))
    followed.agrees(looks=120)
    assert len(followed.told()) > FIRMS, "the history has to leave something to tell"
    assert not followed.everything(topics.DEAD_LETTERS)
    first.kill()
    second.kill()
    followed.set_day(FIRST + timedelta(days=20))
    followed.start()
    followed.agrees(looks=120)


def test_each_alert_is_raised_for_what_once_stood_and_with_the_same_bytes_every_time(
    followed: FollowedCity,
) -> None:
    """A worker killed while it tells leaves repetitions, and they are one in every field."""
    for number in range(40):
        followed.issue(firm(number), due_on=FIRST)
    worker = followed.start()
    deadline = time.monotonic() + 60
    while not followed.told() and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.kill()
    followed.start()
    followed.agrees(looks=120)
    values: dict[str, set[bytes]] = {}
    for message in followed.everything(topics.ALERTS):
        text = (message.value() or b"").decode()
        values.setdefault(text.partition('"id":"')[2][:36], set()).add(text.encode())
    assert len(values) == 40
    assert all(len(same) == 1 for same in values.values())
