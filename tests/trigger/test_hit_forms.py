"""What is filled into the form of a hit is, byte for byte, what would have been written without."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.ids import decision_id
from schemas.lean import Envelope, EventData, KnownEntry, ListChangeData, SubjectEntries
from schemas.times import read_instant
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.decide import decide
from streams.rules.outcome import AsOf, Outcome
from streams.rules.standing import Standing
from streams.trigger import fold_events
from streams.trigger.hit_form import Hit, HitForm
from streams.trigger.hit_forms import HitForms
from streams.trigger.items import EventIn
from streams.trigger.keys import matter_id
from streams.trigger.letters import Filled
from tests.rules.given import catalogue_files
from tests.trigger.arriving import (
    CATALOGUE,
    MARKS,
    STANDINGS,
    arrivals,
    arrived,
    listings,
    moments,
    noted,
)
from tests.trigger.folding import folding
from tests.trigger.messages import EMERGENCY, PARTITIONS, TODAY, firm

Hits = list[tuple[EventIn, KnownEntry]]


def folded(
    hits: Hits, standing: Standing, forms: HitForms | None, catalogue: Catalogue = CATALOGUE
) -> tuple[Any, ...]:
    """Return all that is written and counted about *hits*, each of an organisation of its own."""
    fold, outbox, changes, working = folding(hits=forms, catalogue=catalogue)
    here = moments(standing)
    for item, entry in hits:
        fold.event(item, here[item.partition], SubjectEntries((entry,)), None, None)
    outbox.tallies()
    counts = outbox.verdicts, outbox.actions, outbox.alerts, outbox.shadows, fold.duplicates
    return outbox.records, counts, changes, working.learnt


_OF_ENTRY = (
    *("revision", "recognised_by", "effective_from", "effective_until", "facts_code", "severity"),
    *("scope", "removed_on", "removal_reason"),
)
_OF_LISTING = "suspended", "provider", "jurisdiction"
_OF_DATA = "item_name", "amount_fen", "region", "attributes"


@st.composite
def alike(draw: st.DrawFn) -> Hits:
    """Return hits of one kind, so that most were met before; some differ from it in one thing."""
    item, entry = draw(arrivals()), draw(listings())
    hits: Hits = []
    for _ in range(draw(st.integers(4, 8))):
        other, elsewhere = draw(arrivals()), draw(listings())
        odd = draw(st.none() | st.sampled_from([*_OF_ENTRY, *_OF_LISTING, *_OF_DATA, "source"]))
        event, data, change = other.event, other.event.data, elsewhere.change
        own = replace(
            item.event.data,
            application_no=data.application_no,
            subject_name=data.subject_name,
            **({odd: getattr(data, odd)} if odd in _OF_DATA else {}),
        )
        told = replace(
            item.event,
            id=event.id,
            subject=event.subject,
            time=other.time.text,
            data=own,
            traceparent=item.event.traceparent and event.traceparent,
            **({"source": event.source} if odd == "source" else {}),
        )
        listed = replace(
            entry.change,
            entry_id=change.entry_id,
            subject_name=change.subject_name,
            doc_no=change.doc_no,
            facts=change.facts,
            **({odd: getattr(change, odd)} if odd in _OF_ENTRY else {}),
        )
        known = replace(
            entry,
            change=listed,
            appended_at=elsewhere.appended_at,
            **({odd: getattr(elsewhere, odd)} if odd in _OF_LISTING else {}),
        )
        at = {"partition": other.partition, "offset": other.offset, "time": other.time}
        made = decision_id(told.source, told.id), matter_id(own.department, own.application_no)
        hits.append((replace(item, event=told, decision_id=made[0], matter=made[1], **at), known))
    return hits


def first_of_matters(hits: Hits) -> Hits:
    """Leave out what is no first event of its matter, or was told before."""
    seen: set[tuple[str, str]] = set()
    kept: Hits = []
    for item, entry in hits:
        names = {(item.event.subject, item.matter), (item.event.subject, item.decision_id)}
        if not names & seen:
            kept.append((item, entry))
        seen |= names
    return kept


@pytest.mark.parametrize("standing", STANDINGS, ids=["fresh", "stale", "missing"])
@settings(max_examples=250, deadline=None)
@given(hits=alike().map(first_of_matters))
def test_a_filled_form_is_what_the_exact_way_writes(standing: Standing, hits: Hits) -> None:
    forms = HitForms(CATALOGUE)
    for _ in range(2):  # a form outlives its batch
        assert folded(hits, standing, forms) == folded(hits, standing, None)


def hit(number: int, *, listed: Any = None, **data: Any) -> tuple[EventIn, KnownEntry]:
    """Return one of many applications of organisations with a licence bar.

    *listed* and *data* override what the entry and the event tell.
    """
    change = ListChangeData(
        entry_id=f"BAR-{number}",
        revision=1,
        list_code="licence-bar",
        subject_name=f"合成测试单位{number}",
        doc_no=f"合成〔2026〕{number}号",
        recognised_by="合成认定机关",
        effective_from=date(2026, 1, 1),
        facts=f"合成测试数据{number}",
        facts_code="licence-79",
        severity="serious",
        scope=["bx-yj-001"],
    )
    change = replace(change, **(listed or {}))
    told = EventData(
        **{
            "department": EMERGENCY,
            "item_code": "bx-yj-001",
            "item_name": "合成事项",
            "application_no": f"SQ{number}",
            "subject_name": f"合成测试单位{number}",
            **data,
        }
    )
    time = read_instant("2026-06-10T09:30:00+08:00")
    kind = "credit.approval.applied"
    event = Envelope("1.0", f"event-{number}", "/business/benxi", kind, firm(), time.text, told)
    item = arrived(event, time, number % PARTITIONS, number)
    known = KnownEntry(change, False, "/licensing/benxi", f"2026-01-{number:02}T00:00:00.000+08:00")
    return item, known


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the offsets of the hits that were filled into a form, as it goes."""
    return noted(monkeypatch, HitForm, lambda hit: hit.item.offset)


