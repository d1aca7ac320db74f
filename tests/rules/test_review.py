"""Reviews: contracts D by the action's state, four eyes, and the decision made again."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas.lean import Matter
from streams.rules.review import REFUSAL_WORDS, RefusalCode
from tests.rules.given import TODAY, entry, event, real_catalogue, standing
from tests.rules.matters import again, changed, decided, only, reviewed, verdicts

BID = event(attributes={"tender_kind": "procurement"})
COURT = entry("court-defaulter")
BAN = entry("procurement-serious")
FRAUD = entry("subsidy-fraud")


def held() -> Matter:
    return decided(BID, [COURT])


def clawed_back() -> Matter:
    return decided(event("credit.subsidy.disbursed", "finance", "bx-cz-002"), [FRAUD])


def test_a_confirmed_refer_denies_and_its_receipt_falls_due() -> None:
    result = reviewed(held(), "confirm")

    action = only(result.matter)
    assert (action.effect, action.state, action.reason) == ("block", "in_force", "review-confirmed")
    assert action.review_due_on is None
    assert action.due_on == real_catalogue().calendar.add_working_days(TODAY, 5).day
    assert result.decision is not None
    assert (result.decision.event.sequence, result.decision.event.verdict) == (1, "deny")
    assert [r.code for r in result.decision.reasons] == ["review-confirmed"]
    assert verdicts(result.matter) == ["deny"]


def test_a_confirmed_action_tells_the_organisation_of_no_review_any_more() -> None:
    assert "人工复核" in only(held()).notice.measure
    assert "人工复核" not in only(reviewed(held(), "confirm").matter).notice.measure


def test_a_dismissed_refer_releases_the_matter() -> None:
    result = reviewed(held(), "dismiss")

    assert (only(result.matter).state, only(result.matter).reason) == (
        "dismissed",
        "review-dismissed",
    )
    assert verdicts(result.matter) == ["pass"]
    assert result.moved is not None
    assert result.moved.change == "dismissed"


def test_an_automatic_block_can_be_overturned() -> None:
    result = reviewed(decided(BID, [BAN]), "overturn")

    assert (only(result.matter).state, only(result.matter).reason) == ("withdrawn", "overturned")
    assert verdicts(result.matter) == ["pass"]
    assert result.decision is not None
    assert [r.code for r in result.decision.reasons] == ["overturned"]


def test_an_objection_is_marked_at_once_and_changes_nothing_else_until_it_is_answered() -> None:
    marked = reviewed(held(), "object")
    upheld = reviewed(marked.matter, "uphold")

    assert only(marked.matter).objection is not None
    assert (only(marked.matter).state, verdicts(marked.matter)) == ("awaiting_review", ["hold"])
    assert marked.matter.events[0].sequence == 1
    objection = only(upheld.matter).objection
    assert objection is not None
    assert objection.outcome == "upheld"


def test_an_objection_that_is_open_is_not_marked_anew() -> None:
    marked = reviewed(held(), "object").matter
    again_marked = reviewed(marked, "object")

    assert again_marked.refused is not None
    assert again_marked.refused.code == RefusalCode.NOT_NOW
    assert again_marked.matter == marked


@pytest.mark.parametrize("outcome", ["confirm", "dismiss", "object", "uphold", "overturn"])
def test_what_ended_is_answered_with_an_alert_and_not_applied(outcome: str) -> None:
    ended = reviewed(held(), "dismiss").matter
    result = reviewed(ended, outcome)

    assert result.refused is not None
    assert (result.refused.code, result.refused.action) == (RefusalCode.TOO_LATE, only(ended))
    assert (result.matter, result.moved, result.decision) == (ended, None, None)


@pytest.mark.parametrize("outcome", ["confirm", "dismiss"])
def test_what_is_in_force_already_is_neither_confirmed_nor_dismissed(outcome: str) -> None:
    matter = decided(BID, [BAN])
    result = reviewed(matter, outcome)

    assert result.refused is not None
    assert result.refused.code == RefusalCode.NOT_NOW
    assert result.matter == matter


def test_a_review_of_an_unknown_action_is_refused() -> None:
    result = reviewed(held(), "confirm", action_id="nobody-knows")

    assert result.refused is not None
    assert (result.refused.code, result.refused.action) == (RefusalCode.UNKNOWN_ACTION, None)


@pytest.mark.parametrize(
    ("second", "confirmed"),
    [(None, False), ("staff-07", False), (" Staff-07", False), ("staff-08", True)],
)
def test_four_eyes_are_two_people(second: str | None, confirmed: bool) -> None:  # noqa: FBT001
    result = reviewed(clawed_back(), "confirm", second=second)

    if confirmed:
        assert (only(result.matter).state, only(result.matter).effect) == ("in_force", "clawback")
    else:
        assert result.refused is not None
        assert result.refused.code == RefusalCode.FOUR_EYES
        assert only(result.matter).state == "awaiting_review"


def test_one_person_may_refrain_where_two_have_to_confirm() -> None:
    assert only(reviewed(clawed_back(), "dismiss").matter).state == "dismissed"


def test_a_measure_that_the_catalogue_lost_cannot_be_confirmed_but_dismissed() -> None:
    rules = real_catalogue()
    kept = tuple(m for m in rules.measures if m.id != "p10-court-defaulter-restricted")
    other = dataclasses.replace(rules, measures=kept, _at={}, _required={})

    refused = reviewed(held(), "confirm", catalogue=other).refused
    assert refused is not None
    assert refused.code == RefusalCode.UNKNOWN_MEASURE
    assert only(reviewed(held(), "dismiss", catalogue=other).matter).state == "dismissed"
    ended = reviewed(held(), "dismiss").matter
    late = reviewed(ended, "confirm", catalogue=other).refused
    assert late is not None
    assert late.code == RefusalCode.TOO_LATE


def test_a_suspended_action_is_not_confirmed_meanwhile() -> None:
    away = again(held(), changed(COURT, suspended=True)).matter
    refused = reviewed(away, "confirm").refused

    assert refused is not None
    assert refused.code == RefusalCode.NOT_NOW


def test_deciding_again_after_a_review_changes_nothing() -> None:
    other = entry("court-defaulter", "elsewhere", scope=["bx-zj-001"])
    matter = decided(BID, [COURT, other])
    for outcome in ("confirm", "dismiss", "object", "overturn"):
        assert not again(reviewed(matter, outcome).matter, COURT, other).changed


def test_a_confirmed_action_still_goes_with_its_entry() -> None:
    confirmed = reviewed(held(), "confirm").matter
    gone = changed(COURT, removed_on=TODAY, removal_reason="repaired")
    result = again(confirmed, gone)

    assert (only(result.matter).state, verdicts(result.matter)) == ("withdrawn", ["pass"])


def test_the_notice_of_a_confirmed_action_stays_final_when_its_term_is_amended() -> None:
    confirmed = reviewed(held(), "confirm").matter
    result = again(confirmed, changed(COURT, effective_until=TODAY + timedelta(days=90)))

    assert "人工复核" not in only(result.matter).notice.measure


def test_the_other_actions_of_the_decision_still_count() -> None:
    matter = decided(BID, [COURT, BAN])
    refer = next(a for a in matter.actions if a.effect == "refer")
    result = reviewed(matter, "dismiss", action_id=refer.action_id)

    assert verdicts(result.matter) == ["deny"]


def test_a_required_list_that_was_never_published_still_holds_after_a_review() -> None:
    missing = standing(missing=["procurement-serious"])
    matter = decided(BID, [COURT], standing=missing)
    assert verdicts(matter) == ["hold"]
    # The review itself is made with the lists of its own moment, all of them fresh.
    assert verdicts(reviewed(matter, "dismiss").matter) == ["pass"]
    assert verdicts(again(matter, COURT, standing=missing).matter) == ["hold"]


def test_every_refusal_has_its_words_in_both_languages() -> None:
    assert set(REFUSAL_WORDS) == set(RefusalCode)
    assert all(zh and en for zh, en in REFUSAL_WORDS.values())


def test_a_review_after_the_event_was_forgotten_still_ends_the_action() -> None:
    matter = replace(held(), events=())
    result = reviewed(matter, "overturn")

    assert only(result.matter).state == "withdrawn"
    assert result.decision is None
