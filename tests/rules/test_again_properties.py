"""What holds of every matter that is decided again, whatever its lists did meanwhile."""

import random
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.action import ActionState
from schemas.lean import Envelope, EventData, KnownEntry, Matter, encode_sorted
from schemas.measure import EntryKind
from streams.rules.join import is_active
from streams.rules.open_matter import is_open
from streams.rules.standing import Standing
from tests.budget import examples
from tests.rules.given import TODAY, real_catalogue
from tests.rules.matters import (
    again,
    alive,
    changed,
    decided,
    next_day_of_interest,
    reviewed,
    states,
    verdicts,
)
from tests.rules.test_decision_properties import FACTS, ITEMS, events, known, standings

ONE = timedelta(days=1)
RULES = real_catalogue()
MASKS = {EntryKind.SERIOUS, EntryKind.FOCUS}
HUMAN_ENDS = ("dismiss", "overturn")

Entries = tuple[KnownEntry, ...]
Happened = Envelope[EventData]
later_days = st.sampled_from([TODAY + timedelta(days=n) for n in (0, 1, 2, 5, 9, 40, 400)])


@st.composite
def turns(draw: st.DrawFn, entry: KnownEntry) -> KnownEntry:
    """Return what a list may say of *entry* next; a removal is final."""
    if entry.change.removed_on is not None:
        return entry
    match draw(st.sampled_from(["removed", "suspended", "resumed", "amended", "same"])):
        case "removed":
            reason = draw(st.sampled_from(["repaired", "annulled", "early", "expired"]))
            on = draw(st.sampled_from([TODAY - ONE, TODAY, TODAY + 9 * ONE]))
            return changed(entry, suspended=False, removed_on=on, removal_reason=reason)
        case "suspended":
            return changed(entry, suspended=True)
        case "resumed":
            return changed(entry, suspended=False)
        case "amended":
            length = draw(st.sampled_from([1, 9, 3000]))
            return changed(
                entry,
                effective_until=entry.change.effective_from + timedelta(days=length),
                facts_code=draw(st.sampled_from(FACTS)),
                scope=draw(st.none() | st.lists(st.sampled_from(ITEMS), max_size=2)),
            )
    return entry


@st.composite
def histories(draw: st.DrawFn) -> tuple[Happened, Entries, list[Entries]]:
    """Return an event, what was known then, and what was known at each later look."""
    all_entries = draw(known)
    at_first = tuple(e for e in all_entries if draw(st.booleans()))
    looks, current = [], {e.change.entry_id + e.change.list_code: e for e in at_first}
    for _ in range(draw(st.integers(1, 3))):
        for entry in all_entries:
            key = entry.change.entry_id + entry.change.list_code
            if draw(st.booleans()):
                current[key] = draw(turns(current[key])) if key in current else entry
        looks.append(tuple(current.values()))
    return draw(events), at_first, looks


def lived(happened: Happened, at_first: Entries, looks: list[Entries], day: date) -> Matter:
    return going_on(decided(happened, at_first), happened, looks, day)


def going_on(matter: Matter, happened: Happened, looks: list[Entries], day: date) -> Matter:
    for entries in looks:
        matter = again(matter, *entries, day=day, subject=happened.subject).matter
    return matter


def by_id(entries: Entries) -> dict[tuple[str, str], KnownEntry]:
    return {(e.change.list_code, e.change.entry_id): e for e in entries}


@settings(max_examples=examples(100))
@given(events, known, standings)
def test_deciding_again_at_once_changes_nothing(
    happened: Happened, entries: Entries, standing: Standing
) -> None:
    matter = decided(happened, entries, standing=standing)
    result = again(matter, *entries, standing=standing, subject=happened.subject)

    assert not result.changed or result.remedies
    assert result.matter.events == matter.events
    assert result.matter.actions == matter.actions


@settings(max_examples=examples(100))
@given(histories(), later_days, standings, st.sampled_from(["list", "time"]))
def test_deciding_again_twice_is_deciding_again_once(
    history: tuple[Happened, Entries, list[Entries]], day: date, standing: Standing, cause: str
) -> None:
    happened, _, looks = history
    before = lived(*history, TODAY)
    entries, subject = looks[-1], happened.subject
    once = again(before, *entries, day=day, standing=standing, subject=subject, cause=cause)  # type: ignore[arg-type]  # one of the causes
    twice = again(once.matter, *entries, day=day, standing=standing, subject=subject, cause=cause)  # type: ignore[arg-type]

    assert not twice.changed
    assert twice.matter == once.matter
    assert encode_sorted(once.matter) == encode_sorted(twice.matter)


