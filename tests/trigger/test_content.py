"""The same content is known again, whether its data is still kept or only its hash."""

from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.lean import (
    NO_DATA,
    ConsortiumParent,
    DecidedEvent,
    Envelope,
    EventData,
    Matter,
    MemberEventData,
    PartitionState,
)
from schemas.times import read_instant
from streams.rules.catalogue import StagePlace
from streams.rules.standing import Standing
from streams.trigger.content import is_same_content, without_data
from streams.trigger.items import EventIn
from streams.trigger.moment import PartitionMoment
from streams.trigger.working import NO_ENTRIES
from tests.trigger.folding import folding
from tests.trigger.messages import TODAY

PARENT = ConsortiumParent("91210500MA0BX0015F", "/business/benxi", "bid-1")
DATA = ("11210500105000445U", "bx-yj-001", "合成许可", "BX-1", "合成测试单位")
Keep = Callable[[EventIn], DecidedEvent]
Tell = Callable[[dict[str, Any]], EventIn]
_VALUES = st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
_ATTRIBUTES = st.dictionaries(st.text(min_size=1, max_size=3), _VALUES, max_size=4)


def told(attributes: dict[str, Any], time: str = "2026-06-10T10:00:00+08:00") -> EventIn:
    data = EventData(*DATA, attributes=attributes)
    return _arrived(data, time)


def share(attributes: dict[str, Any]) -> EventIn:
    data = MemberEventData(*DATA, attributes=attributes, consortium_of=PARENT)
    return _arrived(data, "2026-06-10T10:00:00+08:00")


def _arrived(data: EventData, time: str) -> EventIn:
    """Return an event in; nothing of its message but the event is looked at."""
    event: Envelope[EventData] = Envelope(
        "1.0",
        "e-1",
        "/business/benxi",
        "credit.approval.applied",
        "91210500MA0BX0015F",
        time,
        data,
    )
    stage = StagePlace("approval", "applied", 0, before_decision=True, terminal=False)
    message = cast("Any", None)
    instant = read_instant(event.time)
    return EventIn(message, "credit.events.approval", 0, 0, event, instant, "d", "m", stage)


def kept(item: EventIn) -> DecidedEvent:
    """Return what the state holds of *item* once it was decided."""
    fold, _, changes, _ = folding()
    moment = PartitionMoment(0, PartitionState({}, TODAY, {}), Standing())
    fold.event(item, moment, NO_ENTRIES, None, None)
    ((_, _, record, _),) = changes[0].matters
    (known,) = msgspec.json.decode(record, type=Matter).events
    return known


def dropped(item: EventIn) -> DecidedEvent:
    return without_data(kept(item))


@pytest.mark.parametrize("keep", [kept, dropped])
@pytest.mark.parametrize("tell", [told, share])
@given(attributes=_ATTRIBUTES)
def test_the_same_data_in_another_order_is_the_same_content(
    keep: Keep, tell: Tell, attributes: dict[str, Any]
) -> None:
    known = keep(tell(attributes))
    assert is_same_content(tell(dict(reversed(attributes.items()))), known)


@pytest.mark.parametrize("keep", [kept, dropped])
@pytest.mark.parametrize(
    "other",
    [{"urgent": 1}, {"urgent": True, "x": 1}, {"urgent": False}, {}],
    ids=["one-for-true", "more", "other", "less"],
)
def test_other_data_is_other_content(keep: Keep, other: dict[str, Any]) -> None:
    assert not is_same_content(told(other), keep(told({"urgent": True})))


@pytest.mark.parametrize("keep", [kept, dropped])
def test_the_instant_counts_and_not_how_it_is_written(keep: Keep) -> None:
    known = keep(told({}))
    assert is_same_content(told({}, time="2026-06-10T02:00:00Z"), known)
    assert not is_same_content(told({}, time="2026-06-10T10:00:00.001+08:00"), known)


def test_dropping_the_data_twice_keeps_the_hash() -> None:
    once = dropped(told({"urgent": True}))
    assert once.data == NO_DATA
    assert without_data(once) == once
