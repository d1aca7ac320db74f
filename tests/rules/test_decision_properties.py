"""What holds of every decision, whatever the event, the entries, the lists and the moment."""

import dataclasses
import random
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.decision import STRICTNESS
from schemas.lean import Envelope, EventData, KnownEntry, encode_sorted
from schemas.times import legal_day, parse_instant
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.decide import decide
from streams.rules.outcome import AsOf, Outcome
from streams.rules.standing import Standing
from tests.budget import examples
from tests.rules.given import (
    FIRM,
    INDIVIDUAL,
    TODAY,
    at_noon,
    catalogue_files,
    entry,
    event,
    real_catalogue,
)

CATALOGUE = real_catalogue()
ITEMS = [*sorted(CATALOGUE.items), "bx-none-999"]
CLASSES = sorted({d.class_ for d in CATALOGUE.departments.values() if d.successor is None})
TYPES = [f"credit.{family}.{stage}" for family, stage in CATALOGUE.stages]
LISTS = sorted(CATALOGUE.lists)
FACTS = ["bidding-53", "bidding-54", "bidding-60", "licence-78", "licence-79", None]
RANK = {verdict: rank for rank, verdict in enumerate(STRICTNESS)}

days = st.sampled_from([TODAY + timedelta(days=n) for n in (-1100, -400, -9, -1, 0, 1, 2, 400)])
attributes = st.fixed_dictionaries(
    {},
    optional={
        "tender_kind": st.sampled_from(["statutory", "procurement", "other", "odd"]),
        "financing_consent": st.booleans(),
        "bond_required": st.booleans(),
        "wage_clean_years": st.integers(0, 4),
        "subject_class": st.just("government"),
        "tender_credit_bonus": st.booleans() | st.just(1),
    },
)
events = st.builds(
    event,
    st.sampled_from(TYPES),
    st.sampled_from(CLASSES),
    st.sampled_from(ITEMS),
    subject=st.sampled_from([FIRM, INDIVIDUAL]),
    on=st.sampled_from([TODAY, TODAY - timedelta(days=9)]),
    attributes=attributes,
)


@st.composite
def list_entries(draw: st.DrawFn) -> KnownEntry:
    since = draw(days)
    removed = draw(st.booleans() | st.just(value=False))
    return entry(
        draw(st.sampled_from(LISTS)),
        f"entry-{draw(st.integers(0, 10_000))}",
        since=since,
        until=draw(st.none() | st.sampled_from([since + timedelta(days=n) for n in (1, 9, 3000)])),
        facts_code=draw(st.sampled_from(FACTS)),
        severity=draw(st.sampled_from([None, "minor", "general", "serious"])),
        scope=draw(st.none() | st.lists(st.sampled_from(ITEMS), max_size=3)),
        removed_on=draw(days) if removed else None,
        removal_reason=draw(st.sampled_from(["repaired", "annulled", "early"]))
        if removed
        else None,
        suspended=draw(st.sampled_from([False, False, True])),
    )


known = st.lists(
    list_entries(), max_size=6, unique_by=lambda e: (e.change.list_code, e.change.entry_id)
).map(tuple)
some_lists = st.frozensets(st.sampled_from(LISTS), max_size=2)
standings = st.builds(Standing, missing=some_lists, stale=some_lists)
Event = Envelope[EventData]


def decided(
    happened: Event,
    entries: tuple[KnownEntry, ...],
    standing: Standing,
    catalogue: Catalogue = CATALOGUE,
    day: date = TODAY,
) -> Outcome:
    moment = AsOf(at_noon(day), day, standing, parse_instant(happened.time))
    return decide(happened, entries, catalogue, as_of=moment)


@settings(max_examples=examples(300))
@given(events, known, standings, st.randoms(use_true_random=False))
def test_the_order_of_entries_never_changes_a_decision(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing, rng: random.Random
) -> None:
    shuffled = list(entries)
    rng.shuffle(shuffled)

    first = decided(happened, entries, standing)
    second = decided(happened, tuple(shuffled), standing)

    assert encode_sorted(first) == encode_sorted(second)


@settings(max_examples=examples(60))
@given(events, known, standings, st.randoms(use_true_random=False))
def test_the_order_of_measures_and_lists_never_changes_a_decision(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing, rng: random.Random
) -> None:
    measures, lists = list(CATALOGUE.measures), list(CATALOGUE.lists.items())
    rng.shuffle(measures)
    rng.shuffle(lists)
    other = dataclasses.replace(
        CATALOGUE, measures=tuple(measures), lists=dict(lists), _at={}, _required={}
    )

    first = decided(happened, entries, standing)
    second = decided(happened, entries, standing, other)

    assert encode_sorted(first) == encode_sorted(second)


