"""What is filled in about a matter that a list brings back is what the exact way writes of it."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.lean import DecidedEvent, EventData, KnownEntry, Matter, SubjectEntries
from streams.rules.standing import Standing
from streams.trigger.again_form import AgainForm, Swept
from streams.trigger.content import kept_data
from streams.trigger.fold_matters import At, MatterFold
from streams.trigger.keys import matter_id
from streams.trigger.letters import Filled
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.working import Recent, Working, decode_matter
from tests.trigger.arriving import (
    CATALOGUE,
    FIRMS,
    MARKS,
    STANDINGS,
    arrivals,
    listings,
    moments,
    noted,
)
from tests.trigger.messages import AT, CREDIT_OFFICE, EMERGENCY, TODAY
from tests.trigger.test_hit_forms import hit

PARTITION = 1
Matters = list[tuple[str, Matter]]


def brought(
    subject: str,
    matters: Matters,
    entries: tuple[KnownEntry, ...],
    standing: Standing,
    *,
    forms: bool,
) -> tuple[Any, ...]:
    """Return all that is written and counted about *matters*, which a list brings back."""
    outbox, changes = Outbox(AT), {PARTITION: Changes()}
    working = Working(outbox, changes, Recent())
    fold = MatterFold(CATALOGUE, outbox, working, CREDIT_OFFICE)
    held, moment = SubjectEntries(entries), moments(standing)[PARTITION]
    bring = fold.bring_back if forms else fold.bring_up_to_date
    for name, matter in matters:
        bring(At(subject, name, held, moment), matter, listed=True)
    counts = outbox.actions, outbox.alerts, outbox.shadows, fold.again
    return outbox.records, counts, changes, working.learnt


_OF_EVENT = "source", "type", "topic", "sequence", "verdict", "decided_on", "reasons", "content"
_OF_DATA = "item_name", "item_code", "amount_fen", "region", "attributes"
_OF_MATTER = "closed_on", "due", "waits", "remedied", "reviewed"


@st.composite
def events(draw: st.DrawFn) -> tuple[DecidedEvent, EventData]:
    """Return an event as a matter keeps it."""
    item = draw(arrivals())
    event = item.event
    known = DecidedEvent(
        event.source,
        event.id,
        event.type,
        item.time.text,
        draw(st.sampled_from([None, None, None, "hash"])),
        item.topic,
        PARTITION,
        item.offset,
        draw(st.integers(0, 1)),
        draw(st.sampled_from(["pass", "hold", "deny"])),
        TODAY,
        msgspec.Raw(b""),
        None,
        draw(st.sampled_from(["", "hash"])),
    )
    return known, event.data


@st.composite
def alike(draw: st.DrawFn) -> Matters:
    """Return matters of one kind; some differ from it in one thing."""
    like, data = draw(events())
    due = draw(st.sampled_from([None, TODAY, TODAY.replace(year=2027)]))
    matters: Matters = []
    for _ in range(draw(st.integers(4, 8))):
        other, its_data = draw(events())
        odd = draw(st.none() | st.sampled_from([*_OF_EVENT, *_OF_DATA, *_OF_MATTER]))
        told = replace(
            data,
            application_no=its_data.application_no,
            subject_name=its_data.subject_name,
            **({odd: getattr(its_data, odd)} if odd in _OF_DATA else {}),
        )
        event = replace(
            like,
            id=other.id,
            time=other.time,
            offset=other.offset,
            data=msgspec.Raw(kept_data(told)),
            **({odd: getattr(other, odd)} if odd in _OF_EVENT else {}),
        )
        other_matter = Matter((event,), (), TODAY, ("x",), ("y",), due=None, waits=True)
        matter = Matter((event,), (), None, due=due)
        if odd in _OF_MATTER:
            matter = replace(matter, **{odd: getattr(other_matter, odd)})
        matters.append((matter_id(told.department, told.application_no), matter))
    return [*{name: (name, matter) for name, matter in matters}.values()]


@pytest.mark.parametrize("standing", STANDINGS, ids=["fresh", "stale", "missing"])
@settings(max_examples=250, deadline=None)
@given(
    subject=st.sampled_from(FIRMS),
    matters=alike(),
    entries=st.lists(listings(), min_size=1, max_size=2).map(tuple),
)
def test_what_is_filled_in_is_what_the_exact_way_writes(
    standing: Standing, subject: str, matters: Matters, entries: tuple[KnownEntry, ...]
) -> None:
    found = brought(subject, matters, entries, standing, forms=True)
    assert found == brought(subject, matters, entries, standing, forms=False)


@st.composite
def moved(draw: st.DrawFn) -> tuple[tuple[KnownEntry, ...], tuple[KnownEntry, ...]]:
    """Return what a subject's entries were, and what became of them."""
    before = tuple(draw(st.lists(listings(), min_size=1, max_size=2)))
    after: list[KnownEntry] = []
    for entry in before:
        change = replace(entry.change, revision=entry.change.revision + 1)
        match draw(st.integers(0, 5)):
            case 0:
                reason = draw(st.sampled_from(["repaired", "annulled", "corrected"]))
                change = replace(change, removed_on=TODAY, removal_reason=reason)
                after.append(replace(entry, change=change))
            case 1:
                after.append(replace(entry, suspended=not entry.suspended))
            case 2:
                later = replace(change, effective_until=TODAY.replace(year=2028), facts="合成更正")
                after.append(replace(entry, change=later))
            case 3:
                after += [entry, draw(listings())]
            case 4:
                after.append(entry)
            case _:
                pass
    return before, tuple(after)


