"""Matters that are running while their lists change: lifted, suspended, referred, once each."""

from datetime import timedelta

import redis

from tests.trigger.messages import (
    AT,
    TODAY,
    Json,
    change,
    event,
    firm,
    on_events,
    on_lists,
    removal,
    revised,
)
from tests.trigger.running import Told, Town


def denied(town: Town) -> tuple[str, Json, Told]:
    """Return an organisation, its entry, and what was decided about its application: a block."""
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject)))
    assert [d.data.verdict for d in told.decisions] == ["deny"]
    return subject, entered, told


def tell_lists(town: Town, *messages: Json) -> Told:
    for message in messages:
        town.lists.note(message)
    return town.tell(*(on_lists(message) for message in messages))


def decided(told: Told) -> list[tuple[int, str, str]]:
    return [(d.data.sequence, d.data.cause, d.data.verdict) for d in told.decisions]


def moved(told: Told) -> list[tuple[str, str, str | None]]:
    return [
        (a.body.type.removeprefix("credit.action."), a.data.state, a.data.reason)
        for a in told.actions
    ]


def test_repair_lifts_a_block_at_once_and_tells_everybody(town: Town) -> None:
    subject, entered, first = denied(town)
    told = tell_lists(town, removal(entered))
    assert decided(told) == [(1, "list", "pass")]
    assert moved(told) == [("withdrawn", "withdrawn", "repaired")]
    (decision,), (action,) = told.decisions, told.actions
    assert decision.data.decision_id == first.decisions[0].data.decision_id
    assert action.data.action_id == first.actions[0].data.action_id
    assert action.data.revision == 1
    assert "2026年6月10日起解除" in action.data.notice.term
    assert [a.data.kind for a in told.alerts] == ["withdrawn", "withdrawn"]
    assert {a.data.uscc for a in told.alerts} == {subject}


def test_what_is_told_twice_moves_nothing_twice(town: Town) -> None:
    _, entered, _ = denied(town)
    gone = removal(entered)
    tell_lists(town, gone)
    again = tell_lists(town, gone)
    assert again.decisions == again.actions == again.alerts == []


def test_an_entry_that_comes_late_refers_and_never_blocks(town: Town) -> None:
    subject = firm()
    town.tell(on_events(event(subject)))
    told = tell_lists(town, change(subject))
    assert decided(told) == [(1, "list", "hold")]
    (action,) = told.actions
    assert (action.data.effect, action.data.proposed_effect) == ("refer", "block")
    assert action.data.state == "awaiting_review"
    assert "hold" in [a.data.kind for a in told.alerts]


def test_suspension_suspends_and_resumption_gives_the_same_state_back(town: Town) -> None:
    _, entered, _ = denied(town)
    told = tell_lists(town, revised(entered, what="suspended", revision=2))
    assert decided(told) == [(1, "list", "pass")]
    assert moved(told) == [("suspended", "suspended", "entry-suspended")]
    told = tell_lists(town, revised(entered, what="resumed", revision=3))
    assert decided(told) == [(2, "list", "deny")]
    assert moved(told) == [("resumed", "in_force", "entry-resumed")]


