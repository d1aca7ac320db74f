"""What is filled into a form is, byte for byte, what would have been written without one."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.lean import Envelope, EventData, PartitionState, encode
from schemas.times import read_instant
from streams.rules.standing import Standing
from streams.trigger.fold_events import EventFold
from streams.trigger.items import EventIn
from streams.trigger.moment import PartitionMoment
from streams.trigger.quiet_form import QuietPlace
from streams.trigger.stencil import TEXT, VALUE, cut
from streams.trigger.working import NO_ENTRIES
from tests.rules.given import real_catalogue
from tests.trigger.arriving import arrived
from tests.trigger.folding import folding
from tests.trigger.messages import EMERGENCY, PARTITIONS, TODAY

CATALOGUE = real_catalogue()
LISTS = frozenset(CATALOGUE.lists)
SUBJECT = "91210500MA0BX0015F"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ['"', "\\", "%", "%b", "%%d", "中%s", "\x00", "\u2028", TEXT, VALUE, f'"{VALUE}"', "𠮷"]
)
_STANDINGS = [Standing(), Standing(stale=LISTS), Standing(missing=LISTS)]


class PlainFold(EventFold):
    """The same, without forms."""

    def quiet_place(self, item: EventIn, moment: PartitionMoment) -> QuietPlace | None:  # noqa: ARG002
        return None


@st.composite
def arrivals(draw: st.DrawFn) -> EventIn:
    """Return an event of one department with any text where a sender may put any."""
    event_type = "credit.approval." + draw(st.sampled_from(["applied", "accepted", "decided"]))
    item_code = draw(st.sampled_from(["bx-yj-001", "bx-yj-002"]) | _TEXT)
    attributes: dict[str, Any] = draw(st.dictionaries(_TEXT, _TEXT | st.booleans(), max_size=2))
    data = EventData(
        department=EMERGENCY,
        item_code=item_code,
        item_name=draw(_TEXT),
        application_no=draw(_TEXT),
        subject_name=draw(_TEXT),
        attributes=attributes,
    )
    time = read_instant(draw(st.sampled_from(["2026-06-10T09:30:00Z", "2026-06-09T23:00:00.5Z"])))
    event: Envelope[EventData] = Envelope(
        "1.0",
        draw(_TEXT),
        draw(_TEXT),
        event_type,
        SUBJECT,
        time.text,
        data,
        traceparent=draw(st.none() | _TEXT),
    )
    return arrived(event, time, draw(st.integers(0, 1)), draw(st.integers(0, 2**53)))


def folded(kind: type[EventFold], items: list[EventIn], standing: Standing) -> tuple[Any, ...]:
    """Return all that *kind* of fold writes and counts about *items*."""
    fold, outbox, changes, working = folding(kind)
    moments = {
        p: PartitionMoment(p, PartitionState({"credit.lists": p + 7}, TODAY, {}), standing)
        for p in range(PARTITIONS)
    }
    for item in items:
        fold.event(item, moments[item.partition], NO_ENTRIES, None, None)
    outbox.tallies()
    return outbox.records, outbox.verdicts, outbox.alerts, changes, working.learnt


@pytest.mark.parametrize("standing", _STANDINGS, ids=["fresh", "stale", "missing"])
@settings(max_examples=150, deadline=None)
@given(items=st.lists(arrivals(), max_size=6, unique_by=lambda item: item.event.id))
def test_a_filled_form_is_what_the_plain_way_writes(
    standing: Standing, items: list[EventIn]
) -> None:
    in_order = sorted(items, key=lambda item: item.offset)
    assert folded(EventFold, in_order, standing) == folded(PlainFold, in_order, standing)


@given(_TEXT, _TEXT)
@example("%", '"')
def test_a_stencil_filled_in_is_the_encoding(constant: str, value: str) -> None:
    stencil = cut(encode({"a": TEXT + "/0", "b": VALUE, "c": constant}), 2)
    if TEXT in constant or VALUE in constant:
        assert stencil is None
        return
    assert stencil is not None
    assert stencil % (b"x", encode(value)) == encode({"a": "x/0", "b": value, "c": constant})
