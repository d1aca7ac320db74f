"""List changes onto `credit.lists` in transactions, closed by a watermark in each partition."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from confluent_kafka import KafkaException, Producer

from infra.kafka import murmur2_partition, producer_config
from schemas.errors import StopServiceError
from schemas.list_change import PUBLISHED, ListChange, ListPublished
from schemas.topics import LISTS
from sources.list_plan import PlannedChange
from sources.publisher import HEADERS

# The broker's own limit: a writer that dies may hold readers back no longer than this.
_TRANSACTION_MS = 15_000
_CHANGES_EACH = 10_000  # in one transaction: well under a second
_ANSWER_S = 30.0
_ANY = -1  # librdkafka's word for: by key


class ListWriter:
    """Writes as one *provider*; a second writer of the same list fences the first.

    Raises: StopServiceError, and what was open is aborted: a list is never half closed.
    """

    def __init__(
        self, bootstrap: str, list_code: str, provider: str, clock: Callable[[], datetime],
        *, group: str,
    ) -> None:  # fmt: skip
        self._bootstrap = bootstrap
        self._list_code = list_code
        self._provider = provider
        self._clock = clock
        self._producer = Producer(
            producer_config(
                bootstrap,
                transactional_id=f"{group}-lists-{list_code}",
                transaction_timeout_ms=_TRANSACTION_MS,
                retry_backoff_ms=5,
                linger_ms=5,
            )
        )

    def open(self) -> None:
        """Take over from any earlier writer; read the topic only after this."""
        self._try(lambda: self._producer.init_transactions(_ANSWER_S))

    def write(
        self,
        changes: Sequence[PlannedChange],
        members: Mapping[str, tuple[str, int]],
        *,
        generation: int,
        partitions: int,
        progress: Callable[[int], None],
    ) -> None:
        """Write *changes*, then the watermark of *generation* over *members* to each partition.

        *members*: what the list then holds, entry id -> (subject, revision). The watermark is in
        the last transaction, so nobody sees it before every change.
        """
        starts = range(0, max(len(changes), 1), _CHANGES_EACH)
        for start in starts:
            chunk = changes[start : start + _CHANGES_EACH]
            self._try(self._producer.begin_transaction)
            for change in chunk:
                self._change(change)
            if start == starts[-1]:
                for partition in range(partitions):
                    self._watermark(partition, partitions, members, generation)
            self._try(lambda: self._producer.commit_transaction(_ANSWER_S))
            progress(start + len(chunk))

    def _change(self, change: PlannedChange) -> None:
        message = ListChange.model_validate(
            {
                **self._envelope(change.type, change.subject),
                "id": f"{self._list_code}/{change.data.entry_id}/{change.data.revision}",
                "data": change.data,
            }
        )
        self._send(message.model_dump_json(exclude_none=True), change.subject, None)

    def _watermark(
        self, partition: int, partitions: int, members: Mapping[str, tuple[str, int]],
        generation: int,
    ) -> None:  # fmt: skip
        here = {
            entry: revision
            for entry, (subject, revision) in members.items()
            if murmur2_partition(subject.encode(), partitions) == partition
        }
        message = ListPublished.model_validate(
            {
                **self._envelope(PUBLISHED, self._list_code),
                "id": f"{self._list_code}/{generation}/{partition}",
                "data": {
                    "list_code": self._list_code,
                    "generation": generation,
                    "published_at": self._clock(),
                    "count": len(here),
                    "digest": digest_of(here),
                },
            }
        )
        self._send(message.model_dump_json(exclude_none=True), self._list_code, partition)

    def _envelope(self, kind: str, subject: str) -> dict[str, object]:
        return {
            "specversion": "1.0",
            "source": self._provider,
            "type": kind,
            "subject": subject,
            "time": self._clock(),
        }

    def _send(self, text: str, key: str, partition: int | None) -> None:
        stamp = int(self._clock().timestamp() * 1000)
        while True:
            try:
                self._producer.produce(
                    LISTS, text.encode(), key.encode(), headers=HEADERS, timestamp=stamp,
                    partition=_ANY if partition is None else partition,
                )  # fmt: skip
            except BufferError:
                self._producer.poll(0.1)
                continue
            break
        self._producer.poll(0)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except KafkaException as err:
            error = err.args[0]
            if error.txn_requires_abort():
                self._producer.abort_transaction(_ANSWER_S)
            raise StopServiceError(
                f"{LISTS}: 写入失败, 未生效 / not written ({error.name()});"
                " 检查 Kafka 后重新导入 / check Kafka, then import again: nothing counts twice"
            ) from err


def digest_of(members: Mapping[str, int]) -> str:
    """Return the SHA-256 over the sorted lines `entry_id@revision`, each ended by a line feed.

    Source: contracts E.
    """
    lines = sorted(f"{entry}@{revision}\n" for entry, revision in members.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()
