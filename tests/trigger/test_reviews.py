"""What officers decide about an action, and what is answered where it cannot be done any more."""

from datetime import timedelta

import pytest

from tests.trigger.messages import (
    AT,
    Json,
    bid,
    change,
    event,
    firm,
    on_events,
    on_lists,
    on_reviews,
    partition_of,
    removal,
    review,
)
from tests.trigger.running import Told, Town
from tests.trigger.test_running_matters import decided, denied, moved, tell_lists


def referred(town: Town) -> tuple[str, Json, str]:
    """Return an organisation, its late entry, and the action that awaits review."""
    subject = firm()
    entered = change(subject)
    town.tell(on_events(event(subject)))
    told = tell_lists(town, entered)
    (action,) = told.actions
    return subject, entered, action.data.action_id


def tell_review(town: Town, subject: str, action: str, outcome: str, **data: object) -> Told:
    return town.tell(on_reviews(review(subject, action, outcome, **data)))


def test_confirm_denies_and_dismiss_releases(town: Town) -> None:
    subject, _, action = referred(town)
    told = tell_review(town, subject, action, "confirm", second_reviewer="staff-08")
    assert decided(told) == [(2, "review", "deny")]
    assert moved(told) == [("confirmed", "in_force", "review-confirmed")]
    assert told.actions[0].data.effect == "block"
    subject, _, action = referred(town)
    told = tell_review(town, subject, action, "dismiss")
    assert decided(told) == [(2, "review", "pass")]
    assert moved(told) == [("dismissed", "dismissed", "review-dismissed")]
    assert {a.data.kind for a in told.alerts} == {"withdrawn"}


def test_an_objection_is_marked_at_once_and_answered(town: Town) -> None:
    subject, _, told = denied(town)
    action = told.actions[0].data.action_id
    told = tell_review(town, subject, action, "object")
    assert [kind for kind, _, _ in moved(told)] == ["amended"]
    assert told.actions[0].data.objection.outcome is None
    told = tell_review(town, subject, action, "overturn")
    assert decided(told) == [(2, "review", "pass")]
    assert moved(told) == [("withdrawn", "withdrawn", "overturned")]
    assert told.actions[0].data.objection.outcome == "overturned"


def test_what_a_human_ended_stays_ended_whatever_the_lists_say(town: Town) -> None:
    subject, entered, action = referred(town)
    tell_review(town, subject, action, "dismiss")
    told = tell_lists(town, removal(entered))
    assert told.actions == []


@pytest.mark.parametrize("outcome", ["confirm", "dismiss", "uphold", "overturn", "object"])
def test_a_review_that_comes_too_late_is_answered_and_not_applied(town: Town, outcome: str) -> None:
    subject, entered, action = referred(town)
    tell_lists(town, removal(entered))
    told = tell_review(town, subject, action, outcome)
    assert told.decisions == told.actions == []
    assert [a.data.kind for a in told.alerts] == ["too_late"]


def test_a_review_of_an_unknown_action_is_answered(town: Town) -> None:
    told = tell_review(town, firm(), "no-such-action", "confirm")
    assert [a.data.kind for a in told.alerts] == ["too_late"]


def test_the_same_review_again_has_no_second_effect(town: Town) -> None:
    subject, _, action = referred(town)
    message = on_reviews(review(subject, action, "dismiss"))
    town.tell(message)
    told = town.tell(message)
    assert told.decisions == told.actions == told.alerts == []


def test_a_review_of_nobody_known_is_set_aside(town: Town) -> None:
    subject, _, action = referred(town)
    told = tell_review(town, subject, action, "dismiss", reviewer_department="91210500MA0BX0015F")
    assert [letter.reason for letter in told.dead_letters] == ["unknown-department"]
    elsewhere = (partition_of(subject) + 1) % 4
    told = town.tell(on_reviews(review(subject, action, "dismiss"), partition=elsewhere))
    assert [letter.reason for letter in told.dead_letters] == ["wrong-partition"]


def test_discretion_that_nobody_used_in_time_lapses(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    subject = firm()
    entered = change(subject, "wage-arrears")
    new_town.lists.note(entered)
    told = new_town.tell(on_lists(entered), on_events(bid(subject)))
    waiting = {
        a.data.action_id: a.data.force for a in told.actions if a.data.state == "awaiting_review"
    }
    assert waiting
    new_town.clock.at = AT + timedelta(days=20)
    told = new_town.settle()
    ended = {a.data.action_id for a in told.actions if a.data.state == "dismissed"}
    assert ended == {action for action, force in waiting.items() if force == "discretionary"}
    overdue = [a for a in told.alerts if a.data.kind == "overdue"]
    assert bool(overdue) == ("mandatory" in waiting.values())