def test_the_second_of_a_kind_is_filled_in_and_so_are_all_that_follow(filled: list[int]) -> None:
    hits = [hit(number) for number in range(1, 6)]
    records, *_ = folded(hits, Standing(), HitForms(CATALOGUE))
    assert set(filled) == {2, 3, 4, 5}
    verdicts = [value for topic, _, _, value, _ in records if topic == "credit.decisions"]
    assert len(verdicts) == 5
    assert all(b'"verdict":"deny"' in value for value in verdicts)


def test_what_no_rule_reads_makes_no_other_kind(filled: list[int]) -> None:
    hits = [hit(n, amount_fen=n, region=f"{n}", attributes={"x": n}) for n in range(1, 5)]
    folded(hits, Standing(), HitForms(CATALOGUE))
    assert set(filled) == {2, 3, 4}


def with_condition(more: str) -> Catalogue:
    """Return the catalogue whose measure on licence bars asks for *more*."""
    files = catalogue_files()
    ((name, text),) = [(n, t) for n, t in files.items() if "p02-same-licence" in n]
    asks = "when: entry.facts_code == 'licence-79'"
    assert asks in text
    return build_catalogue({**files, name: text.replace(asks, f"{asks} && {more}")})


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ("event.amount_fen < 100", {"amount_fen": 1_000}),
        ("(!event.has_amount || event.amount_fen > 0)", {"amount_fen": None}),
        ("event.region != '210502'", {"region": "210502"}),
        ("entry.severity != 'minor'", {"listed": {"severity": "minor"}}),
        (
            "!(has(event.attributes.channel) && event.attributes.channel == 1)",
            {"attributes": {"channel": True}},
        ),
    ],
)
def test_what_a_condition_reads_makes_another_kind(
    more: str, read: dict[str, Any], filled: list[int]
) -> None:
    catalogue, forms = with_condition(more), HitForms(with_condition(more))
    met = {"amount_fen": 0, "region": "210500", "attributes": {"channel": 1}}
    hits = [hit(n, **(met | read if n % 2 else met)) for n in range(1, 9)]
    found = folded(hits, Standing(), forms, catalogue)
    assert found == folded(hits, Standing(), None, catalogue)
    assert set(filled) == {3, 4, 5, 6, 7, 8}
    verdicts = [v for topic, _, _, v, _ in found[0] if topic == "credit.decisions"]
    assert len({b'"verdict":"deny"' in v for v in verdicts}) == 2  # the condition tells them apart