@settings(max_examples=examples(500))
@given(events, known, list_entries(), standings)
def test_one_more_entry_never_makes_a_verdict_milder(
    happened: Event, entries: tuple[KnownEntry, ...], another: KnownEntry, standing: Standing
) -> None:
    before = decided(happened, entries, standing)
    after = decided(happened, (*entries, another), standing)

    assert RANK[after.verdict] >= RANK[before.verdict]


@settings(max_examples=examples(500))
@given(events, known, standings, some_lists)
def test_knowing_less_about_the_lists_never_blocks_and_never_rewards(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing, older: frozenset[str]
) -> None:
    before = decided(happened, entries, standing)
    after = decided(happened, entries, Standing(standing.missing, standing.stale | older))

    for polarity, effect in (("punish", "block"), ("reward", None)):
        kept = {a.action_id for a in before.actions if a.polarity == polarity}
        new = {
            a.action_id
            for a in after.actions
            if a.polarity == polarity and (effect is None or a.effect == effect)
        }
        assert new <= kept


def test_a_decision_depends_on_nothing_but_its_arguments() -> None:
    """Warm caches, other decisions in between and a catalogue made anew change no byte."""

    @settings(max_examples=examples(150))
    @given(events, known, standings)
    def holds(happened: Event, entries: tuple[KnownEntry, ...], standing: Standing) -> None:
        fresh = dataclasses.replace(CATALOGUE, _at={}, _required={}, _item_views={})
        assert encode_sorted(decided(happened, entries, standing)) == encode_sorted(
            decided(happened, entries, standing, fresh)
        )

    holds()
    happened = event(attributes={"tender_kind": "procurement"})
    rebuilt = build_catalogue(catalogue_files())
    entries = (entry("procurement-serious"),)
    assert encode_sorted(decided(happened, entries, Standing(), rebuilt)) == encode_sorted(
        decided(happened, entries, Standing())
    )


@settings(max_examples=examples(500))
@given(events, known, standings)
def test_every_block_satisfies_every_condition_of_graduated_automation(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing
) -> None:
    by_id = {(e.change.list_code, e.change.entry_id): e for e in entries}
    for action in decided(happened, entries, standing).actions:
        if action.effect != "block":
            continue
        measure = CATALOGUE.measure(action.measure.id)
        change = by_id[action.entry.list_code, action.entry.entry_id].change
        assert measure is not None
        assert measure.stops_by_itself
        assert action.state == "in_force"
        assert standing.is_fresh(change.list_code)
        assert change.effective_from <= legal_day(parse_instant(happened.time))
        assert change.effective_until is None or change.effective_until > TODAY
        assert change.removed_on is None or change.removed_on > TODAY
        assert change.scope is None or happened.data.item_code in change.scope
        assert happened.data.item_code in CATALOGUE.items
        assert happened.subject == FIRM
        family, stage = happened.type.split(".")[1:]
        assert CATALOGUE.stages[family, stage].before_decision


@settings(max_examples=examples(300))
@given(events, known, standings)
def test_every_action_has_its_article_its_notice_and_exactly_one_clock(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing
) -> None:
    for action in decided(happened, entries, standing).actions:
        measure = CATALOGUE.measure(action.measure.id)
        assert measure is not None
        assert measure.in_force(TODAY)
        assert not measure.shadow
        assert action.legal_basis
        assert all(f"《{b.act.split('(')[0]}》" in action.notice.basis for b in action.legal_basis)
        assert (action.due_on is None) == (action.state == "awaiting_review")
        assert (action.review_due_on is None) == (action.state == "in_force")
        assert action.until is None or action.until > TODAY
        assert action.revision == 0


@settings(max_examples=examples(300))
@given(events, known, standings)
def test_rewards_come_with_a_pass_alone_and_never_beside_a_serious_or_focus_entry(
    happened: Event, entries: tuple[KnownEntry, ...], standing: Standing
) -> None:
    outcome = decided(happened, entries, standing)
    rewards = [a for a in outcome.actions if a.polarity == "reward"]
    if rewards:
        assert outcome.verdict == "pass"
        assert not {CATALOGUE.lists[a.entry.list_code].kind.value for a in outcome.actions} & {
            "serious",
            "focus",
        }
