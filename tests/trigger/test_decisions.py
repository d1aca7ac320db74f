"""An event goes in: what comes out, in every shape of contracts E and F."""

import uuid
from datetime import date

from tests.trigger.messages import (
    AT,
    CREDIT_OFFICE,
    EMERGENCY,
    Sent,
    as_json,
    bid,
    change,
    event,
    firm,
    on_events,
    on_lists,
    partition_of,
)
from tests.trigger.running import Town

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")


def identity(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def test_an_organisation_on_no_list_passes_with_one_decision_and_no_action(town: Town) -> None:
    applied = event(firm())
    told = town.tell(on_events(applied))
    (decision,) = told.decisions
    assert decision.data.verdict == "pass"
    assert (decision.data.actions, decision.data.reasons, decision.data.entries) == ([], [], [])
    assert (told.actions, told.alerts, told.dead_letters) == ([], [], [])


def test_a_decision_carries_all_that_makes_it_repeatable(town: Town) -> None:
    applied = event(firm(), source="/business/shape", event_id="shape/1", application="SHAPE-1")
    sent = on_events(applied)
    ((partition, offset),) = town.send(sent)
    (decision,) = town.settle().decisions
    data = decision.data
    expected = identity("/business/shape", "shape/1")
    assert decision.body.id == f"{expected}/0"
    assert (data.decision_id, data.sequence, data.cause) == (expected, 0, "event")
    assert data.event.model_dump(mode="json") == {
        "source": "/business/shape",
        "id": "shape/1",
        "type": "credit.approval.applied",
        "time": "2026-06-10T10:00:00.000+08:00",
    }
    assert (data.department, data.item_code, data.application_no) == (
        EMERGENCY,
        "bx-yj-001",
        "SHAPE-1",
    )
    assert (data.decided_at, decision.body.time, data.day) == (AT, AT, AT.date())
    assert data.catalogue_version == town.catalogue.version
    assert data.event_position.model_dump() == {
        "topic": "credit.events.approval",
        "partition": partition,
        "offset": offset,
    }
    assert (data.list_position.partition, data.review_position.partition) == (partition, partition)
    assert b'"decided_at":"2026-06-10T10:00:00.000+08:00"' in (decision.raw or b"")


def test_a_listed_organisation_is_denied_by_an_action_that_names_its_article(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    applied = event(subject)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(applied))
    (decision,) = told.decisions
    (action,) = told.actions
    (alert,) = told.alerts
    entry_id = entered["data"]["entry_id"]
    assert action.body.type == "credit.action.issued"
    assert action.data.action_id == identity(
        applied["source"], applied["id"], f"licence-bar/{entry_id}", "p02-same-licence-barred"
    )
    assert action.body.id == f"{action.data.action_id}/0"
    assert (action.data.effect, action.data.state) == ("block", "in_force")
    assert (action.data.entry.list_code, action.data.entry.revision) == ("licence-bar", 1)
    assert action.data.legal_basis[0].act == "中华人民共和国行政许可法"
    assert action.data.decision_id == decision.data.decision_id
    assert decision.data.verdict == "deny"
    assert [(a.action_id, a.effect, a.state) for a in decision.data.actions] == [
        (action.data.action_id, "block", "in_force")
    ]
    assert [(e.list_code, e.entry_id, e.revision) for e in decision.data.entries] == [
        ("licence-bar", entry_id, 1)
    ]
    assert [r.code for r in decision.data.reasons] == ["blocked"]
    assert (alert.data.kind, alert.data.urgency, alert.data.uscc) == ("deny", "now", subject)
    assert (alert.data.department, alert.data.action_id) == (EMERGENCY, action.data.action_id)


def test_what_the_law_leaves_to_discretion_is_held_for_a_human(town: Town) -> None:
    subject = firm()
    entered = change(subject, "court-defaulter")
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject)))
    (action,) = told.actions
    assert told.decisions[0].data.verdict == "hold"
    assert (action.data.effect, action.data.proposed_effect) == ("refer", "block")
    assert action.data.state == "awaiting_review"
    assert action.data.review_due_on == date(2026, 6, 15)  # 3 working days, a weekend between
    assert [alert.data.kind for alert in told.alerts] == ["hold"]