@pytest.mark.parametrize(
    "more",
    [
        "entry.doc_no != '合成〔2026〕3号'",
        "size(event.attributes) < 2",
        "!('x' in event.attributes)",
    ],
)
def test_a_condition_on_what_is_passed_on_leaves_no_form(more: str, filled: list[int]) -> None:
    catalogue = with_condition(more)
    hits = [hit(n, attributes={"x": n} if n == 4 else {}) for n in range(1, 6)]
    found = folded(hits, Standing(), HitForms(catalogue), catalogue)
    assert found == folded(hits, Standing(), None, catalogue)
    assert not filled


def test_the_day_before_the_listing_is_another_kind(filled: list[int]) -> None:
    hits = []
    for number in range(1, 7):
        item, entry = hit(number, listed={"effective_from": TODAY})
        if number % 2:
            before = read_instant("2026-06-09T23:59:59+08:00")
            item = replace(item, time=before, event=replace(item.event, time=before.text))
        hits.append((item, entry))
    found = folded(hits, Standing(), HitForms(CATALOGUE))
    assert found == folded(hits, Standing(), None)
    assert set(filled) == {3, 4, 5, 6}
    verdicts = [v for topic, _, _, v, _ in found[0] if topic == "credit.decisions"]
    assert [b'"verdict":"deny"' in v for v in verdicts] == [False, True] * 3


@pytest.mark.parametrize(
    "listed",
    [
        {"revision": 2},
        {"recognised_by": "另一合成机关"},
        {"effective_from": date(2025, 1, 1)},
        {"effective_until": date(2026, 12, 31)},
        {"facts_code": None},
        {"facts_code": "licence-78"},
        {"scope": None},
        {"scope": ["bx-yj-001", "bx-yj-002"]},
        {"removed_on": TODAY, "removal_reason": "repaired"},
        {"removed_on": date(2026, 7, 1), "removal_reason": "early"},
        {"removal_reason": "annulled"},
        {"list_code": "city-focus"},
    ],
    ids=str,
)
def test_an_entry_that_differs_in_what_counts_is_another_kind(
    listed: dict[str, Any], filled: list[int]
) -> None:
    hits = [hit(n, listed=listed if n % 2 else None) for n in range(1, 9)]
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
    assert {4, 6, 8} <= set(filled)


def test_a_suspended_one_and_one_of_elsewhere_are_other_kinds() -> None:
    hits = []
    for number in range(1, 13):
        item, entry = hit(number)
        if number % 3 == 1:
            entry = replace(entry, suspended=True)
        if number % 3 == 2:
            entry = replace(entry, jurisdiction="210100")
        hits.append((item, entry))
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)


@pytest.mark.parametrize(
    "told",
    [{"source": "/other/benxi"}, {"traceparent": "00-1-2-01"}, {"item_name": "别的事项"}],
    ids=str,
)
def test_an_event_that_differs_in_what_is_told_is_another_kind(told: dict[str, str]) -> None:
    hits = []
    for number in range(1, 9):
        item, entry = hit(number, **(told if "item_name" in told and number % 2 else {}))
        if "item_name" not in told and number % 2:
            event = replace(item.event, **told)
            item = replace(item, event=event, decision_id=decision_id(event.source, event.id))
        hits.append((item, entry))
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)


