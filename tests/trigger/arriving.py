"""Events and listings with any text where a sender may put one, and where partitions stand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

import pytest
from hypothesis import strategies as st

from schemas.ids import decision_id
from schemas.lean import Envelope, EventData, KnownEntry, ListChangeData, PartitionState
from schemas.times import ReadInstant, read_instant
from streams.rules.place import place_of
from streams.rules.standing import Standing
from streams.trigger.items import EventIn
from streams.trigger.keys import matter_id
from streams.trigger.letters import HIDDEN, Filled
from streams.trigger.moment import PartitionMoment
from tests.rules.given import real_catalogue
from tests.trigger.messages import EMERGENCY, FINANCE, PARTITIONS, PROVIDERS, TODAY, firm

CATALOGUE = real_catalogue()
LISTS = frozenset(CATALOGUE.lists)
STANDINGS = [Standing(), Standing(stale=LISTS), Standing(missing=frozenset({"city-red"}))]
FIRMS = [firm(), firm(), firm("92210502")]
TIMES = ("2026-06-10T09:30:00Z", "2026-06-09T09:30:00.500+08:00", "2026-06-10T01:00:00+08:00")
# Steps at which something rests on most lists; what is asked for there is of real measures.
STEPS = [
    ("credit.approval.applied", EMERGENCY, "bx-yj-001"),
    ("credit.approval.decided", EMERGENCY, "bx-yj-001"),
    ("credit.approval.applied", EMERGENCY, "no-such-item"),
    ("credit.bidding.registered", FINANCE, "bx-cz-001"),
    ("credit.subsidy.applied", FINANCE, "bx-cz-002"),
]
MARKS = [chr(0xFDD0 + place) for place in range(32)]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ['"', "\\", "%", "%b", "中%s", "\x00", "\u2028", "𠮷", " 合成 ", "合成。", TIMES[1], *MARKS]
)
# Few enough that hits are alike, and some that must not pass for what they look like.
FEW = st.sampled_from(["合成事项", "合成机关", TIMES[1], MARKS[1], HIDDEN])
_AMOUNTS = st.sampled_from([None, 0, 1, 400_000_000, 400_000_001, 2_000_000_000])
_ATTRIBUTES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["tender_kind", "financing_consent", "channel", "x"]),
    st.sampled_from([True, 1, False, "procurement", "bidding"]) | TEXT,
    max_size=3,
)


@st.composite
def listings(draw: st.DrawFn) -> KnownEntry:
    """Return an entry of any list, in force, to come, over, suspended or removed."""
    list_code = draw(st.sampled_from(["licence-bar", "city-red", "procurement-serious", *LISTS]))
    days = st.sampled_from([-4000, -400, -1, 0, 1, 400])
    since = TODAY + timedelta(days=draw(days))
    until = draw(st.none() | st.sampled_from([1, 400, 3650]))
    removed = draw(st.sampled_from([None, None, None, TODAY - timedelta(days=1), TODAY]))
    change = ListChangeData(
        entry_id=draw(TEXT),
        revision=draw(st.integers(1, 2)),
        list_code=list_code,
        subject_name=draw(TEXT),
        doc_no=draw(TEXT),
        recognised_by=draw(FEW),
        effective_from=since,
        effective_until=None if until is None else since + timedelta(days=until),
        facts=draw(TEXT | st.just("合" * 13_000)),
        facts_code=draw(st.sampled_from([None, "licence-79", "x"])),
        severity=draw(st.sampled_from([None, "minor", "serious"])),
        scope=draw(st.sampled_from([None, [], ["bx-yj-001"], ["bx-cz-001", "x"]])),
        removed_on=removed,
        removal_reason=None if removed is None else draw(st.sampled_from(["repaired", "annulled"])),
    )
    away = draw(st.sampled_from([None, None, None, "210100"]))
    provider = PROVIDERS[list_code] if away is None else "/elsewhere"
    stamp = draw(st.sampled_from(["2026-06-01T00:00:00.000+08:00", TIMES[1]]))
    return KnownEntry(change, draw(st.integers(0, 4)) == 0, provider, stamp, away)


@st.composite
def arrivals(draw: st.DrawFn) -> EventIn:
    """Return an event with any text where a sender may put any."""
    event_type, department, item_code = draw(st.sampled_from(STEPS))
    data = EventData(
        department=department,
        item_code=item_code,
        item_name=draw(FEW),
        application_no=draw(TEXT),
        subject_name=draw(TEXT),
        amount_fen=draw(_AMOUNTS),
        region=draw(st.sampled_from([None, "210500"])),
        attributes=draw(_ATTRIBUTES),
    )
    time = read_instant(draw(st.sampled_from(TIMES)))
    source, trace = draw(st.sampled_from(["/business/benxi", TIMES[1]])), draw(st.none() | TEXT)
    event: Envelope[EventData] = Envelope(
        "1.0",
        draw(TEXT),
        source,
        event_type,
        draw(st.sampled_from(FIRMS)),
        draw(st.sampled_from(TIMES)),
        data,
        traceparent=trace,
    )
    return arrived(event, time, draw(st.integers(0, PARTITIONS - 1)), draw(st.integers(0, 2**53)))


def arrived(event: Envelope[EventData], time: ReadInstant, partition: int, offset: int) -> EventIn:
    """Return *event* as it is once it was checked."""
    data = event.data
    return EventIn(
        cast("Any", None),
        f"credit.events.{event.type.split('.')[1]}",
        partition,
        offset,
        event,
        time,
        decision_id(event.source, event.id),
        matter_id(data.department, data.application_no),
        place_of(event.type, data.item_code, data.department, CATALOGUE).stage,
    )


def noted(
    monkeypatch: pytest.MonkeyPatch, form: type[Any], offset_of: Callable[[Any], int]
) -> list[int]:
    """Return the offsets of what is filled into a *form*, as it goes."""
    offsets: list[int] = []
    fill = form.fill

    def told(self: Any, each: Any) -> Filled:
        offsets.append(offset_of(each))
        filled: Filled = fill(self, each)
        return filled

    monkeypatch.setattr(form, "fill", told)
    return offsets


def moments(standing: Standing, day: date = TODAY) -> dict[int, PartitionMoment]:
    """Return where the partitions stand: none where another does."""
    return {
        p: PartitionMoment(
            p, PartitionState({"credit.lists": p + 7, "credit.reviews": 2 * p}, day, {}), standing
        ).having_listed(p * 5)
        for p in range(PARTITIONS)
    }
