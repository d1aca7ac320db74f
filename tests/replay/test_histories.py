"""Whatever happened, the log alone brings about every decision and action that stands in it."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from streams.replay.verify import Report, verify
from streams.replay.walk import Period
from tests.replay.desk import EVENTS, Desk
from tests.replay.histories import HISTORIES, History
from tests.rules.given import real_catalogue
from tests.trigger.messages import PARTITIONS

if TYPE_CHECKING:
    import redis


def replay(desk: Desk) -> Report:
    return verify(desk.log, PARTITIONS, events=EVENTS, period=Period())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=HISTORIES)
def test_a_log_that_nobody_touched_is_reproduced_byte_for_byte(
    cache_server: "redis.Redis", steps: list[tuple[str, int, int]]
) -> None:
    desk = Desk(cache_server, real_catalogue())
    history = History(desk)
    history.publish_all(desk.catalogue)
    history.live(steps)
    desk.close()
    report = replay(desk)
    assert report.findings.first == []
    books = {"credit.decisions": 0, "credit.actions": 0}
    for (topic, _), lying in desk.log.topics.items():
        if topic in books:
            books[topic] += len(lying)
    assert [report.decisions, report.actions] == list(books.values())
    assert report.undecided == 0
