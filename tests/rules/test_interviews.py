"""Interviews are proposed when the time for putting right has passed: first a reminder."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from schemas.followed import Followed, Listed
from schemas.times import SHANGHAI
from streams.rules import following, interviews
from streams.rules.catalogue import Catalogue
from streams.rules.following import NOTHING
from streams.rules.reminders import raised

SUBJECT = "91210500MA0BX0015F"
UNTIL = date(2026, 9, 28)  # a Monday: the last day was the Sunday before
# Ten working days on, over the National Day holidays: 9-29, 9-30, 10-8 to 10-10, 10-12 to 10-16.
WARNED = date(2026, 10, 16)
LISTED = Listed(
    revision=1,
    list_code="city-focus",
    entry_id="F-1",
    state="active",
    changed_on=date(2026, 8, 1),
    recognised_by="某单位",
    facts="未按期整改",
    until=UNTIL,
)


def _kind(listed: Listed, catalogue: Catalogue, day: date) -> str | None:
    proposal = interviews.proposed(listed, catalogue, day)
    return None if proposal is None else proposal.kind


def test_first_a_reminder_then_ten_working_days_later_a_warning(catalogue: Catalogue) -> None:
    """One at a time, each from its first day, and both days are looked at."""
    day = timedelta(days=1)
    assert _kind(LISTED, catalogue, UNTIL - day) is None
    assert _kind(LISTED, catalogue, UNTIL) == "reminder_interview"
    assert _kind(LISTED, catalogue, WARNED - day) == "reminder_interview"
    assert _kind(LISTED, catalogue, WARNED) == "warning_interview"
    assert interviews.looks(LISTED, catalogue) == (UNTIL, WARNED)


def test_nothing_is_proposed_for_what_was_put_right_suspended_or_has_no_term(
    catalogue: Catalogue,
) -> None:
    """A removal is final, whatever a later revision says."""
    removed = replace(LISTED, revision=2, state="removed")
    for listed in (
        removed,
        interviews.newer(removed, replace(LISTED, revision=3)),
        replace(LISTED, state="suspended"),
        replace(LISTED, until=None),
    ):
        assert _kind(listed, catalogue, WARNED) is None


def test_it_goes_to_who_recognised_the_entry_else_to_the_authority_of_the_list(
    catalogue: Catalogue,
) -> None:
    """By name, whatever the width of its brackets; nobody knows 某单位."""
    for department in catalogue.departments.values():
        named = replace(LISTED, recognised_by=department.name)
        current = catalogue.current_department(department.uscc)
        assert current is not None
        assert interviews.recogniser_of(named, catalogue) == current.uscc
    office = next(d for d in catalogue.departments.values() if d.class_ == "credit-office")
    assert interviews.recogniser_of(LISTED, catalogue) == office.uscc


@pytest.mark.parametrize(
    ("day", "words", "earliest"),
    [(UNTIL, "提示约谈", "2026-10-08"), (WARNED, "警示约谈", "2026-10-21")],
)
def test_the_proposal_states_notice_matters_and_basis(
    catalogue: Catalogue, day: date, words: str, earliest: str
) -> None:
    """Three working days of notice; and that it is no penalty."""
    known = following.with_entry(NOTHING, LISTED)
    at = _eight(day)
    ((alert_id, told),) = following.to_tell(known, catalogue, day, at).raised.items()
    alert = raised(SUBJECT, alert_id, told, known, catalogue).data
    basis = catalogue.lists["city-focus"].basis
    for part in (words, "3个工作日", earliest, LISTED.facts, basis.act, "不是行政处罚"):
        assert part in alert.text_zh
    assert (alert.kind, alert.action_id, alert.decision_id) == ("interview", None, None)
    assert (alert.uscc, earliest in alert.text_en) == (SUBJECT, True)


def test_the_reminder_is_cleared_by_the_warning_and_the_warning_by_removal(
    catalogue: Catalogue,
) -> None:
    """One proposal stands at a time."""
    known: Followed = following.with_entry(NOTHING, LISTED)
    for day in (UNTIL, WARNED):
        said = following.to_tell(known, catalogue, day, _eight(day))
        assert len(said.raised) == 1
        assert [t.kind for t in said.cleared.values()] == (
            [] if day == UNTIL else ["reminder_interview"]
        )
        known = following.told(known, said)
    known = following.with_entry(known, replace(LISTED, revision=2, state="removed"))
    said = following.to_tell(known, catalogue, WARNED, _eight(WARNED))
    assert (len(said.raised), len(said.cleared)) == (0, 1)


def _eight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=SHANGHAI)
