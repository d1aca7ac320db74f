"""A log that has ended is not waited for again and again, and one whose leader moved is."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from confluent_kafka import TopicPartition

from schemas.errors import Reason, RejectRecordError, RetryLaterError
from streams.replay.inbox import Inbox, ListIn
from streams.replay.kafka_log import _KafkaSource
from streams.trigger.intake import Intake
from streams.trigger.items import RejectedIn
from streams.trigger.offsets import Ends
from tests.replay.desk import Lying
from tests.trigger.messages import change, firm, on_lists


class CountingSource:
    """Holds three messages, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._left = [Lying(on_lists(change(firm())), offset) for offset in range(3)]

    def poll(self) -> list[Any]:
        self.asked += 1
        found, self._left = self._left, []
        return found

    def has_grown(self) -> bool:
        return False


def judge(_: Intake, messages: Sequence[Any]) -> list[ListIn]:
    fault = RejectRecordError(Reason.BAD_FIELD, "a dead letter")
    return [RejectedIn(m, m.topic(), m.partition(), m.offset(), fault) for m in messages]


def test_what_was_shown_to_the_end_is_not_asked_for_again() -> None:
    source = CountingSource()
    inbox: Inbox[ListIn] = Inbox(source, judge)
    inbox.use(cast("Intake", object()))
    # An end behind the last message, as a marker of a transaction leaves it.
    assert [item.offset for item in inbox.show_before(5)] == [0, 1, 2]
    for _ in range(1_000):
        assert list(inbox.show_before(5)) == []
    assert source.asked == 2


def test_what_was_taken_is_not_looked_for_at_the_end() -> None:
    source = CountingSource()
    inbox: Inbox[ListIn] = Inbox(source, judge)
    inbox.use(cast("Intake", object()))
    assert len(list(inbox.take_before(3))) == 3
    asked = source.asked
    for _ in range(1_000):
        assert inbox.peek_at(2) is None
    assert source.asked == asked


class MovedLeader:
    """Says twice that it does not know, and then 7."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, places: list[tuple[str, int]]) -> Callable[[], Ends]:
        self.asked += 1
        if self.asked < 3:
            raise RetryLaterError("the leader moved")
        return lambda: dict.fromkeys(places, 7)


def test_a_leader_that_moved_is_asked_for_again() -> None:
    ends: Any = MovedLeader()
    source = _KafkaSource(cast("Any", None), TopicPartition("credit.lists", 0), ends, "nowhere")
    assert (source._end, ends.asked) == (7, 3)
