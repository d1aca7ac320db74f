"""The same message twice has no second effect; the same identity with other content is refused."""

from datetime import timedelta

import pytest

from tests.trigger.messages import (
    AT,
    Json,
    addressed,
    bid,
    change,
    event,
    firm,
    on_events,
    on_lists,
    removal,
    revised,
)
from tests.trigger.running import Town


def test_the_same_message_twice_has_no_second_effect(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    applied = event(subject)
    first = town.tell(on_lists(entered), on_events(applied))
    again = town.tell(on_events(applied))
    assert (len(first.decisions), len(first.actions)) == (1, 1)
    assert (again.decisions, again.actions, again.alerts, again.dead_letters) == ([], [], [], [])
    assert again.tallies == []


def test_the_same_message_twice_in_one_batch_has_no_second_effect(town: Town) -> None:
    applied = event(firm())
    told = town.tell_at_once(*[on_events(applied)] * 5)
    assert len(told.decisions) == 1
    assert told.dead_letters == []


def test_the_same_instant_in_another_time_zone_is_the_same_message(town: Town) -> None:
    applied = event(firm())
    told = town.tell(on_events(applied), on_events({**applied, "time": "2026-06-10T02:00:00.000Z"}))
    assert len(told.decisions) == 1
    assert told.dead_letters == []


@pytest.mark.parametrize(
    "other",
    [
        {"type": "credit.approval.accepted"},
        {"time": "2026-06-10T10:00:01+08:00"},
        {"data": {"amount_fen": 1}},
        {"data": {"application_no": "another"}},
    ],
    ids=["type", "time", "data", "matter"],
)
def test_the_same_identity_with_other_content_is_set_aside(town: Town, other: Json) -> None:
    applied = event(firm())
    changed = {**applied, **other, "data": {**applied["data"], **other.get("data", {})}}
    told = town.tell(on_events(applied), on_events(changed))
    assert [d.data.event.id for d in told.decisions] == [applied["id"]]
    assert [letter.reason for letter in told.dead_letters] == ["id-reused"]


def test_the_same_identity_of_another_source_is_another_message(town: Town) -> None:
    applied = event(firm())
    told = town.tell(on_events(applied), on_events({**applied, "source": "/business/other"}))
    assert len({d.data.decision_id for d in told.decisions}) == 2
    assert told.dead_letters == []


def test_a_repeated_message_of_an_earlier_stage_stays_without_effect(town: Town) -> None:
    applied = event(firm(), application="BX-REPEAT")
    accepted = event(applied["subject"], "credit.approval.accepted", application="BX-REPEAT")
    told = town.tell(on_events(applied), on_events(accepted), on_events(applied))
    assert len(told.decisions) == 2
    assert told.dead_letters == []


def test_a_later_stage_withdraws_what_the_earlier_stage_did(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    first = town.tell(on_lists(entered), on_events(event(subject, application="BX-STAGES")))
    (issued,) = first.actions
    second = town.tell(
        on_events(event(subject, "credit.approval.accepted", application="BX-STAGES"))
    )
    (withdrawn,) = [a for a in second.actions if a.body.type == "credit.action.withdrawn"]
    (again,) = [a for a in second.actions if a.body.type == "credit.action.issued"]
    assert withdrawn.data.action_id == issued.data.action_id != again.data.action_id
    assert (withdrawn.data.state, withdrawn.data.reason) == ("withdrawn", "superseded")
    assert (withdrawn.data.revision, withdrawn.body.id) == (1, f"{issued.data.action_id}/1")
    assert [d.data.verdict for d in second.decisions] == ["deny"]
    assert {a.data.kind for a in second.alerts} == {"withdrawn", "deny"}


def test_an_earlier_stage_that_comes_late_leaves_the_later_one_alone(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(
        on_lists(entered),
        on_events(event(subject, "credit.approval.accepted", application="BX-LATE")),
        on_events(event(subject, application="BX-LATE", time=AT - timedelta(days=1))),
    )
    assert len(told.decisions) == 2
    assert [a.body.type for a in told.actions] == ["credit.action.issued"] * 2


def test_a_corrected_row_takes_the_place_of_the_one_that_it_corrects(town: Town) -> None:
    subject = firm()
    entered = change(subject, "procurement-serious")
    town.lists.note(entered)
    first = town.tell(
        on_lists(entered), on_events(bid(subject, application="BX-ROW", event_id="row-7#aaa"))
    )
    corrected = bid(
        subject,
        application="BX-ROW",
        event_id="row-7#bbb",
        data={"amount_fen": 5, "attributes": {"tender_kind": "procurement"}},
    )
    second = town.tell(on_events(corrected))
    withdrawn = [a for a in second.actions if a.body.type == "credit.action.withdrawn"]
    assert [(a.data.action_id, a.data.reason) for a in withdrawn] == [
        (a.data.action_id, "superseded") for a in first.actions
    ]
    assert [d.data.verdict for d in second.decisions] == ["deny"]
    assert second.dead_letters == []


def test_another_matter_keeps_its_own_actions(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(
        on_lists(entered),
        on_events(event(subject, application="BX-ONE")),
        on_events(event(subject, "credit.approval.accepted", application="BX-TWO")),
    )
    assert [a.body.type for a in told.actions] == ["credit.action.issued"] * 2


def test_a_list_change_told_twice_is_known_already(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_lists(entered), on_events(event(subject)))
    assert told.dead_letters == []
    assert [d.data.verdict for d in told.decisions] == ["deny"]
    assert len(told.actions) == 1


def test_a_lower_revision_of_an_entry_is_ignored(town: Town) -> None:
    subject = firm()
    entered = change(subject, revision=5)
    older = revised(entered, revision=4, scope=["bx-yj-002"])
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_lists(older), on_events(event(subject)))
    assert [(d.data.verdict, d.data.entries[0].revision) for d in told.decisions] == [("deny", 5)]
    assert told.dead_letters == []


def test_a_higher_revision_replaces_the_whole_entry(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    amended = revised(entered, revision=2, scope=["bx-yj-002"])
    town.lists.note(amended)
    told = town.tell(on_lists(entered), on_lists(amended), on_events(event(subject)))
    (decision,) = told.decisions
    assert (decision.data.verdict, told.actions) == ("pass", [])
    assert [r.code for r in decision.data.reasons] == ["out-of-scope"]


def test_the_same_revision_with_other_content_is_set_aside(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    other = revised(entered, scope=["bx-yj-002"])
    told = town.tell(on_lists(entered), on_lists(other), on_events(event(subject)))
    assert [letter.reason for letter in told.dead_letters] == ["id-reused"]
    assert [d.data.verdict for d in told.decisions] == ["deny"]


def test_a_removed_entry_stops_nobody_and_never_comes_back(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    removed = removal(entered)
    revived = revised(entered, revision=9)
    told = town.tell(
        on_lists(entered), on_lists(removed), on_lists(revived), on_events(event(subject))
    )
    assert [letter.reason for letter in told.dead_letters] == ["id-reused"]
    assert [d.data.verdict for d in told.decisions] == ["pass"]
    assert told.actions == []


def test_a_new_listing_after_a_removal_counts(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    again = change(subject)
    town.lists.note(again)
    told = town.tell(
        on_lists(entered), on_lists(removal(entered)), on_lists(again), on_events(event(subject))
    )
    assert [d.data.verdict for d in told.decisions] == ["deny"]


def test_a_suspended_entry_stops_nobody_until_it_is_resumed(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    suspended = revised(entered, what="suspended", revision=2)
    resumed = revised(entered, what="resumed", revision=3)
    town.lists.note(resumed)
    told = town.tell(on_lists(entered), on_lists(suspended), on_events(event(subject)))
    assert [d.data.verdict for d in told.decisions] == ["pass"]
    told = town.tell(on_lists(resumed), on_events(event(subject)))
    assert [d.data.verdict for d in told.decisions if d.data.cause == "event"] == ["deny"]


def test_two_entries_of_one_organisation_that_come_together_are_both_known(town: Town) -> None:
    subject = firm()
    first, second = change(subject), change(subject, "court-defaulter")
    town.lists.note(first)
    town.lists.note(second)
    told = town.tell_at_once(on_lists(first), on_lists(second))
    told = town.tell(on_events(event(subject)))
    assert {a.data.entry.list_code for a in told.actions} == {"licence-bar", "court-defaulter"}


def test_a_share_that_somebody_else_writes_is_set_aside(town: Town) -> None:
    subject = firm()
    parent = {"uscc": firm(), "source": "/business/benxi", "id": "parent"}
    forged = event(subject, data={"members": [], "consortium_of": parent})
    told = town.tell(addressed("credit.members", forged))
    assert [letter.reason for letter in told.dead_letters] == ["unknown-provider"]
    assert told.decisions == []