@settings(max_examples=examples(80))
@given(histories(), later_days, st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(
    history: tuple[Happened, Entries, list[Entries]], day: date, rng: random.Random
) -> None:
    happened, _, looks = history
    matter = lived(*history, TODAY)
    shuffled = list(looks[-1])
    rng.shuffle(shuffled)

    first = again(matter, *looks[-1], day=day, subject=happened.subject)
    second = again(matter, *shuffled, day=day, subject=happened.subject)

    assert encode_sorted(first) == encode_sorted(second)


@settings(max_examples=examples(100))
@given(histories(), later_days)
def test_no_live_action_rests_on_an_entry_that_is_gone(
    history: tuple[Happened, Entries, list[Entries]], day: date
) -> None:
    entries = by_id(history[2][-1])
    for action in alive(lived(*history, day)):
        known_entry = entries[action.entry.list_code, action.entry.entry_id]
        asleep = action.state == ActionState.SUSPENDED
        assert known_entry.suspended <= asleep
        assert known_entry.suspended or is_active(known_entry, day)
        assert action.entry.revision == known_entry.change.revision


@settings(max_examples=examples(100))
@given(histories(), later_days)
def test_no_block_is_in_force_that_was_not_there_at_the_first_decision(
    history: tuple[Happened, Entries, list[Entries]], day: date
) -> None:
    first = {a.action_id for a in decided(*history[:2]).actions if a.effect == "block"}
    after = {a.action_id for a in lived(*history, day).actions if a.effect == "block"}

    assert after == first


@settings(max_examples=examples(100))
@given(histories(), later_days)
def test_the_verdict_is_what_the_actions_say(
    history: tuple[Happened, Entries, list[Entries]], day: date
) -> None:
    matter = lived(*history, day)
    terminal = RULES.stages[tuple(history[0].type.split(".")[1:])].terminal  # type: ignore[index]
    blocks = any(a.effect == "block" and a.state == "in_force" for a in matter.actions)
    waits = any(a.effect == "refer" and a.state == "awaiting_review" for a in matter.actions)

    assert verdicts(matter) == ["deny" if blocks else "hold" if waits and not terminal else "pass"]


@settings(max_examples=examples(100))
@given(histories(), later_days)
def test_no_reward_is_in_force_while_a_serious_or_focus_entry_is(
    history: tuple[Happened, Entries, list[Entries]], day: date
) -> None:
    entries = history[2][-1]
    if not any(
        is_active(e, day) and RULES.lists[e.change.list_code].kind in MASKS for e in entries
    ):
        return
    for action in alive(lived(*history, day)):
        assert action.polarity != "reward" or action.state == "suspended"


@settings(max_examples=examples(100))
@given(events, known, st.data(), later_days)
def test_the_order_of_two_changes_of_different_entries_does_not_matter(
    happened: Happened, entries: Entries, chosen: st.DataObject, day: date
) -> None:
    """Of what is alive at the end, rewards aside: one that was given with a pass stays when a ban
    comes (contracts A, D), and what a first look issues on a new day a second may withdraw."""
    if len(entries) < 2:
        return
    first, second = entries[:2]
    rest = entries[2:]
    new_first, new_second = chosen.draw(turns(first)), chosen.draw(turns(second))
    matter = decided(happened, entries)

    end = (new_first, new_second, *rest)
    one_way = going_on(matter, happened, [(new_first, second, *rest), end], day)
    other_way = going_on(matter, happened, [(first, new_second, *rest), end], day)

    assert burdens(one_way) == burdens(other_way)
    assert verdicts(one_way) == verdicts(other_way)


def burdens(matter: Matter) -> dict[tuple[str, str, str], str]:
    rewards = {
        (a.entry.list_code, a.entry.entry_id, a.measure.id)
        for a in matter.actions
        if a.polarity == "reward"
    }
    return {
        key: state
        for key, state in states(matter).items()
        if key not in rewards and state != "withdrawn"
    }


@settings(max_examples=examples(100))
@given(histories(), st.data(), later_days)
def test_what_a_human_ended_stays_ended(
    history: tuple[Happened, Entries, list[Entries]], chosen: st.DataObject, day: date
) -> None:
    happened, at_first, looks = history
    matter = decided(happened, at_first)
    if not matter.actions:
        return
    action = chosen.draw(st.sampled_from(matter.actions))
    outcome = chosen.draw(st.sampled_from(HUMAN_ENDS))
    result = reviewed(matter, outcome, action_id=action.action_id)
    if result.moved is None:
        return
    matter = going_on(result.matter, happened, looks, day)
    ids = [a.action_id for a in matter.actions]

    assert len(ids) == len(set(ids))
    assert next(a for a in matter.actions if a.action_id == action.action_id) == result.moved.action


@settings(max_examples=examples(100))
@given(events, known)
def test_suspending_and_resuming_everything_gives_the_same_states_back(
    happened: Happened, entries: Entries
) -> None:
    subject = happened.subject
    living = tuple(e for e in entries if not e.suspended and e.change.removed_on is None)
    rest = tuple(e for e in entries if e.suspended or (e.change.removed_on or TODAY + ONE) <= TODAY)
    matter = decided(happened, (*living, *rest))
    paused = tuple(changed(e, suspended=True) for e in living)
    resumed = tuple(changed(e, suspended=False) for e in paused)

    away = again(matter, *paused, *rest, subject=subject).matter
    back = again(away, *resumed, *rest, subject=subject).matter

    assert {a.state for a in away.actions} <= {"suspended"}
    assert states(back) == states(matter)
    assert verdicts(back) == verdicts(matter)


@settings(max_examples=examples(100))
@given(histories(), st.integers(0, 1200), st.sampled_from([TODAY, TODAY + 3 * ONE]))
def test_between_the_days_of_interest_no_day_changes_anything(
    history: tuple[Happened, Entries, list[Entries]], distance: int, day: date
) -> None:
    happened, _, looks = history
    entries, subject = looks[-1], happened.subject
    matter = lived(*history, day)
    matter = again(matter, *entries, day=day, subject=subject, cause="time").matter
    following = next_day_of_interest(matter, entries, RULES, day)
    assert following is None or following > day

    between = day + (1 + distance) * ONE
    if following is not None and between >= following:
        between = following - ONE
    if between == day:
        return
    result = again(matter, *entries, day=between, subject=subject, cause="time")
    assert not result.changed
    assert not result.overdue
    assert is_open(matter, RULES, between) == is_open(matter, RULES, day)
