"""The verdict, from nothing, from the actions as they stand, and for a bid with several members."""

import pytest
from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.place import place_of
from streams.rules.verdict import verdict_of, worst
from tests.rules.given import FRESH, TODAY, as_of, entry, event, standing


def test_equal_quiet_cases_share_one_outcome(catalogue: Catalogue) -> None:
    first, second = event(event_id="event-1"), event(event_id="event-2")

    outcome = decide(first, (), catalogue, as_of=as_of(first))

    assert outcome is decide(second, (), catalogue, as_of=as_of(second))
    assert (outcome.verdict, outcome.actions, outcome.reasons) == ("pass", (), ())


def test_an_unregistered_item_is_decided_and_told(catalogue: Catalogue) -> None:
    happened = event(item="bx-none-999")
    outcome = decide(happened, (), catalogue, as_of=as_of(happened))

    assert outcome.verdict == "pass"
    assert [reason.code for reason in outcome.reasons] == ["unknown-item"]


def test_a_missing_list_that_is_required_holds_and_is_named(catalogue: Catalogue) -> None:
    happened = event()
    moment = as_of(happened, standing=standing(missing=["procurement-serious"]))
    outcome = decide(happened, (), catalogue, as_of=moment)

    assert outcome.verdict == "hold"
    assert [(r.code, r.list_code) for r in outcome.reasons] == [
        ("list-never-published", "procurement-serious")
    ]


def test_at_a_terminal_stage_nothing_is_held(catalogue: Catalogue) -> None:
    happened = event("credit.award.granted", "credit-office", "bx-xy-001")
    moment = as_of(happened, standing=standing(missing=catalogue.lists))

    assert decide(happened, (), catalogue, as_of=moment).verdict == "pass"


def test_a_stale_list_does_not_hold_who_is_not_on_it_but_is_named(catalogue: Catalogue) -> None:
    happened = event()
    moment = as_of(happened, standing=standing(stale=["procurement-serious"]))
    outcome = decide(happened, (), catalogue, as_of=moment)

    assert outcome.verdict == "pass"
    assert [(r.code, r.list_code) for r in outcome.reasons] == [
        ("stale-list", "procurement-serious")
    ]


@pytest.mark.parametrize(
    ("effect", "state", "verdict"),
    [
        ("block", "in_force", "deny"),
        ("block", "suspended", "pass"),
        ("block", "withdrawn", "pass"),
        ("refer", "awaiting_review", "hold"),
        ("refer", "dismissed", "pass"),
        ("refer", "withdrawn", "pass"),
        ("clawback", "awaiting_review", "pass"),
        ("normal_channel", "in_force", "pass"),
        ("inspect_up", "in_force", "pass"),
        ("fee_reduction", "awaiting_review", "pass"),
        ("push_financing", "awaiting_review", "pass"),
        ("priority", "in_force", "pass"),
    ],
)
def test_the_verdict_follows_the_states_of_the_actions(
    catalogue: Catalogue, effect: str, state: str, verdict: str
) -> None:
    happened = event(attributes={"tender_kind": "procurement"})
    entries = (entry("procurement-serious"),)
    action = decide(happened, entries, catalogue, as_of=as_of(happened)).actions[0]
    place = place_of(happened.type, "bx-cz-001", happened.data.department, catalogue)

    changed = replace(action, effect=effect, state=state)

    assert verdict_of((changed,), place, FRESH, day=TODAY) == verdict


@pytest.mark.parametrize(
    ("verdicts", "bid"),
    [
        ([], "pass"),
        (["pass"], "pass"),
        (["pass", "hold"], "hold"),
        (["hold", "deny", "pass"], "deny"),
    ],
)
def test_a_bid_stands_as_its_worst_member(verdicts: list[str], bid: str) -> None:
    assert worst(verdicts) == bid


@pytest.mark.parametrize(
    "type_", ["credit.bidding.done", "credit.nothing.applied", "other.a.b", ""]
)
def test_an_unknown_type_is_refused_by_name(catalogue: Catalogue, type_: str) -> None:
    happened = event(type_)
    with pytest.raises(RejectRecordError) as refused:
        decide(happened, (), catalogue, as_of=as_of(happened))

    assert refused.value.reason is Reason.UNKNOWN_TYPE


def test_an_unknown_department_is_refused_by_name(catalogue: Catalogue) -> None:
    happened = event()
    stranger = replace(happened, data=replace(happened.data, department=happened.subject))
    with pytest.raises(RejectRecordError) as refused:
        decide(stranger, (), catalogue, as_of=as_of(stranger))

    assert refused.value.reason is Reason.UNKNOWN_DEPARTMENT
