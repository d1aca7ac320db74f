"""What a list is worth depends on its watermark: never published, stale, or not adding up."""

from datetime import timedelta

import pytest

from tests.trigger.messages import (
    AT,
    CREDIT_OFFICE,
    Json,
    change,
    event,
    firm,
    on_events,
    on_lists,
    partition_of,
)
from tests.trigger.running import Town


def decide_listed(town: Town, list_code: str = "licence-bar") -> tuple[str, list[str], list[str]]:
    """Return verdict, effects and reason codes of a new listed organisation's application."""
    subject = firm()
    entered = change(subject, list_code)
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(event(subject)))
    (decision,) = told.decisions
    effects = sorted(a.data.effect for a in told.actions)
    return decision.data.verdict, effects, [r.code for r in decision.data.reasons]


def test_nobody_passes_and_nobody_is_blocked_by_lists_that_were_never_published(
    new_town: Town,
) -> None:
    new_town.start()
    told = new_town.tell(on_events(event(firm())))
    (decision,) = told.decisions
    assert decision.data.verdict == "hold"
    assert {r.code for r in decision.data.reasons} == {"list-never-published"}
    assert [alert.data.kind for alert in told.alerts] == ["hold"]
    assert decide_listed(new_town)[:2] == ("hold", ["refer"])
    new_town.publish_all()
    assert new_town.tell(on_events(event(firm()))).decisions[0].data.verdict == "pass"
    assert decide_listed(new_town)[:2] == ("deny", ["block"])


@pytest.mark.parametrize(
    "spoil", [{"digest": "0" * 64}, {"count": 100_000}], ids=["digest", "count"]
)
def test_a_watermark_that_does_not_add_up_makes_the_list_stale_and_tells_the_office(
    town: Town, spoil: Json
) -> None:
    told = town.tell(*town.lists.published("licence-bar", spoil=spoil))
    assert [(a.data.kind, a.data.department) for a in told.alerts] == [
        ("stale_list", CREDIT_OFFICE)
    ] * 4
    verdict, effects, reasons = decide_listed(town)
    assert (verdict, effects) == ("hold", ["refer"])
    assert "stale-list" in reasons
    told = town.tell(*town.lists.published("licence-bar"))
    assert told.alerts == []
    assert decide_listed(town)[:2] == ("deny", ["block"])


def test_a_list_counts_from_when_the_provider_says_and_not_from_when_it_arrives(
    town: Town,
) -> None:
    long_ago = AT - timedelta(hours=25)  # licence-bar promises one a day
    town.tell(*town.lists.published("licence-bar", at=long_ago))
    assert decide_listed(town)[:2] == ("hold", ["refer"])
    town.tell(*town.lists.published("licence-bar"))
    assert decide_listed(town)[:2] == ("deny", ["block"])


def test_an_older_generation_does_not_take_the_place_of_a_newer_one(town: Town) -> None:
    stale = town.lists.published("licence-bar", spoil={"digest": "0" * 64})
    town.tell(*town.lists.published("licence-bar"))
    told = town.tell(*stale)
    assert told.alerts == []
    assert decide_listed(town)[:2] == ("deny", ["block"])


def test_a_watermark_counts_what_a_removal_and_a_revision_left(town: Town) -> None:
    kept, gone = change(firm(), "discharge-credit"), change(firm(), "discharge-credit")
    amended = {**kept, "id": "x", "data": {**kept["data"], "revision": 2, "facts": "已更正"}}
    removed = {
        **gone,
        "type": "credit.list.removed",
        "data": {
            **gone["data"],
            "revision": 2,
            "removed_on": "2026-06-10",
            "removal_reason": "corrected",
        },
    }
    for message in (kept, gone, amended, removed):
        town.lists.note(message)
    told = town.tell(
        *(on_lists(message) for message in (kept, gone, amended, removed)),
        *town.lists.published("discharge-credit"),
    )
    assert told.alerts == []


def test_a_watermark_under_another_key_is_set_aside(town: Town) -> None:
    mark = town.lists.published("city-focus")[0]
    told = town.tell(type(mark)(mark.topic, mark.value, b"other", mark.partition))
    assert [letter.reason for letter in told.dead_letters] == ["subject-key-mismatch"]


def test_the_day_is_lived_forward_and_never_back(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    subjects = [firm() for _ in range(12)]
    new_town.tell(*(on_events(event(subject)) for subject in subjects))
    partitions = {partition_of(subject) for subject in subjects}
    assert {new_town.state(p).day for p in partitions} == {AT.date()}
    new_town.clock.at = AT + timedelta(days=3)
    told = new_town.tell(*(on_events(event(subject)) for subject in subjects))
    later = (AT + timedelta(days=3)).date()
    assert {d.data.day for d in told.decisions} == {later}
    new_town.clock.at = AT
    told = new_town.tell(*(on_events(event(subject)) for subject in subjects))
    assert {d.data.day for d in told.decisions} == {later}
    assert {new_town.state(p).day for p in partitions} == {later}
