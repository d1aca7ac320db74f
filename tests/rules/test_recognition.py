"""An entry of another city counts under an agreement, while it holds, and not otherwise."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.lean import KnownEntry
from schemas.registry import Recognition
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.decide import decide
from streams.rules.faults import CatalogueFaults
from streams.rules.outcome import Outcome
from tests.rules.given import TODAY, as_of, catalogue_files, entry, event, real_catalogue

SHENYANG, CODE = "/ccgp/shenyang", "procurement-serious"
ONE = timedelta(days=1)
EVENT = event(attributes={"tender_kind": "procurement"})
BASIS = {"act": "示例互认办法", "article": "3", "level": "normative_document"}
Agreement = Mapping[str, object]


def agreement(
    begins: date = date(2026, 1, 1), until: date | None = None, effect: str = "effective"
) -> dict[str, object]:
    return {
        "provider": SHENYANG,
        "jurisdiction": "210100",
        "from": begins.isoformat(),
        "until": None if until is None else until.isoformat(),
        "effect": effect,
        "basis": BASIS,
    }


def loaded(*agreements: Agreement, code: str = CODE) -> Catalogue:
    """Return the real catalogue with *agreements* in its file."""
    files, begin = dict(catalogue_files()), f"- code: {code}\n"
    assert begin in files["lists.yaml"]
    told = f"{begin}  recognition: {json.dumps(agreements)}\n"
    files["lists.yaml"] = files["lists.yaml"].replace(begin, told)
    return build_catalogue(files)


def catalogue(*agreements: Agreement, code: str = CODE) -> Catalogue:
    """Return the real catalogue with *agreements*, made without reading it again."""
    real = real_catalogue()
    told = tuple(Recognition.model_validate_json(json.dumps(each)) for each in agreements)
    spec = real.lists[code].model_copy(update={"recognition": told})
    return dataclasses.replace(real, lists={**real.lists, code: spec})


def of_shenyang(code: str = CODE, **how: date | None) -> KnownEntry:
    found = entry(code, **how)  # type: ignore[arg-type]
    return replace(found, provider=SHENYANG, jurisdiction="210100")


def decided(known: KnownEntry, rules: Catalogue, day: date = TODAY) -> Outcome:
    happened = replace(EVENT, time=f"{day.isoformat()}T12:00:00.000+08:00")
    return decide(happened, (known,), rules, as_of=as_of(happened, day))


def codes(outcome: Outcome) -> set[str]:
    return {reason.code for reason in outcome.reasons}


def test_under_an_effective_agreement_it_counts_like_ours() -> None:
    ours = decided(entry(CODE), catalogue())
    theirs = decided(of_shenyang(), catalogue(agreement()))
    assert ours.verdict == theirs.verdict == "deny"
    assert [a.effect for a in ours.actions] == [a.effect for a in theirs.actions]
    assert codes(theirs) - codes(ours) == {"recognised-listing"}


@pytest.mark.parametrize(
    "agreements",
    [
        [agreement(effect="display")],
        [agreement(TODAY + ONE)],
        [agreement(until=TODAY)],
        [],
        [agreement(until=TODAY), agreement(TODAY, effect="display")],
    ],
    ids=["display only", "not yet", "over", "taken out of the catalogue", "shown since today"],
)
def test_without_one_it_is_shown_and_nothing_rests_on_it(agreements: list[Agreement]) -> None:
    outcome = decided(of_shenyang(), catalogue(*agreements))
    assert (outcome.verdict, outcome.actions, outcome.entries) == ("pass", (), ())
    assert codes(outcome) == {"shown-listing"}


def test_an_agreement_is_read_from_the_file() -> None:
    (read,) = loaded(agreement(until=TODAY)).lists[CODE].recognition
    assert (read.until, read.effect, read.basis.article) == (TODAY, "effective", "3")


def test_an_action_ends_with_the_agreement() -> None:
    until = TODAY + 30 * ONE
    (action,) = decided(of_shenyang(), catalogue(agreement(until=until))).actions
    assert action.until == until


def test_agreements_that_follow_each_other_are_one_term() -> None:
    middle, end = TODAY + 10 * ONE, TODAY + 50 * ONE
    rules = catalogue(agreement(until=middle), agreement(middle, end))
    (action,) = decided(of_shenyang(), rules).actions
    assert action.until == end


_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(
    begins=_DAYS,
    length=st.integers(1, 200),
    since=_DAYS,
    day=_DAYS,
    code=st.sampled_from((CODE, "city-red")),
)
def test_no_entry_of_elsewhere_acts_outside_an_agreement(
    begins: date, length: int, since: date, day: date, code: str
) -> None:
    until = begins + length * ONE
    known = of_shenyang(code, since=since)
    outcome = decided(known, catalogue(agreement(begins, until), code=code), day)
    inside = begins <= day < until and since <= day
    if not inside:
        assert outcome.actions == ()
        assert outcome.verdict == "pass"
    elif code == CODE:
        assert outcome.verdict == "deny"
    for action in outcome.actions:
        assert action.until is not None
        assert action.until <= until


BROKEN: dict[str, tuple[list[Agreement], str]] = {
    "overlap": ([agreement(), agreement(TODAY)], "overlap"),
    "backwards": ([agreement(TODAY, TODAY)], "ends before it begins"),
    "our own": ([{**agreement(), "provider": "/ccgp"}], "stands in providers"),
    "here": ([{**agreement(), "jurisdiction": "210500"}], "no other place"),
    "two places": (
        [agreement(until=TODAY), {**agreement(TODAY), "jurisdiction": "210200"}],
        "two places",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_agreement_that_cannot_be_relied_on_does_not_load(case: str) -> None:
    agreements, words = BROKEN[case]
    with pytest.raises(CatalogueFaults) as told:
        loaded(*agreements)
    assert any(words in fault.en for fault in told.value.faults), told.value.faults
