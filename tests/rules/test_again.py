"""A matter decided again: one case for each thing that a list can do to it."""

import dataclasses
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from schemas.lean import NO_DATA, KnownEntry, Matter
from streams.rules.matter import superseded_by
from streams.rules.transitions import Moved, suspend, withdraw
from tests.rules.given import TODAY, entry, event, real_catalogue, standing
from tests.rules.matters import again, alive, changed, decided, only, reviewed, states, verdicts

ONE = timedelta(days=1)
LATER = TODAY + 7 * ONE
BID = event(attributes={"tender_kind": "procurement"})
PERMIT = event("credit.approval.applied", "market", "bx-sj-001")
BAN = entry("procurement-serious")
COURT = entry("court-defaulter")
RED = entry("city-red")


def blocked() -> Matter:
    matter = decided(BID, [BAN])
    assert (only(matter).effect, verdicts(matter)) == ("block", ["deny"])
    return matter


def held() -> Matter:
    matter = decided(BID, [COURT])
    assert (only(matter).effect, verdicts(matter)) == ("refer", ["hold"])
    return matter


def rewarded() -> Matter:
    matter = decided(PERMIT, [RED])
    assert {a.state for a in matter.actions} == {"in_force"}
    assert verdicts(matter) == ["pass"]
    return matter


def removed(known: KnownEntry, reason: str, on: date = TODAY) -> KnownEntry:
    return changed(known, removed_on=on, removal_reason=reason)


def test_where_nothing_changed_nothing_is_written() -> None:
    for matter, entries in ((blocked(), [BAN]), (held(), [COURT]), (rewarded(), [RED])):
        result = again(matter, *entries)

        assert not result.changed
        assert (result.moves, result.issued, result.decisions) == ((), (), ())
        assert result.matter == matter


@pytest.mark.parametrize("reason", ["repaired", "early", "corrected", "expired", "annulled"])
def test_a_removed_entry_takes_its_actions_along_and_says_why(reason: str) -> None:
    result = again(blocked(), removed(BAN, reason))

    (move,) = result.moves
    assert (move.action.state, move.action.reason, move.change) == (
        "withdrawn",
        reason,
        "withdrawn",
    )
    (decision,) = result.decisions
    assert (decision.event.sequence, decision.event.verdict) == (1, "pass")
    assert reason in {r.code for r in decision.reasons}
    assert [(e.entry_id, e.revision) for e in decision.entries] == [("entry-1", 2)]
    assert [(a.state, a.effect) for a in decision.actions] == [("withdrawn", "block")]
    assert only(result.matter).state == "withdrawn"


def test_a_removal_counts_from_its_day_on() -> None:
    leaving = removed(BAN, "repaired", on=TODAY + ONE)
    matter = again(blocked(), leaving).matter  # the newer revision alone is told

    assert only(matter).state == "in_force"
    assert only(again(matter, leaving, day=TODAY + ONE, cause="time").matter).state == "withdrawn"


def test_an_annulled_entry_is_void_before_its_day() -> None:
    result = again(blocked(), removed(BAN, "annulled", on=TODAY + 9 * ONE))

    assert only(result.matter).reason == "annulled"


@pytest.mark.parametrize(("day", "state"), [(TODAY + 8 * ONE, "in_force"), (LATER + 2 * ONE, None)])
def test_an_entry_that_runs_out_withdraws_on_that_day_and_not_before(
    day: date, state: str | None
) -> None:
    ban = entry("procurement-serious", until=LATER + 2 * ONE)
    result = again(decided(BID, [ban]), ban, day=day, cause="time")

    action = only(result.matter)
    assert action.state == (state or "withdrawn")
    assert state or action.reason == "expired"


def test_the_measures_own_term_runs_out_though_the_entry_goes_on() -> None:
    ban = entry("procurement-serious", since=TODAY - 1000 * ONE)  # 政府采购法 art. 77: three years
    matter = decided(BID, [ban])
    last = only(matter).until
    assert last is not None

    assert not again(matter, ban, day=last - ONE, cause="time").moves
    assert only(again(matter, ban, day=last, cause="time").matter).reason == "expired"


def test_a_suspended_entry_suspends_and_its_return_resumes() -> None:
    paused = changed(COURT, suspended=True)
    away = again(held(), paused)
    back = again(away.matter, changed(paused, suspended=False))

    assert [m.change for m in away.moves] == ["suspended"]
    assert (only(away.matter).state, only(away.matter).resumes_to) == (
        "suspended",
        "awaiting_review",
    )
    assert only(away.matter).reason == "entry-suspended"
    assert verdicts(away.matter) == ["pass"]  # what is suspended holds nobody
    assert [m.change for m in back.moves] == ["resumed"]
    assert (only(back.matter).state, only(back.matter).reason) == (
        "awaiting_review",
        "entry-resumed",
    )
    assert verdicts(back.matter) == ["hold"]


