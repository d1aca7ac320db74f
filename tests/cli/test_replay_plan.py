"""Where a dead letter goes when it is put back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.dead_letters import DeadLetter, LetterId
from consumers.replay_plan import (
    MAY_SUCCEED,
    Destinations,
    LeftAlone,
    PutBack,
    Replayed,
    Stays,
    plan_replay,
)
from infra.kafka import murmur2_partition
from schemas.errors import Reason

FIRM, OTHER = "91210502MAXX1058XK", "91210500MAXX02731W"
BIDDING = "credit.events.bidding"
DESTINATIONS = Destinations(
    {BIDDING: 4, "credit.events.subsidy": 4, "credit.lists": 4, "credit.dead-letters": 1},
    {"bidding", "subsidy"},
)
NONE_YET = Replayed({})


def letter(reason: Reason | str = Reason.WRONG_PARTITION, **changes: Any) -> DeadLetter:
    value = {"type": "credit.bidding.registered", "subject": FIRM}
    told: dict[str, Any] = {
        "id": LetterId(0, 7),
        "topic": BIDDING,
        "partition": 2,
        "offset": 5,
        "reason": str(reason),
        "detail": "",
        "at": "2026-06-16T18:00:00.000+08:00",
        "key": FIRM.encode(),
        "value": json.dumps(value).encode(),
        "headers": (("content-type", b"application/cloudevents+json"),),
    }
    return DeadLetter(**told | changes)


def planned(
    each: DeadLetter, replayed: Replayed = NONE_YET, *, try_anyway: bool = False
) -> PutBack | LeftAlone:
    return plan_replay(each, DESTINATIONS, replayed, try_anyway=try_anyway)


def put(each: DeadLetter, **more: Any) -> PutBack:
    plan = planned(each, **more)
    assert isinstance(plan, PutBack)
    return plan


def stays(each: DeadLetter, **more: Any) -> Stays:
    plan = planned(each, **more)
    assert isinstance(plan, LeftAlone)
    return plan.why


def test_a_message_in_the_wrong_partition_goes_where_murmur2_puts_its_key() -> None:
    plan = put(letter(Reason.WRONG_PARTITION))
    assert (plan.topic, plan.partition) == (BIDDING, murmur2_partition(FIRM.encode(), 4))
    assert plan.key == FIRM.encode()


def test_a_wrong_key_is_replaced_by_the_subject() -> None:
    plan = put(letter(Reason.SUBJECT_KEY_MISMATCH, key=OTHER.encode()))
    assert plan.key == FIRM.encode()
    assert plan.partition == murmur2_partition(FIRM.encode(), 4)


def test_the_subject_of_the_binary_binding_is_in_its_header() -> None:
    binary = letter(
        Reason.SUBJECT_KEY_MISMATCH, key=b"x", value=b"{}", headers=(("ce_subject", FIRM.encode()),)
    )
    assert put(binary).key == FIRM.encode()


def test_without_a_subject_there_is_no_key() -> None:
    assert stays(letter(Reason.SUBJECT_KEY_MISMATCH, value=b"{}")) is Stays.NO_SUBJECT


def test_a_type_of_another_family_goes_to_that_family() -> None:
    value = json.dumps({"type": "credit.subsidy.applied", "subject": FIRM}).encode()
    assert put(letter(Reason.UNKNOWN_TYPE, value=value)).topic == "credit.events.subsidy"
    unheard = json.dumps({"type": "credit.unheard.applied", "subject": FIRM}).encode()
    assert put(letter(Reason.UNKNOWN_TYPE, value=unheard)).topic == BIDDING


@pytest.mark.parametrize("partition", range(4))
def test_a_watermark_stays_in_its_partition_as_every_partition_has_its_own(partition: int) -> None:
    value = json.dumps({"type": "credit.list.published", "subject": "city-red"}).encode()
    mark = letter(
        Reason.SUBJECT_KEY_MISMATCH, topic="credit.lists", value=value, partition=partition
    )
    plan = put(mark)
    assert (plan.partition, plan.key) == (partition, b"city-red")


def test_headers_are_as_they_came_with_the_mark_of_the_replay() -> None:
    assert put(letter()).headers == [
        ("content-type", b"application/cloudevents+json"),
        ("dlq-replayed", b"0/7"),
    ]


@pytest.mark.parametrize("try_anyway", [False, True])
def test_a_natural_persons_letter_is_never_put_back(*, try_anyway: bool) -> None:
    person = letter(Reason.NATURAL_PERSON)
    assert stays(person, try_anyway=try_anyway) is Stays.PERSON


@pytest.mark.parametrize("reason", sorted(set(Reason) - MAY_SUCCEED - {Reason.NATURAL_PERSON}))
def test_the_same_bytes_are_not_sent_in_vain_unless_somebody_insists(reason: Reason) -> None:
    assert stays(letter(reason)) is Stays.HOPELESS
    assert isinstance(planned(letter(reason), try_anyway=True), PutBack)


@pytest.mark.parametrize("try_anyway", [False, True])
def test_what_was_put_back_is_not_put_back_again(*, try_anyway: bool) -> None:
    before = Replayed({LetterId(0, 7): f"{BIDDING}/1/9"})
    assert stays(letter(), replayed=before, try_anyway=try_anyway) is Stays.REPLAYED


def test_what_was_refused_again_after_a_replay_is_not_sent_round_in_circles() -> None:
    before = Replayed({LetterId(0, 1): f"{BIDDING}/2/5"})
    assert stays(letter(), replayed=before) is Stays.REFUSED_AGAIN
    assert isinstance(planned(letter(), replayed=before, try_anyway=True), PutBack)


def test_nothing_goes_to_a_topic_that_is_not_there_or_back_among_the_dead_letters() -> None:
    assert stays(letter(topic="credit.unheard")) is Stays.NO_TOPIC
    assert stays(letter(topic="credit.dead-letters")) is Stays.NO_TOPIC


@given(
    st.sampled_from([*(r.value for r in Reason), "?"]),
    st.none() | st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    st.none() | st.binary(max_size=20),
    st.integers(-1, 9),
)
def test_every_letter_has_a_plan_whatever_came(
    reason: str, value: bytes | None, key: bytes | None, partition: int
) -> None:
    plan = planned(letter(reason, value=value, key=key, partition=partition), try_anyway=True)
    if isinstance(plan, PutBack):
        assert plan.letter.reason != Reason.NATURAL_PERSON
        assert 0 <= plan.partition < 4


@pytest.mark.parametrize("origin", ["credit.decisions", "credit.actions", "credit.alerts"])
def test_what_could_not_be_passed_on_goes_to_its_department_and_is_never_decided_twice(
    origin: str,
) -> None:
    old, now = "12210500MAXX00010U", "11210500105000445U"
    value = json.dumps({"subject": FIRM, "data": {"department": old}}).encode()
    told = letter(Reason.UNKNOWN_DEPARTMENT, topic=origin, value=value)
    counts = {origin: 4, f"credit.answers.{now}": 1}
    registered = Destinations(counts, set(), {old: now, now: now})
    plan = plan_replay(told, registered, NONE_YET, try_anyway=False)
    assert isinstance(plan, PutBack)
    assert (plan.topic, plan.partition, plan.key) == (f"credit.answers.{now}", 0, FIRM.encode())
    for unknown in (told, letter(topic=origin, value=b"\xff"), letter(topic=origin, value=b"[]")):
        left = plan_replay(unknown, Destinations(counts, set()), NONE_YET, try_anyway=True)
        assert isinstance(left, LeftAlone)
        assert left.why is Stays.NO_DEPARTMENT