@pytest.mark.parametrize("standing", STANDINGS, ids=["fresh", "stale", "missing"])
@settings(max_examples=250, deadline=None)
@given(subject=st.sampled_from(FIRMS[:2]), matters=alike(), entries=moved())
def test_so_it_is_where_something_rests_on_them(
    standing: Standing,
    subject: str,
    matters: Matters,
    entries: tuple[tuple[KnownEntry, ...], tuple[KnownEntry, ...]],
) -> None:
    before, after = entries
    _, _, changes, _ = brought(subject, matters, before, standing, forms=False)
    told = {name: decode_matter(record) for _, name, record, _ in changes[PARTITION].matters}
    held = [(name, told.get(name, matter)) for name, matter in matters]
    found = brought(subject, held, after, standing, forms=True)
    assert found == brought(subject, held, after, standing, forms=False)


def running(number: int, *, day: str = "2026-06-10", **data: Any) -> tuple[str, Matter]:
    """Return a matter that passed when its subject was on no list."""
    item, _ = hit(number, **data)
    event = DecidedEvent(
        item.event.source,
        item.event.id,
        item.event.type,
        f"{day}T09:30:00.000+08:00",
        None,
        item.topic,
        PARTITION,
        number,
        0,
        "pass",
        TODAY,
        msgspec.Raw(kept_data(item.event.data)),
    )
    return matter_id(EMERGENCY, item.event.data.application_no), Matter((event,), (), None)


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the offsets of the events whose matters were filled into a form."""
    return noted(monkeypatch, AgainForm, lambda swept: swept.event.offset)


def both(matters: Matters, entry: KnownEntry) -> list[Any]:
    """Return the records about *matters*, which are the same with forms and without."""
    found = brought(FIRMS[0], matters, (entry,), Standing(), forms=True)
    assert found == brought(FIRMS[0], matters, (entry,), Standing(), forms=False)
    records: list[Any] = found[0]
    return records


def test_from_the_second_on_matters_are_filled_in(filled: list[int]) -> None:
    _, entry = hit(1)
    records = both([running(number) for number in range(1, 7)], entry)
    assert set(filled) == {2, 3, 4, 5, 6}
    told = [(topic, b'"effect":"refer"' in value) for topic, _, _, value, _ in records]
    assert told.count(("credit.actions", True)) == 6  # never a block after the fact


def test_so_are_those_that_a_removal_sets_free(filled: list[int]) -> None:
    _, entry = hit(1)
    matters = [running(number) for number in range(1, 7)]
    _, _, changes, _ = brought(FIRMS[0], matters, (entry,), Standing(), forms=False)
    held = [(name, decode_matter(record)) for _, name, record, _ in changes[PARTITION].matters]
    repaired = replace(entry.change, revision=2, removed_on=TODAY, removal_reason="repaired")
    records = both(held, replace(entry, change=repaired))
    assert set(filled) == {2, 3, 4, 5, 6}
    told = [b"credit.action.withdrawn" in value for _, _, _, value, _ in records]
    assert sum(told) == 6


@pytest.mark.parametrize(
    "odd",
    [
        {"source": "/other/benxi"},
        {"topic": "credit.events.other"},
        {"sequence": 3},
        {"verdict": "hold"},
        {"decided_on": date(2026, 6, 1)},
        {"reasons": "hash"},
        {"content": "hash"},
    ],
    ids=str,
)
def test_an_event_that_was_decided_otherwise_is_another_kind(odd: dict[str, Any]) -> None:
    _, entry = hit(1)
    matters = []
    for number in range(1, 9):
        name, matter = running(number)
        if number % 2:
            matter = replace(matter, events=(replace(matter.events[0], **odd),))
        matters.append((name, matter))
    both(matters, entry)


@pytest.mark.parametrize(
    "odd",
    [
        {"closed_on": TODAY},
        {"due": date(2026, 9, 1)},
        {"due": TODAY},
        {"waits": True},
        {"remedied": ("x",)},
        {"reviewed": ("x",)},
    ],
    ids=str,
)
def test_a_matter_that_stands_otherwise_is_another_kind(odd: dict[str, Any]) -> None:
    _, entry = hit(1)
    matters = [running(number) for number in range(1, 9)]
    both([(n, replace(m, **odd) if i % 2 else m) for i, (n, m) in enumerate(matters)], entry)


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "in_force", "effect": "block"},
        {"revision": 3},
        {"from_": date(2026, 6, 1)},
        {"until": date(2026, 12, 1)},
        {"review_due_on": date(2026, 6, 20)},
        {"application_no": "another"},
        {"state": "dismissed"},
    ],
    ids=str,
)
def test_an_action_that_stands_otherwise_makes_another_kind(odd: dict[str, Any]) -> None:
    _, entry = hit(1)
    matters = [running(number) for number in range(1, 9)]
    _, _, changes, _ = brought(FIRMS[0], matters, (entry,), Standing(), forms=False)
    held: Matters = []
    for place, (_, name, record, _) in enumerate(changes[PARTITION].matters):
        matter = decode_matter(record)
        if place > 3:  # behind a form that was made of the others
            matter = replace(matter, actions=(replace(matter.actions[0], **odd),))
        held.append((name, matter))
    repaired = replace(entry.change, revision=2, removed_on=TODAY, removal_reason="repaired")
    both(held, replace(entry, change=repaired))


def test_the_name_of_an_individual_business_is_masked_for_itself() -> None:
    subject = FIRMS[2]
    _, entry = hit(1, listed={"facts": "合成测试单位4未按期缴纳"})  # the name that one matter tells
    matters = [running(number) for number in range(1, 6)]
    found = brought(subject, matters, (entry,), Standing(), forms=True)
    assert found == brought(subject, matters, (entry,), Standing(), forms=False)


def test_the_day_before_the_listing_is_another_kind(filled: list[int]) -> None:
    _, entry = hit(1, listed={"effective_from": TODAY})
    days = ["2026-06-09", "2026-06-10"] * 3
    both([running(number, day=day) for number, day in enumerate(days, start=1)], entry)
    assert set(filled) == {3, 4, 5, 6}


def test_no_form_is_cut_from_what_looks_like_a_mark_or_the_time(filled: list[int]) -> None:
    _, entry = hit(1)
    looks = [running(number) for number in range(1, 5)]
    looks[1] = running(2, application_no=f"SQ{MARKS[0]}")
    both(looks, entry)
    assert set(filled) == {3, 4}
    del filled[:]
    _, timed = hit(1, listed={"entry_id": "2026-06-10T09:30:00.000+08:00"})
    both([running(number) for number in range(1, 5)], timed)
    assert not filled


def test_a_form_that_does_not_give_what_was_written_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill = AgainForm.fill

    def wrong(form: AgainForm, each: Swept) -> Filled:
        found = fill(form, each)
        return found._replace(matter=found.matter.replace(b"SQ", b"QS"))

    monkeypatch.setattr(AgainForm, "fill", wrong)
    _, entry = hit(1)
    both([running(number) for number in range(1, 6)], entry)
