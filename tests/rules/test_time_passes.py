"""Days that pass by themselves: reviews that lapse or are overdue, and when to look again."""

from datetime import date, timedelta

from msgspec.structs import replace

from schemas.lean import Matter
from streams.rules.open_matter import closes_on, forgotten_on, is_open, newest_events
from streams.rules.time_passes import time_passes
from tests.rules.given import FIRM, TODAY, entry, event, real_catalogue
from tests.rules.matters import (
    NOTHING,
    again,
    changed,
    decided,
    moment,
    next_day_of_interest,
    only,
    verdicts,
)

ONE = timedelta(days=1)
RULES = real_catalogue()
BID = event(attributes={"tender_kind": "procurement"})
COURT = entry("court-defaulter")
UNCLEAR = entry("bidding-ban", facts_code="bidding-53")  # mandatory, unclear whether it fits


def held() -> Matter:
    return decided(BID, [COURT])


def test_discretion_that_nobody_used_lapses_on_the_day_after_the_due_day() -> None:
    due = only(held()).review_due_on
    assert due is not None

    assert not again(held(), COURT, day=due, cause="time").changed
    result = again(held(), COURT, day=due + ONE, cause="time")
    assert (only(result.matter).state, only(result.matter).reason) == (
        "dismissed",
        "review-lapsed",
    )
    assert verdicts(result.matter) == ["pass"]
    assert "review-lapsed" in {r.code for r in result.decisions[0].reasons}


def test_a_review_lapses_with_the_day_alone() -> None:
    due = only(held()).review_due_on
    assert due is not None

    assert not again(held(), COURT, day=due + ONE, cause="list").changed


def test_what_the_law_commands_waits_on_and_is_overdue_every_day() -> None:
    matter = decided(event(), [UNCLEAR])
    action = only(matter)
    assert (action.force, action.state) == ("mandatory", "awaiting_review")
    due = action.review_due_on
    assert due is not None

    for day in (due + ONE, due + 2 * ONE, due + 30 * ONE):
        result = again(matter, UNCLEAR, day=day, cause="time")
        assert result.overdue == (action,)
        assert not result.changed
    assert again(matter, UNCLEAR, day=due, cause="time").overdue == ()
    day = due + 30 * ONE
    assert next_day_of_interest(matter, [UNCLEAR], RULES, day) == day + ONE


def test_an_entry_that_ended_on_the_day_says_so_rather_than_the_lapse() -> None:
    due = only(held()).review_due_on
    assert due is not None
    ending = entry("court-defaulter", until=due + ONE)
    result = again(decided(BID, [ending]), ending, day=due + ONE, cause="time")

    assert only(result.matter).reason == "expired"


def test_time_passes_is_deciding_again_for_the_day() -> None:
    day = TODAY + 30 * ONE
    result = time_passes(held(), [COURT], RULES, as_of=moment(day), subject=FIRM)

    assert result == again(held(), COURT, day=day, cause="time")
    assert result.cause == "time"


# When to look again


def test_the_next_days_of_a_quiet_matter_are_its_end_and_then_its_forgetting() -> None:
    matter = decided(BID)
    end = TODAY + 365 * ONE

    assert next_day_of_interest(matter, [], RULES, TODAY) == end
    assert next_day_of_interest(matter, [], RULES, end) == end + 400 * ONE
    assert next_day_of_interest(matter, [], RULES, end + 900 * ONE) == end + 901 * ONE


def test_a_terminal_stage_closes_on_its_day() -> None:
    matter = decided(event("credit.bidding.closed"))

    assert (closes_on(matter, RULES), is_open(matter, RULES, TODAY)) == (TODAY, False)
    assert forgotten_on(matter, RULES) == TODAY + 400 * ONE


def test_a_matter_with_a_live_action_is_not_forgotten() -> None:
    matter = replace(held(), closed_on=TODAY)

    assert forgotten_on(matter, RULES) is None
    assert forgotten_on(replace(matter, actions=()), RULES) == TODAY + 400 * ONE


def test_a_matter_without_events_is_neither_open_nor_interesting() -> None:
    assert not is_open(NOTHING, RULES, TODAY)
    assert next_day_of_interest(NOTHING, [COURT], RULES, TODAY) is None


def test_the_days_of_entries_are_days_of_interest() -> None:
    matter = decided(BID)
    since, until = TODAY + 20 * ONE, TODAY + 40 * ONE
    known = entry("city-focus", since=since, until=until)
    leaving = changed(COURT, removed_on=TODAY + 30 * ONE, removal_reason="early")

    assert next_day_of_interest(matter, [known, leaving], RULES, TODAY) == since
    assert next_day_of_interest(matter, [known, leaving], RULES, since) == TODAY + 30 * ONE
    assert next_day_of_interest(matter, [known], RULES, since) == until


def test_the_day_after_a_review_is_due_is_a_day_of_interest() -> None:
    due = only(held()).review_due_on
    assert due is not None

    assert next_day_of_interest(held(), [COURT], RULES, TODAY) == due + ONE


def test_the_newest_event_is_the_latest_stage_not_the_latest_message() -> None:
    matter = decided(BID, before=decided(event("credit.bidding.evaluated", event_id="event-2")))

    assert [e.id for e in newest_events(matter, RULES)] == ["event-2"]


def test_a_corrected_message_of_the_same_stage_takes_the_place_of_the_first() -> None:
    matter = decided(replace(BID, id="event-2"), before=decided(BID))

    assert [e.id for e in newest_events(matter, RULES)] == ["event-2"]


def test_a_later_event_keeps_a_matter_open_for_longer() -> None:
    later = event("credit.bidding.evaluated", event_id="event-2", on=date(2026, 9, 1))
    matter = decided(later, before=decided(BID), day=date(2026, 9, 1))

    assert closes_on(matter, RULES) == date(2026, 9, 1) + 365 * ONE
