"""`credit.alerts` from a place on: what has come since, then live, read_committed."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import msgspec
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from msgspec import Struct

from infra.kafka import consumer_config
from infra.topic_log import TopicLog
from schemas.alert import ALERT_CLEARED
from schemas.errors import StopServiceError
from schemas.lean import AlertData, Envelope

_BATCH = 5_000
_WAIT_S = 0.1
_WAIT_MS = 25  # a commit must be in sight within 200 ms, also where a broker waits with its answer
# How long a look at what has come waits for somebody's open transaction: it can be shown next time.
_PATIENCE_S = 5.0
_alert = msgspec.json.Decoder(Envelope[AlertData]).decode


class FedAlert(Struct, frozen=True):
    """One alert as it was raised, or `cleared` since."""

    alert: AlertData
    cleared: bool


class Unreadable(Struct, frozen=True):
    """A message that is no alert, and where it lies: `<topic>/<partition>/<offset>`."""

    origin: str


Fed = FedAlert | Unreadable


class AlertFeed:
    """Reads *log* from *positions* on, of one *department* or all. Use it as a context manager.

    `positions` are the next offsets to read: true once what was returned has been shown. Commits
    nothing. Raises: StopServiceError if reading fails.
    """

    def __init__(self, log: TopicLog, positions: Mapping[int, int], department: str | None) -> None:
        self.positions = dict(positions)
        self._log, self._department = log, department
        group = "credit-alerts"  # needed by librdkafka; nothing is ever committed under it
        self._consumer = Consumer(
            consumer_config(
                log.bootstrap, group, enable_partition_eof=True, fetch_wait_max_ms=_WAIT_MS
            )
        )

    def __enter__(self) -> Self:
        """Begin at the positions."""
        self._consumer.assign(
            [TopicPartition(self._log.topic, p, at) for p, at in self.positions.items()]
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def backlog(self) -> list[Fed]:
        """Return what lies there up to the end that the log had, oldest first in a partition."""
        found: list[Fed] = []
        deadline = time.monotonic() + _PATIENCE_S
        while any(self.positions[p] < end for p, end in self._log.ends.items()):
            before = dict(self.positions)
            found += self.poll(_WAIT_S)
            if self.positions != before:
                deadline = time.monotonic() + _PATIENCE_S
            elif time.monotonic() > deadline:
                break
        return found

    def poll(self, timeout_s: float) -> list[Fed]:
        """Return what has arrived, waiting up to *timeout_s* for the first message."""
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        taken = (self._take(message) for message in (first, *self._consumer.consume(_BATCH, 0)))
        return [fed for fed in taken if fed is not None]

    def _take(self, message: Message) -> Fed | None:
        partition, offset = int(message.partition() or 0), int(message.offset() or 0)
        error = message.error()
        if error is None:
            self.positions[partition] = offset + 1
            return self._if_wanted(read_alert(message), message)
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its only name
            # Beyond the last message lie markers only, which are never delivered.
            self.positions[partition] = max(self.positions[partition], offset)
        elif not error.retriable():
            raise StopServiceError(
                f"Kafka {self._log.bootstrap}: 读取失败 / reading failed ({error.name()});"
                " 检查服务后重试 / check it, then try again"
            )
        return None

    def _if_wanted(self, fed: Fed, message: Message) -> Fed | None:
        """Return *fed* if it is for the department; of what cannot be read the key has to tell."""
        if self._department is None:
            return fed
        if isinstance(fed, Unreadable):
            return fed if message.key() == self._department.encode() else None
        return fed if fed.alert.department == self._department else None


def read_alert(message: Message) -> Fed:
    """Return the alert that *message* of `credit.alerts` holds, if it is one."""
    try:
        told = _alert(message.value() or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unreadable(f"{message.topic()}/{message.partition()}/{message.offset()}")
    return FedAlert(told.data, cleared=told.type == ALERT_CLEARED)
