"""Every event is accounted for, in whatever order the topics come in sight."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.flow import Flow, percentile
from schemas.lean import DecisionData, EventPosition, EventRef, Outgoing, Position, encode

if TYPE_CHECKING:
    from confluent_kafka import Message

START = datetime(2026, 6, 16, 10, 0, tzinfo=UTC)
FIRM, PARTNER = "91210502MAXX1058XK", "91210500MAXX02731W"


class Lying:
    """A message as it lies on a topic."""

    def __init__(
        self, topic: str, offset: int, value: bytes, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        self._told = topic, offset, value, headers

    def topic(self) -> str:
        return self._told[0]

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._told[1]

    def key(self) -> bytes:
        return FIRM.encode()

    def value(self) -> bytes:
        return self._told[2]

    def headers(self) -> list[tuple[str, bytes]] | None:
        return self._told[3]

    def timestamp(self) -> tuple[int, int]:
        return 1, int(START.timestamp() * 1000)


def event(offset: int, event_id: str) -> Lying:
    value = json.dumps({"source": "/x", "id": event_id}).encode()
    return Lying("credit.events.bidding", offset, value)


def share(offset: int, event_id: str) -> Lying:
    value = json.dumps({"source": "/credit-trigger/trigger", "id": event_id}).encode()
    return Lying("credit.members", offset, value)


def decision(
    event_id: str, source: str = "/x", verdict: str = "pass", members: tuple[str, ...] = ()
) -> Lying:
    data = DecisionData(
        decision_id=f"d-{event_id}",
        sequence=0,
        event=EventRef(source, event_id, "credit.bidding.registered", "2026-06-16T09:00:00+08:00"),
        department=FIRM,
        item_code="i",
        application_no="a",
        verdict=verdict,
        actions=(),
        reasons=(),
        entries=(),
        decided_at="2026-06-16T18:00:00.000+08:00",
        cause="event",
        catalogue_version="v",
        event_position=EventPosition("credit.events.bidding", 0, 0),
        list_position=Position(0, 0),
        review_position=Position(0, 0),
        day="2026-06-16",
        members=members,
    )
    message: Outgoing[DecisionData] = Outgoing(
        "x", "/t", "credit.decision.made", FIRM, "2026-06-16T18:00:00.000+08:00", data
    )
    return Lying("credit.decisions", 0, encode(message))


def dead(offset: int) -> Lying:
    headers = [
        ("dlq-topic", b"credit.events.bidding"),
        ("dlq-partition", b"0"),
        ("dlq-offset", str(offset).encode()),
        ("dlq-reason", b"bad-field"),
    ]
    return Lying("credit.dead-letters", 0, b"", headers)


DAY = [
    event(0, "a"),
    event(1, "b"),
    event(2, "a"),  # the same event again
    event(3, "c"),
    Lying("credit.events.bidding", 4, b"\xff"),
    share(0, f"b/{PARTNER}"),
    decision("a", verdict="deny"),
    decision("b", members=(PARTNER,)),
    decision(f"b/{PARTNER}", source="/credit-trigger/trigger", verdict="hold"),
    dead(3),
    dead(4),
]


def folded(messages: list[Lying], after_ms: int = 250) -> Flow:
    flow = Flow()
    for message in messages:
        flow.fold(cast("Message", message), START + timedelta(milliseconds=after_ms))
    flow.measure()
    return flow


@given(st.randoms(use_true_random=False))
def test_the_counts_are_the_same_in_every_order_of_sight(order: random.Random) -> None:
    messages = list(DAY)
    order.shuffle(messages)
    flow = folded(messages)
    assert (flow.events, flow.shares, flow.decided, flow.waiting) == (5, 1, 3, 0)
    assert (flow.dead.total(), flow.repeated()) == (2, 1)
    assert dict(flow.verdicts) == {
        ("bidding", "deny"): 1,
        ("bidding", "pass"): 1,
        ("bidding", "hold"): 1,
    }


@pytest.mark.parametrize("missing", [6, 7, 8, 9, 10])
def test_an_event_without_decision_or_dead_letter_is_waited_for(missing: int) -> None:
    assert folded([m for n, m in enumerate(DAY) if n != missing]).waiting == 1


def test_a_member_is_waited_for_as_soon_as_the_bid_is_decided() -> None:
    assert folded([event(1, "b"), decision("b", members=(PARTNER,))]).waiting == 1


def test_time_runs_from_the_sending_of_an_event_to_the_sight_of_its_decision() -> None:
    assert folded(DAY, after_ms=250).decision_ms == [250, 250]  # a share has no sender


def test_the_nearest_rank_is_a_value_that_occurred() -> None:
    hundred = list(range(1, 101))
    assert (percentile(hundred, 0.5), percentile(hundred, 0.99)) == (50, 99)
    assert percentile([7], 0.99) == 7
    assert percentile([], 0.5) is None