def test_an_annulled_listing_names_the_past_actions_that_need_a_remedy(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    applied, closed = event(subject), event(subject, "credit.approval.closed")
    closed["data"]["application_no"] = applied["data"]["application_no"]
    town.lists.note(entered)
    town.tell(on_lists(entered), on_events(applied))
    town.tell(on_events(closed))
    told = tell_lists(town, removal(entered, reason="annulled"))
    assert {a.data.kind for a in told.alerts} >= {"remedy"}
    named = [a.data for a in told.alerts if a.data.kind == "remedy"]
    assert len({a.department for a in named}) == 2
    assert len({a.alert_id for a in named}) == len(named)


def test_an_amended_term_moves_the_end_of_the_action(town: Town) -> None:
    _, entered, _ = denied(town)
    told = tell_lists(town, revised(entered, revision=2, effective_until="2026-09-01"))
    assert [kind for kind, _, _ in moved(told)] == ["amended"]
    (action,) = told.actions
    assert str(action.data.until) == "2026-09-01"
    assert action.data.entry.revision == 2


def test_all_matters_of_one_subject_are_decided_again_in_slices(town: Town) -> None:
    subject, n = firm(), 450
    entered = change(subject)
    town.lists.note(entered)
    town.tell(on_lists(entered))
    town.tell_at_once(*(on_events(event(subject)) for _ in range(n)))
    told = tell_lists(town, removal(entered))
    assert len(told.decisions) == n
    assert {(d.data.sequence, d.data.verdict) for d in told.decisions} == {(1, "pass")}
    assert len({a.data.action_id for a in told.actions}) == n


def test_an_event_finds_its_matter_up_to_date(town: Town) -> None:
    subject, entered, _ = denied(town)
    number = town.everything().decisions[-1].data.application_no
    gone = removal(entered)
    town.lists.note(gone)
    later = event(subject, "credit.approval.accepted", application=number)
    told = town.tell_at_once(on_lists(gone), on_events(later))
    assert sorted(decided(told)) == [(0, "event", "pass"), (1, "list", "pass")]
    assert [reason for _, _, reason in moved(told)] == ["repaired"]


def test_a_red_entry_is_masked_while_a_focus_entry_is_and_comes_back(town: Town) -> None:
    subject = firm()
    red, focus = change(subject, "city-red"), change(subject, "city-focus")
    town.lists.note(red)
    told = town.tell(on_lists(red), on_events(event(subject)))
    rewards = {a.data.action_id for a in told.actions if a.data.polarity == "reward"}
    assert rewards
    told = tell_lists(town, focus)
    states = {a.data.action_id: a.data.state for a in told.actions}
    assert {states[r] for r in rewards} == {"suspended"}
    told = tell_lists(town, removal(focus))
    states = {a.data.action_id: a.data.state for a in told.actions}
    assert {states[r] for r in rewards} == {"in_force"}


def test_what_was_held_for_a_list_never_published_is_decided_when_it_is(new_town: Town) -> None:
    new_town.start()
    subjects = [firm() for _ in range(8)]
    told = new_town.tell(*(on_events(event(subject)) for subject in subjects))
    assert {d.data.verdict for d in told.decisions} == {"hold"}
    told = new_town.publish_all()
    passed = [d for d in told.decisions if d.data.verdict == "pass"]
    assert {d.data.cause for d in told.decisions} == {"list"}
    assert len({d.data.decision_id for d in passed}) == len(subjects)
    assert {a.data.kind for a in told.alerts} == {"withdrawn"}


def test_a_restarted_worker_on_an_empty_cache_still_finds_all_matters(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    subject, entered, _ = denied(new_town)
    new_town.tell(*(on_events(event(subject)) for _ in range(3)))
    new_town.stop()
    redis.Redis.from_url(new_town.redis).flushall()
    new_town.start()
    new_town.settle()
    told = tell_lists(new_town, removal(entered))
    assert {d.data.verdict for d in told.decisions} == {"pass"}
    assert len(told.decisions) == len(told.actions) == 4


def test_an_entry_that_ends_on_a_day_lifts_its_actions_on_that_day_once(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    subject = firm()
    ends = TODAY + timedelta(days=2)
    entered = change(subject, data={"effective_until": ends.isoformat()})
    new_town.lists.note(entered)
    new_town.tell(on_lists(entered), on_events(event(subject)))
    new_town.clock.at = AT + timedelta(days=1)
    assert new_town.settle().decisions == []
    new_town.clock.at = AT + timedelta(days=5)
    told = new_town.settle()
    assert decided(told) == [(1, "time", "pass")]
    assert moved(told) == [("withdrawn", "withdrawn", "expired")]
    assert {d.data.day for d in told.decisions} == {ends}
    assert new_town.settle().decisions == []


def test_a_list_whose_promise_ran_out_is_told_of_once(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    new_town.settle()
    new_town.clock.at = AT + timedelta(days=60)
    told = new_town.settle()
    codes = [a.data.alert_id for a in told.alerts if a.data.kind == "stale_list"]
    assert len(set(codes)) == len(new_town.catalogue.lists)
    new_town.clock.at = AT + timedelta(days=61)
    assert new_town.settle().alerts == []


def test_a_matter_is_forgotten_400_days_after_it_closed(new_town: Town) -> None:
    """With nobody on a list it has no day of its own; it goes in the first days of a month."""
    new_town.start()
    new_town.publish_all()
    subject, other = firm(), firm()
    applied = event(subject)
    new_town.tell(on_events(applied), on_events(event(other)))
    number = applied["data"]["application_no"]
    new_town.tell(on_events(event(subject, "credit.approval.closed", application=number)))

    def known(uscc: str) -> list[bytes]:
        return [name for name in new_town.redis_names() if uscc.encode() in name]

    assert len(known(subject)) == len([b"matter", b"two identities", b"index"]) + 1
    new_town.clock.at = AT + timedelta(days=390)
    new_town.settle()
    assert known(subject)
    new_town.clock.at = AT + timedelta(days=432)
    told = new_town.settle()
    assert known(subject) == []
    assert known(other), "still open for a while when the other closed"
    gone = [r for r in told.on("credit.state") if r.raw is None]
    assert [subject.encode() in (r.key or b"") for r in gone] == [True]
