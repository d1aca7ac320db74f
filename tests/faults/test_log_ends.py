"""What a dying broker says of its logs is never taken for their ends."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.errors import RetryLaterError
from streams.trigger.offsets import LogEnds

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

WHERE = ("credit.lists", 0)
FENCED = KafkaException(KafkaError(KafkaError.FENCED_LEADER_EPOCH))
NO_OFFSET = -1001  # what librdkafka 2.16 answers for a leader that died, without an error


class Broker:
    """An admin client: it answers one thing until who leads is looked up, and 7 after."""

    def __init__(self, answer: int | KafkaException) -> None:
        self._answer = answer

    def list_offsets(self, wanted: dict[TopicPartition, Any], **_: object) -> dict[Any, Any]:
        told: Future[Any] = Future()
        if isinstance(self._answer, int):
            told.set_result(SimpleNamespace(offset=self._answer))
        else:
            told.set_exception(self._answer)
        return dict.fromkeys(wanted, told)

    def list_topics(self, **_: object) -> None:
        self._answer = 7


@pytest.mark.parametrize("answer", [NO_OFFSET, FENCED], ids=["no offset", "fenced"])
def test_no_answer_is_no_end_and_the_leader_is_looked_up_anew(
    answer: int | KafkaException,
) -> None:
    ends = LogEnds(cast("AdminClient", Broker(answer)))
    with pytest.raises(RetryLaterError, match="where its logs end"):
        ends.ask([WHERE])()
    assert ends.ask([WHERE])() == {WHERE: 7}


def test_a_log_that_is_empty_ends_at_nothing() -> None:
    assert LogEnds(cast("AdminClient", Broker(0))).ask([WHERE])() == {WHERE: 0}