def test_an_individual_business_is_never_blocked_without_a_human(town: Town) -> None:
    subject = firm("92210502")
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject)))
    (action,) = told.actions
    assert (action.data.effect, action.data.proposed_effect) == ("refer", "block")
    assert told.decisions[0].data.verdict == "hold"
    assert "individual-business" in [r.code for r in told.decisions[0].data.reasons]
    assert subject not in told.alerts[0].data.text_zh + told.alerts[0].data.text_en


def test_a_reward_rides_along_on_a_pass_and_its_department_hears_of_it(town: Town) -> None:
    subject = firm()
    entered = change(subject, "city-red")
    town.lists.note(entered)
    told = town.tell(
        on_lists(entered), on_events(event(subject, by="11210500105000330M", item="bx-sj-004"))
    )
    assert told.decisions[0].data.verdict == "pass"
    assert {action.data.polarity for action in told.actions} == {"reward"}
    assert {alert.data.kind for alert in told.alerts} == {"reward"}


def test_an_unknown_item_is_decided_but_never_blocked(town: Town) -> None:
    subject = firm()
    entered = change(subject, data={"scope": ["bx-xx-999"]})
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject, item="bx-xx-999")))
    assert told.decisions[0].data.verdict == "hold"
    assert {a.data.effect for a in told.actions} == {"refer"}
    assert "unknown-item" in [r.code for r in told.decisions[0].data.reasons]


def test_traceparent_is_carried_to_the_decision_and_its_actions(town: Town) -> None:
    subject = firm()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    entered = change(subject)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject, traceparent=trace)))
    assert told.decisions[0].body.traceparent == trace
    assert told.actions[0].body.traceparent == trace


def test_a_message_in_the_binary_binding_is_decided_like_a_structured_one(town: Town) -> None:
    applied = event(firm())
    data = applied.pop("data")
    sent = on_events(applied)
    binary = [(f"ce_{name}", str(value).encode()) for name, value in applied.items()]
    binary = [pair for pair in binary if pair[0] != "ce_datacontenttype"]
    headers = [*binary, ("content-type", b"application/json")]
    told = town.tell(Sent(sent.topic, as_json(data), sent.key, sent.partition, headers))
    (decision,) = told.decisions
    assert (decision.data.event.id, decision.data.verdict) == (applied["id"], "pass")


def test_tallies_add_up_to_the_decisions_by_day_department_family_stage_and_verdict(
    town: Town,
) -> None:
    listed = firm()
    entered = change(listed)
    town.lists.note(entered)
    events = [event(firm()) for _ in range(20)] + [event(listed), bid(firm())]
    told = town.tell(on_lists(entered), *(on_events(e) for e in events))
    counted: dict[tuple[object, ...], int] = {}
    for tally in told.tallies:
        assert {c.department for c in tally.data.counts} == {tally.body.subject}
        for c in tally.data.counts:
            key = c.day, c.department, c.family, c.stage, c.verdict
            counted[key] = counted.get(key, 0) + c.n
    made: dict[tuple[object, ...], int] = {}
    for decision in told.decisions:
        _, family, stage = decision.data.event.type.split(".")
        key = AT.date(), decision.data.department, family, stage, decision.data.verdict
        made[key] = made.get(key, 0) + 1
    assert counted == made
    assert sum(made.values()) == 22
    batches = [(t.data.batch_id, t.body.subject) for t in told.tallies]
    assert len(set(batches)) == len(batches)


def test_the_catalogue_of_every_decision_is_published_whole_once_a_start(town: Town) -> None:
    (decision,) = town.tell(on_events(event(firm()))).decisions
    written = town.everything().on("credit.catalogues")
    assert [w.body.version for w in written] == [town.catalogue.version] * town.starts
    assert decision.data.catalogue_version == town.catalogue.version
    assert written[0].body.files == dict(town.catalogue.files)


def test_decisions_lie_where_their_organisation_does(town: Town) -> None:
    subject = firm()
    (decision,) = town.tell(on_events(event(subject))).decisions
    assert decision.partition == partition_of(subject)
    assert decision.key == subject.encode()
    assert CREDIT_OFFICE not in decision.key.decode()
