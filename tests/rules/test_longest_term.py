"""A listing without an end counts for as long as its list allows: no punishment without a term."""

from datetime import date, timedelta

from streams.rules.time_passes import next_day_of_interest
from tests.rules.given import TODAY, entry, event, real_catalogue
from tests.rules.matters import again, decided, only

ONE = timedelta(days=1)
BID = event(by="housing", item="bx-zj-005", attributes={"tender_kind": "other"})
ENDLESS = entry("wage-arrears", since=date(2026, 1, 1))  # three years at most
END = date(2029, 1, 1)


def test_its_actions_say_when_they_end() -> None:
    action = only(decided(BID, [ENDLESS]))
    assert action.until == END
    assert "2028年12月31日" in action.notice.term
    assert "2028年12月31日" in action.notice.facts


def test_they_end_on_that_day_though_nobody_removes_it() -> None:
    matter = decided(BID, [ENDLESS])
    assert not again(matter, ENDLESS, day=END - ONE).moves
    ended = only(again(matter, ENDLESS, day=END).matter)
    assert (ended.state, ended.reason) == ("withdrawn", "expired")


def test_the_day_on_which_it_is_over_is_lived_through() -> None:
    last = entry("wage-arrears", since=TODAY.replace(year=TODAY.year - 3) + ONE)
    due = next_day_of_interest(decided(BID, [last]), [last], real_catalogue(), TODAY)
    assert due == TODAY + ONE


def test_its_own_end_counts_where_it_is_sooner() -> None:
    until = date(2027, 1, 1)
    sooner = entry("wage-arrears", since=date(2026, 1, 1), until=until)
    assert only(decided(BID, [sooner])).until == until


def test_one_that_is_too_long_is_cut_a_day_after_the_term() -> None:
    longer = entry("wage-arrears", since=date(2026, 1, 1), until=date(2036, 1, 1))
    assert only(decided(BID, [longer])).until == END + ONE


def test_where_the_law_knows_no_term_it_lasts_until_it_is_removed() -> None:
    assert only(decided(BID, [entry("court-defaulter")])).until is None
