"""What the broker says about the ends of logs: the uncommitted end, and the beginning."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
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

    def _start(self, partitions: Iterable[tuple[str, int]], spec: OffsetSpec) -> Callable[[], Ends]:
        wanted = {TopicPartition(topic, partition): spec for topic, partition in partitions}
        futures = self._admin.list_offsets(
            wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_TIMEOUT_S
        )
        return lambda: _collect(futures)


def _collect(futures: "dict[TopicPartition, Future[ListOffsetsResultInfo]]") -> Ends:
    try:
        return {
            (where.topic, where.partition): answer.result(_TIMEOUT_S).offset
            for where, answer in futures.items()
        }
    except (KafkaException, TimeoutError) as err:
        msg = "Kafka does not say where its logs end; waiting for the broker"
        raise RetryLaterError(msg) from err
