"""What the broker says about logs: the uncommitted end, the beginning, and which log it is."""

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo, OffsetSpec

from schemas.errors import RetryLaterError

if TYPE_CHECKING:
    from concurrent.futures import Future

Ends = dict[tuple[str, int], int]
_TIMEOUT_S = 10.0


class LogEnds:
    """Asks for offsets in one request for all partitions."""

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin

    def ask(self, partitions: Iterable[tuple[str, int]]) -> Callable[[], Ends]:
        """Start asking for the uncommitted ends; the returned call waits for the answer.

        Uncommitted on purpose: the committed end hides what was acknowledged behind somebody's
        open transaction, and a commit returns before its markers are written.
        """
        return self._start(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def beginnings(self, partitions: Iterable[tuple[str, int]]) -> Ends:
        """Return the first offset of each partition that the log still has."""
        return self._start(partitions, OffsetSpec.earliest())()  # type: ignore[no-untyped-call]

    def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Return the id of each topic: one made anew under the same name has another."""
        asked = self._admin.describe_topics(
            TopicCollection(list(topics)), request_timeout=_TIMEOUT_S
        )
        try:
            return {topic: str(told.result(_TIMEOUT_S).topic_id) for topic, told in asked.items()}
        except (KafkaException, TimeoutError) as err:
            msg = "Kafka does not say which topics it has; waiting for the broker"
            raise RetryLaterError(msg) from err

    def _start(self, partitions: Iterable[tuple[str, int]], spec: OffsetSpec) -> Callable[[], Ends]:
        wanted = {TopicPartition(topic, partition): spec for topic, partition in partitions}
        futures = self._admin.list_offsets(
            wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_TIMEOUT_S
        )
        return lambda: self._collect(futures)

    def _collect(self, futures: "dict[TopicPartition, Future[ListOffsetsResultInfo]]") -> Ends:
        msg = "Kafka does not say where its logs end; waiting for the broker"
        try:
            ends = {
                (where.topic, where.partition): answer.result(_TIMEOUT_S).offset
                for where, answer in futures.items()
            }
        except (KafkaException, TimeoutError) as err:
            self._look_up_leaders()
            raise RetryLaterError(msg) from err
        # Where the leader died while it was asked, the answer is -1001 and no error (tried): taken
        # for an end, the lists would count as read and the state as empty.
        if min(ends.values(), default=0) < 0:
            self._look_up_leaders()
            raise RetryLaterError(msg)
        return ends

    def _look_up_leaders(self) -> None:
        """Ask who leads now: after FENCED_LEADER_EPOCH the client asks the old leader for ever."""
        with contextlib.suppress(KafkaException):  # the next question tells whether it helped
            self._admin.list_topics(timeout=_TIMEOUT_S)
