"""Follow-up on real Kafka: interviews for focus entries, and a table that outlives its workers."""

import json
from datetime import date

import pytest

from schemas import topics
from tests.cli.recorded import SHOP
from tests.streams.followed_city import CHANGELOG, FollowedCity, firm, focus_entry, receipt

pytestmark = pytest.mark.connected

DUE = date(2026, 6, 19)  # the day on which the city begins
PAST = date(2026, 7, 1)


def test_a_focus_entry_that_was_not_put_right_brings_the_proposal_of_an_interview(
    followed: FollowedCity,
) -> None:
    """A reminder, then a warning, until the entry is removed; other lists bring nothing."""
    subject = firm(1)
    entry = focus_entry(subject, "entered", 1, effective_until="2026-06-27")
    court = focus_entry(subject, "entered", 1, list_code="court-defaulter", source="/court/benxi")
    foreign = focus_entry(subject, "entered", 1, entry_id="F-2", source="/somebody/else")
    followed.send((subject, entry), (subject, court), (subject, foreign), topic=topics.LISTS)
    followed.send(("city-focus", b"{}"), topic=topics.LISTS)  # a watermark is no entry
    followed.start()
    followed.set_day(PAST)
    (one,) = followed.awaits(lambda told: len(told) == 1)
    followed.set_day(date(2026, 7, 20))
    (other,) = followed.awaits(lambda told: len(told) == 1 and one not in told)
    assert one != other
    over = focus_entry(*(subject, "removed", 2), removed_on="2026-07-19", removal_reason="repaired")
    followed.send((subject, over), topic=topics.LISTS)
    followed.awaits(lambda told: not told)
    texts = [json.loads(m.value() or b"")["data"] for m in followed.everything(topics.ALERTS)]
    assert {each["kind"] for each in texts} == {"interview"}
    assert ["提示约谈" in texts[0]["text_zh"], "警示约谈" in texts[-1]["text_zh"]] == [True, True]
    assert not followed.everything(topics.DEAD_LETTERS)


def test_the_table_is_rebuilt_from_its_changelog_and_keyed_by_organisation(
    followed: FollowedCity,
) -> None:
    """A worker that knows nothing reads the changelog, and then clears what another raised."""
    action_id = followed.issue(SHOP, due_on=DUE)
    worker = followed.start()
    followed.agrees()
    worker.kill()
    worker.wait()
    followed.send((SHOP, receipt(SHOP, action_id, 1, served_at="2026-06-17T10:00:00+08:00")))
    followed.start()
    followed.agrees()
    assert followed.told() == {}
    assert {m.key() for m in followed.everything(CHANGELOG)} == {SHOP.encode()}
    assert SHOP not in "".join(
        json.loads(m.value() or b"")["data"]["text_zh"] for m in followed.everything(topics.ALERTS)
    )