def test_a_suspended_block_comes_back_as_the_block_that_it_was() -> None:
    paused = changed(BAN, suspended=True)
    away = again(blocked(), paused).matter
    back = again(away, changed(paused, suspended=False)).matter

    assert verdicts(away) == ["pass"]
    assert (only(back).effect, only(back).state, verdicts(back)) == ("block", "in_force", ["deny"])


def test_an_action_that_comes_back_gives_its_officer_the_whole_time_again() -> None:
    paused = changed(COURT, suspended=True)
    matter = again(held(), paused).matter
    late = TODAY + 30 * ONE
    back = again(matter, changed(paused, suspended=False), day=late, cause="time")

    due = only(back.matter).review_due_on
    assert only(back.matter).state == "awaiting_review"
    assert due == real_catalogue().calendar.add_working_days(late, 3).day


@pytest.mark.parametrize("mask", ["market-serious", "city-focus", "abnormal-operation"])
def test_a_serious_or_focus_entry_suspends_rewards_until_it_goes(mask: str) -> None:
    masking = entry(mask, "mask", since=LATER)
    before = again(rewarded(), RED, masking)
    masked = again(rewarded(), RED, masking, day=LATER, cause="time")
    back = again(masked.matter, RED, removed(masking, "early", on=LATER), day=LATER)

    assert not before.moves
    rewards = [a for a in masked.matter.actions if a.polarity == "reward"]
    assert {(a.state, a.reason) for a in rewards} == {("suspended", "reward-masked")}
    assert "mask" in {e.entry_id for e in masked.decisions[0].entries}
    rewards = [a for a in back.matter.actions if a.polarity == "reward"]
    assert {(a.state, a.reason) for a in rewards} == {("in_force", "mask-gone")}


def test_a_ban_leaves_rewards_that_were_given_alone() -> None:
    result = again(rewarded(), RED, entry("licence-bar", "bar", facts_code="licence-78"))

    rewards = [a for a in result.matter.actions if a.polarity == "reward"]
    assert {a.state for a in rewards} == {"in_force"}


def test_a_suspended_red_entry_behind_a_mask_waits_for_both() -> None:
    mask = entry("city-focus", "mask")
    paused = changed(RED, suspended=True)
    both = again(rewarded(), paused, mask).matter
    one = again(both, changed(paused, suspended=False), mask).matter
    none = again(one, changed(paused, suspended=False), removed(mask, "early")).matter

    assert {a.state for a in both.actions if a.polarity == "reward"} == {"suspended"}
    assert {a.state for a in one.actions if a.polarity == "reward"} == {"suspended"}
    assert {a.state for a in none.actions if a.polarity == "reward"} == {"in_force"}


def test_an_amended_term_moves_the_end_of_the_action_and_its_notice() -> None:
    end = TODAY + 100 * ONE
    result = again(blocked(), changed(BAN, effective_until=end))

    (move,) = result.moves
    before = only(blocked())
    assert (move.change, move.action.revision, move.action.until) == ("amended", 1, end)
    assert move.action.entry.revision == 2
    assert move.action.notice.term != before.notice.term
    assert str((end - ONE).day) in move.action.notice.term
    assert verdicts(result.matter) == ["deny"]


def test_amended_facts_renew_the_notice() -> None:
    result = again(blocked(), changed(BAN, facts="更正后的事实"))

    assert "更正后的事实" in only(result.matter).notice.facts


@pytest.mark.parametrize(
    "fields",
    [{"scope": ["bx-zj-001"]}, {"effective_from": LATER}],
    ids=["other items", "begins later"],
)
def test_an_amendment_that_no_longer_reaches_the_matter_withdraws_as_corrected(
    fields: dict[str, object],
) -> None:
    result = again(blocked(), changed(BAN, **fields))

    assert (only(result.matter).state, only(result.matter).reason) == ("withdrawn", "corrected")
    assert verdicts(result.matter) == ["pass"]


def test_amended_facts_that_the_measure_does_not_cover_withdraw_as_corrected() -> None:
    barred = entry("licence-bar", facts_code="licence-79", scope=["bx-sj-001"])
    matter = decided(PERMIT, [barred])
    assert alive(matter)

    result = again(matter, changed(barred, facts_code="other"))

    assert {a.reason for a in result.matter.actions if "barred" in a.measure.id} == {"corrected"}