def test_a_day_of_removal_makes_another_kind() -> None:
    over, later = (
        {"removed_on": day, "removal_reason": "early"} for day in (TODAY, date(2026, 7, 1))
    )
    hits = [hit(n, listed=over if n % 2 else later) for n in range(1, 9)]
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)


def test_a_source_that_looks_like_the_time_is_not_taken_for_it(filled: list[int]) -> None:
    hits = []
    for number in range(1, 6):
        item, entry = hit(number)
        time = read_instant(f"2026-06-10T09:3{0 if number < 3 else number}:00.000+08:00")
        event = replace(item.event, source="2026-06-10T09:30:00.000+08:00", time=time.text)
        made = decision_id(event.source, event.id)
        hits.append((replace(item, event=event, time=time, decision_id=made), entry))
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
    assert not filled


@pytest.mark.parametrize("odd", ["individual", "long"])
def test_what_a_notice_masks_or_shortens_is_decided_for_itself(odd: str, filled: list[int]) -> None:
    hits = [hit(number) for number in range(1, 6)]
    if odd == "individual":
        item, entry = hits[2]
        hits[2] = replace(item, event=replace(item.event, subject=firm("92210502"))), entry
    else:
        hits[2] = hit(3, listed={"facts": "合" * 13_000})
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
    assert set(filled) == {2, 4, 5}


@pytest.mark.parametrize(
    "looks", [lambda d: d.attributes.get("x"), lambda d: (d.amount_fen or 0) > 1]
)
def test_a_rule_that_looks_at_what_no_condition_names_leaves_no_form(
    looks: Callable[[EventData], object], filled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def curious(event: Envelope[EventData], *known: Any, as_of: AsOf) -> Outcome:
        looks(event.data)
        return decide(event, *known, as_of=as_of)

    monkeypatch.setattr(fold_events, "decide", curious)
    folded([hit(number) for number in range(1, 6)], Standing(), HitForms(CATALOGUE))
    assert not filled


def test_a_per_cent_in_what_all_share_stays_as_it_is(filled: list[int]) -> None:
    hits = [hit(number, item_name="满100%b%%") for number in range(1, 5)]
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
    assert set(filled) == {2, 3, 4}


def test_facts_that_end_a_sentence_themselves_are_another_kind(filled: list[int]) -> None:
    ends = ["", "。", "；", "！", "."] * 3
    hits = [hit(n, listed={"facts": f"合成{n}{end}"}) for n, end in enumerate(ends, start=1)]
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
    assert set(filled) == {5, *range(6, 16)}


def test_no_form_is_cut_from_an_event_that_holds_a_mark_itself(filled: list[int]) -> None:
    # The term is over: the record holds a hash of the reason, and so of the entry's id.
    over = {"effective_from": date(2015, 1, 1), "entry_id": MARKS[6]}
    hits = [hit(n, listed=over if n == 2 else over | {"entry_id": f"E{n}"}) for n in range(1, 6)]
    found = folded(hits, Standing(), HitForms(CATALOGUE))
    assert found == folded(hits, Standing(), None)
    assert 2 not in filled


def test_another_day_or_standing_has_forms_of_its_own(filled: list[int]) -> None:
    forms = HitForms(CATALOGUE)
    for number, standing in enumerate([*STANDINGS[:2]] * 3, start=1):
        one = [hit(number)]
        assert folded(one, standing, forms) == folded(one, standing, None)
    assert set(filled) == {2, 3, 4, 5, 6}


def test_a_form_that_does_not_give_what_was_written_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill = HitForm.fill

    def wrong(form: HitForm, each: Hit) -> Filled:
        found = fill(form, each)
        return found._replace(matter=found.matter.replace(b"SQ", b"QS"))

    monkeypatch.setattr(HitForm, "fill", wrong)
    hits = [hit(number) for number in range(1, 5)]
    assert folded(hits, Standing(), HitForms(CATALOGUE)) == folded(hits, Standing(), None)
