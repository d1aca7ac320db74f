"""Conditions of an automatic block that no file of the real catalogue can fail: the loader, or
its authors, already see to them; the decision does so again."""

import dataclasses

import pytest
from msgspec.structs import replace

from schemas.measure import Force
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.grading import obstacles
from streams.rules.join import join
from streams.rules.place import Place, place_of
from streams.rules.reasons import ReasonCode
from streams.rules.verdict import verdict_of
from tests.rules.given import FRESH, TODAY, as_of, entry, event

BAN = "p07-procurement-banned"
HAPPENED = event(attributes={"tender_kind": "procurement"})
LISTED = entry("procurement-serious")


def place(catalogue: Catalogue) -> Place:
    data = HAPPENED.data
    return place_of(HAPPENED.type, data.item_code, data.department, catalogue)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("verified", False, "unverified-measure"),
        ("force", Force.DISCRETIONARY, "not-mandatory"),
    ],
)
def test_a_block_that_is_not_verified_or_not_mandatory_only_refers(
    catalogue: Catalogue, field: str, value: object, code: str
) -> None:
    changed = tuple(
        m.model_copy(update={field: value}) if m.id == BAN else m for m in catalogue.measures
    )
    other = dataclasses.replace(catalogue, measures=changed, _at={}, _required={})

    outcome = decide(HAPPENED, (LISTED,), other, as_of=as_of(HAPPENED))

    assert outcome.verdict == "hold"
    assert [(a.effect, a.proposed_effect, a.reason) for a in outcome.actions] == [
        ("refer", "block", code)
    ]


def test_a_block_past_the_gate_only_refers(catalogue: Catalogue) -> None:
    here = place(catalogue)
    past = replace(here, stage=here.stage._replace(before_decision=False))
    found = join([LISTED], catalogue, business_day=TODAY, day=TODAY).entries[0]
    ban = next(c for c in here.candidates["procurement-serious"] if c.measure.id == BAN)

    assert obstacles(ban, found, here, FRESH, individual=False) == ()
    assert obstacles(ban, found, past, FRESH, individual=False) == (ReasonCode.AFTER_GATE,)


def test_a_refer_at_a_terminal_stage_holds_nobody(catalogue: Catalogue) -> None:
    happened = event(attributes={"tender_kind": "other"})
    here = place(catalogue)
    last = replace(here, stage=here.stage._replace(terminal=True))
    refers = decide(happened, (entry("wage-arrears"),), catalogue, as_of=as_of(happened)).actions

    assert verdict_of(refers, here, FRESH, day=TODAY) == "hold"
    assert verdict_of(refers, last, FRESH, day=TODAY) == "pass"


def test_entries_join_in_one_order_however_they_come(catalogue: Catalogue) -> None:
    listed = [entry("tax-serious", "b"), entry("tax-serious", "a"), LISTED]
    found = join(listed, catalogue, business_day=TODAY, day=TODAY).entries

    assert [(e.spec.code, e.known.change.entry_id) for e in found] == [
        ("procurement-serious", "entry-1"),
        ("tax-serious", "a"),
        ("tax-serious", "b"),
    ]
