"""Bad input stops nothing: each lands in `credit.dead-letters` with its reason (contracts G)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from infra.metrics import REGISTRY
from tests.trigger.messages import (
    AT,
    COURT,
    EMERGENCY,
    Json,
    Sent,
    as_json,
    change,
    event,
    firm,
    on_events,
    on_lists,
    partition_of,
    serial,
)
from tests.trigger.running import Town

# Made of a division, a day and a check digit by rule; nobody was ever given it.
RESIDENT = "210502" + "19000101" + "001"
RESIDENT += "10X98765432"[
    sum(
        int(c) * w
        for c, w in zip(
            RESIDENT, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True
        )
    )
    % 11
]
NAMES = ("dlq-topic", "dlq-partition", "dlq-offset", "dlq-reason", "dlq-detail", "dlq-at")


def without(message: Json, name: str) -> Json:
    return {key: value for key, value in message.items() if key != name}


def bad_events() -> dict[str, tuple[str, Sent]]:
    """Return every way in which an event can be wrong, by name: reason and message."""
    typo = "9I210500MA0BX0015F"
    wrong_check = "91210500MA0BX00150"
    later = AT + timedelta(minutes=11)
    older = AT - timedelta(days=401)

    def plain(**how: Any) -> Json:
        return event(firm(), **how)

    misplaced = plain()
    elsewhere = (partition_of(misplaced["subject"]) + 1) % 4
    return {
        "no json": ("not-cloudevents", raw(b"{")),
        "no utf-8": ("not-cloudevents", raw(b"\xff\xfe")),
        "empty": ("not-cloudevents", raw(b"")),
        "tombstone": ("not-cloudevents", raw(None)),
        "array": ("not-cloudevents", raw(b"[]")),
        "no id": ("not-cloudevents", on_events(without(plain(), "id"))),
        "no specversion": ("not-cloudevents", on_events(without(plain(), "specversion"))),
        "old specversion": ("not-cloudevents", on_events(plain(specversion="0.3"))),
        "unknown family": ("unknown-type", approval(plain(type_="credit.weather.rained"))),
        "unknown stage": ("unknown-type", on_events(plain(type_="credit.approval.dreamt"))),
        "family of another topic": (
            "unknown-type",
            approval(plain(type_="credit.award.nominated")),
        ),
        "unknown key in data": ("unknown-field", on_events(plain(data={"colour": "red"}))),
        "amount below nothing": ("bad-field", on_events(plain(data={"amount_fen": -1}))),
        "amount as text": ("bad-field", on_events(plain(data={"amount_fen": "1"}))),
        "time without offset": ("bad-field", on_events(plain() | {"time": "2026-06-10T10:00:00"})),
        "bad check digit": ("bad-uscc", on_events(event(wrong_check))),
        "lower case": ("bad-uscc", on_events(event(firm().lower()))),
        "letter that no code has": ("suspect-typo", on_events(event(typo))),
        "department with a bad code": ("bad-uscc", on_events(plain(by=wrong_check))),
        "resident as subject": ("natural-person", on_events(event(RESIDENT))),
        "resident in a text": (
            "natural-person",
            on_events(plain(data={"subject_name": f"({RESIDENT})"})),
        ),
        "unregistered department": (
            "unknown-department",
            on_events(plain(by="11210500001234562F")),
        ),
        "department without the family": ("unknown-department", on_events(plain(by=COURT))),
        "wrong partition": ("wrong-partition", on_events(misplaced, partition=elsewhere)),
        "other key": ("subject-key-mismatch", on_events(plain(), key=firm().encode())),
        "no key": ("subject-key-mismatch", on_events(plain(), key=None)),
        "from the future": ("time-in-future", on_events(plain(time=later))),
        "too old": ("too-old", on_events(plain(time=older))),
        "too large": ("too-large", on_events(plain(padding="x" * 950_000))),
    }


def approval(message: Json) -> Sent:
    sent = on_events(message)
    return Sent("credit.events.approval", sent.value, sent.key, sent.partition)


def raw(value: bytes | None) -> Sent:
    return Sent("credit.events.approval", value, b"some key", 0)


def bad_changes() -> dict[str, tuple[str, Sent]]:
    def plain(**how: Any) -> Json:
        return change(firm(), **how)

    unlisted = plain()
    unlisted["data"]["list_code"] = "no-such-list"
    early_removal = {"removed_on": "2026-06-10", "removal_reason": "repaired"}
    misplaced = plain()
    elsewhere = (partition_of(misplaced["subject"]) + 1) % 4
    return {
        "no json": ("not-cloudevents", Sent("credit.lists", b"nonsense", b"key", 0)),
        "unknown list": ("unknown-list", on_lists(unlisted)),
        "unknown provider": ("unknown-provider", on_lists(plain(source="/somebody/else"))),
        "unknown change": ("bad-field", on_lists(plain(what="forgotten"))),
        "unknown key": ("unknown-field", on_lists(plain(data={"score": 7}))),
        "ends before it begins": (
            "bad-field",
            on_lists(plain(data={"effective_until": "2025-01-01"})),
        ),
        "removal dates on an entry": ("bad-field", on_lists(plain(data=early_removal))),
        "resident as subject": ("natural-person", on_lists(change(RESIDENT))),
        "bad code": ("bad-uscc", on_lists(change("91210500MA0BX00150"))),
        "other key": ("subject-key-mismatch", on_lists(plain(), key=b"x")),
        "wrong partition": ("wrong-partition", on_lists(misplaced, partition=elsewhere)),
        "from the future": ("time-in-future", on_lists(plain(time=AT + timedelta(minutes=11)))),
    }


@pytest.mark.parametrize("name", bad_events())
def test_a_bad_event_is_set_aside_with_its_reason_and_all_it_came_with(
    town: Town, name: str
) -> None:
    reason, sent = bad_events()[name]
    assert_set_aside(town, reason, sent)


@pytest.mark.parametrize("name", bad_changes())
def test_a_bad_list_change_is_set_aside_with_its_reason_and_all_it_came_with(
    town: Town, name: str
) -> None:
    reason, sent = bad_changes()[name]
    assert_set_aside(town, reason, sent)


def assert_set_aside(town: Town, reason: str, sent: Sent) -> None:
    headers = [*sent.headers, ("x-origin", b"kept"), ("dlq-reason", b"of an earlier refusal")]
    message = Sent(sent.topic, sent.value, sent.key, sent.partition, headers, sent.at)
    ((partition, offset),) = town.send(message)
    told = town.settle()
    (letter,) = told.dead_letters
    assert letter.reason == reason
    assert told.decisions == []
    assert letter.headers["dlq-topic"].decode() == sent.topic
    assert letter.headers["dlq-partition"].decode() == str(partition)
    assert letter.headers["dlq-offset"].decode() == str(offset)
    assert letter.headers["dlq-at"] == b"2026-06-10T10:00:00.000+08:00"
    detail = letter.headers["dlq-detail"].decode()
    assert detail
    assert "\n" not in detail
    assert RESIDENT not in detail
    if reason == "natural-person":
        assert (letter.key, letter.raw) == (None, None)
        assert sorted(letter.headers) == sorted(NAMES)
    elif reason == "too-large":
        assert letter.raw is None
        assert re.fullmatch(rb"[0-9a-f]{64}", letter.headers["dlq-sha256"])
    else:
        assert (letter.key, letter.raw) == (sent.key, sent.value)
        assert letter.headers["x-origin"] == b"kept"
        assert set(NAMES) < set(letter.headers)
    misplaced = reason in {"wrong-partition", "subject-key-mismatch"}
    assert bool(told.alerts) is misplaced


def test_nothing_of_a_natural_person_is_written_anywhere(town: Town) -> None:
    subject = event(RESIDENT)
    text = event(firm(), data={"item_name": f"证件 {RESIDENT}"})
    listed = change(RESIDENT)
    told = town.tell(on_events(subject), on_events(text), on_lists(listed))
    assert [letter.reason for letter in told.dead_letters] == ["natural-person"] * 3
    everything = b"".join((w.raw or b"") + (w.key or b"") for w in town.everything().records)
    assert RESIDENT.encode() not in everything
    assert not [name for name in town.redis_names() if RESIDENT.encode() in name]


def test_a_bad_message_among_good_ones_costs_none_of_them(town: Town) -> None:
    good = [event(firm()) for _ in range(30)]
    bad = [sent for _, sent in bad_events().values() if sent.topic == "credit.events.approval"]
    repeated = good[:10]
    told = town.tell_at_once(*(on_events(e) for e in good), *bad, *(on_events(e) for e in repeated))
    assert {d.data.event.id for d in told.decisions} == {e["id"] for e in good}
    assert len(told.decisions) == len(good)
    assert len(told.dead_letters) == len(bad)


def test_every_event_is_decided_or_a_repetition_or_a_dead_letter(town: Town) -> None:
    applied = event(firm())
    before = metric("credit_duplicates_total"), town.events_sent
    told = town.tell(
        *[on_events(applied)] * 3, raw(b"{"), on_events(event(firm())), raw(b"[]"), raw(None)
    )
    repeated = metric("credit_duplicates_total") - before[0]
    assert (len(told.decisions), repeated, len(told.dead_letters)) == (2, 2, 3)
    assert town.events_sent - before[1] == 2 + 2 + 3


def metric(name: str) -> float:
    """Return the sum of one of our metrics over its labels."""
    samples = (sample for family in REGISTRY.collect() for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == name)


def test_a_replayed_dead_letter_is_decided_once_it_is_right(town: Town) -> None:
    applied = event(firm())
    elsewhere = (partition_of(applied["subject"]) + 1) % 4
    first = town.tell(on_events(applied, partition=elsewhere))
    (letter,) = first.dead_letters
    headers = [(name, value) for name, value in letter.headers.items()]
    right = Sent(
        "credit.events.approval",
        letter.raw,
        letter.key,
        partition_of(applied["subject"]),
        headers,
    )
    assert [d.data.event.id for d in town.tell(right).decisions] == [applied["id"]]


def test_a_dead_letter_names_fields_and_never_their_values(town: Town) -> None:
    secret = serial("SECRET")
    told = town.tell(on_events(event(firm(), data={"amount_fen": secret})))
    detail = told.dead_letters[0].headers["dlq-detail"].decode()
    assert "amount_fen" in detail
    assert secret not in detail


def test_bytes_of_an_event_are_set_aside_exactly_as_they_came(town: Town) -> None:
    value = b"  " + as_json(event(firm(), by=EMERGENCY, data={"colour": "red"})) + b"\n"
    told = town.tell(Sent("credit.events.approval", value, b"k", 2))
    assert told.dead_letters[0].raw == value