@pytest.mark.parametrize("since", [date(2026, 1, 1), TODAY, LATER], ids=["late", "same day", "new"])
def test_a_new_entry_refers_and_never_blocks_after_the_fact(since: date) -> None:
    matter = decided(BID)
    result = again(matter, entry("procurement-serious", since=since), day=LATER)

    (action,) = result.issued
    assert (action.effect, action.proposed_effect, action.state) == (
        "refer",
        "block",
        "awaiting_review",
    )
    assert verdicts(result.matter) == ["hold"]
    code = "began-after-event" if since == LATER else "changed-after-decision"
    assert action.reason == code
    assert code in {r.code for r in result.decisions[0].reasons}
    assert result.issued == result.matter.actions


def test_an_entry_begins_on_its_day_without_a_message() -> None:
    coming = entry("court-defaulter", since=LATER)
    matter = decided(BID, [coming])

    assert not again(matter, coming, day=LATER - ONE, cause="time").changed
    result = again(matter, coming, day=LATER, cause="time")
    assert [a.effect for a in result.issued] == ["refer"]
    assert verdicts(result.matter) == ["hold"]


def test_a_block_in_force_stays_a_block_when_its_list_turns_stale() -> None:
    result = again(blocked(), BAN, standing=standing(stale=["procurement-serious"]))

    assert not result.changed


def test_a_required_list_that_is_published_at_last_releases_the_matter() -> None:
    unknown = standing(missing=["court-defaulter"])
    matter = decided(BID, standing=unknown)
    assert verdicts(matter) == ["hold"]

    assert not again(matter, standing=unknown).changed
    result = again(matter)

    assert verdicts(result.matter) == ["pass"]
    assert [d.reasons for d in result.decisions] == [()]


@pytest.mark.parametrize("ending", ["dismiss", "overturn"])
def test_what_a_human_ended_does_not_come_back(ending: str) -> None:
    matter = reviewed(held(), ending).matter
    ended = only(matter)

    for known in (COURT, changed(COURT, facts="新的事实"), changed(COURT, suspended=True)):
        result = again(matter, known, day=LATER)
        assert not result.issued
        assert result.matter.actions == (ended,)


def test_what_was_withdrawn_does_not_come_back() -> None:
    gone = changed(COURT, scope=["bx-zj-001"])
    matter = again(held(), gone).matter
    result = again(matter, changed(gone, scope=None))

    assert not result.issued
    assert only(result.matter).reason == "corrected"


def test_a_reward_that_was_withheld_is_given_when_what_withheld_it_goes() -> None:
    mask = entry("city-focus", "mask")
    matter = decided(PERMIT, [RED, mask])
    assert not [a for a in matter.actions if a.polarity == "reward"]

    result = again(matter, RED, removed(mask, "early"))

    assert {(a.polarity, a.state) for a in result.issued} == {("reward", "in_force")}


def test_a_new_listing_out_of_scope_is_told_once() -> None:
    elsewhere = entry("court-defaulter", scope=["bx-zj-001"])
    first = again(decided(BID), elsewhere)
    second = again(first.matter, elsewhere)

    assert [r.code for r in first.decisions[0].reasons] == ["out-of-scope"]
    assert (first.decisions[0].event.sequence, verdicts(first.matter)) == (1, ["pass"])
    assert not second.changed


# Past and closed matters


def closed_by(matter: Matter, type_: str, entries: list[KnownEntry]) -> Matter:
    """Close *matter* by the event *type_*, as the trigger does: earlier actions are superseded."""
    happened = event(type_, event_id="event-2", on=TODAY, attributes={"tender_kind": "procurement"})
    family, stage = type_.split(".")[1:]
    rules = real_catalogue()
    gone = {
        a.action_id: withdraw(a, "superseded")
        for a in superseded_by(matter.actions, rules.stages, rules.stages[family, stage])
    }
    actions = tuple(
        step.action if isinstance(step := gone.get(a.action_id), Moved) else a
        for a in matter.actions
    )
    events = tuple(replace(e, data=NO_DATA) for e in matter.events)
    return decided(happened, entries, before=Matter(events, actions, matter.closed_on))


def test_a_closed_matter_gets_nothing_new() -> None:
    matter = closed_by(decided(BID), "credit.bidding.closed", [])

    assert not again(matter, BAN, COURT, day=LATER).changed


def test_a_matter_without_an_end_is_open_for_as_long_as_its_family_says() -> None:
    end = TODAY + 365 * ONE
    late = entry("court-defaulter", since=end - ONE)

    assert again(decided(BID), late, day=end - ONE).issued
    assert not again(decided(BID), late, day=end).changed


def test_an_annulled_entry_names_past_actions_for_remedy_once() -> None:
    matter = closed_by(blocked(), "credit.bidding.closed", [BAN])
    assert states(matter)["procurement-serious", "entry-1", "p07-procurement-banned"] == "withdrawn"
    void = removed(BAN, "annulled")

    first = again(matter, void)
    second = again(first.matter, void, day=LATER, cause="time")

    assert [a.reason for a in first.remedies] == ["superseded"]
    assert first.changed
    assert (second.remedies, second.changed) == ((), False)


def test_a_live_action_of_an_annulled_entry_is_withdrawn_and_needs_no_remedy() -> None:
    void = removed(BAN, "annulled")
    result = again(blocked(), void)

    assert not result.remedies
    assert not again(result.matter, void, day=LATER + 400 * ONE, cause="time").remedies


def test_a_live_action_of_a_closed_matter_goes_with_its_entry_and_is_remedied() -> None:
    fraud = entry("subsidy-fraud")
    paid = event("credit.subsidy.disbursed", "finance", "bx-cz-002")
    matter = decided(paid, [fraud])
    assert [(a.effect, a.state) for a in alive(matter)] == [("clawback", "awaiting_review")]
    assert matter.closed_on == TODAY

    repaired = again(matter, removed(fraud, "repaired"), day=LATER)
    void = again(matter, removed(fraud, "annulled"), day=LATER)

    assert not alive(repaired.matter)
    assert not repaired.remedies
    assert not alive(void.matter)
    assert len(void.remedies) == 1


def test_a_late_message_of_an_earlier_stage_keeps_what_it_brought_and_gets_nothing_new() -> None:
    later = event("credit.bidding.evaluated", event_id="event-2", attributes=BID.data.attributes)
    matter = decided(BID, [COURT], before=decided(later, [COURT]))
    new = entry("market-serious", "entry-2")

    result = again(matter, removed(COURT, "repaired"), new)

    assert len(result.moves) == 2
    assert {a.event.id for a in result.issued} == {"event-2"}
    assert {(d.event.id, d.event.verdict) for d in result.decisions} == {
        ("event-1", "pass"),
        ("event-2", "hold"),
    }


def test_an_event_that_a_later_stage_replaced_is_not_decided_again() -> None:
    later = event("credit.bidding.evaluated", event_id="event-2", attributes=BID.data.attributes)
    first = decided(BID)
    events = tuple(replace(e, data=NO_DATA) for e in first.events)
    matter = decided(later, before=replace(first, events=events))

    result = again(matter, COURT)

    assert [d.event.id for d in result.decisions] == ["event-2"]
    assert [e.sequence for e in result.matter.events] == [0, 1]


def test_a_department_that_the_catalogue_lost_keeps_its_actions_and_gets_none() -> None:
    rules = real_catalogue()
    lost = {k: v for k, v in rules.departments.items() if k != BID.data.department}
    other = dataclasses.replace(rules, departments=lost, _at={}, _required={})

    assert not again(held(), COURT, BAN, catalogue=other).changed
    result = again(held(), removed(COURT, "repaired"), catalogue=other)
    assert (only(result.matter).state, verdicts(result.matter)) == ("withdrawn", ["pass"])
    over = again(held(), changed(COURT, effective_until=TODAY), catalogue=other)
    assert only(over.matter).reason == "expired"


def test_a_measure_that_is_repealed_lifts_its_actions() -> None:
    rules = real_catalogue()
    repealed = tuple(
        m.model_copy(update={"valid_until": LATER}) if m.id == "p07-procurement-banned" else m
        for m in rules.measures
    )
    other = dataclasses.replace(rules, measures=repealed, _at={}, _required={})

    assert not again(blocked(), BAN, day=LATER - ONE, catalogue=other).changed
    result = again(blocked(), BAN, day=LATER, catalogue=other)
    assert only(result.matter).reason == "expired"


def test_a_masked_reward_that_waits_for_review_is_suspended_too() -> None:
    matter = rewarded()
    waiting = replace(matter.actions[0], state="awaiting_review")
    step = suspend(waiting, "reward-masked")
    assert isinstance(step, Moved)

    result = again(replace(matter, actions=(waiting,)), RED, entry("city-focus", "mask"))

    assert result.matter.actions[0].resumes_to == step.action.resumes_to == "awaiting_review"
