"""What the trigger has committed, in batches in which no action lies before its decision."""

from collections.abc import Callable, Iterable

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from infra.kafka import admin_config, consumer_config
from infra.metrics import REBALANCES
from schemas.errors import RetryLaterError, StopServiceError
from schemas.topics import ACTIONS, ALERTS, DECISIONS

log = structlog.get_logger("dispatch")

_BATCH = 5_000
_WAIT_MS = 25  # of a fetch that finds nothing: what is committed must be in sight at once
_ASK_S = 3.0  # SIGTERM is not heard meanwhile, and has 5 s
_ORDER = {DECISIONS: 0, ACTIONS: 1, ALERTS: 2}


class Intake:
    """Reads the three topics of the trigger as a member of *group*, read_committed.

    `range` gives partition p of decisions and of actions to the same member. A member that joins
    a new group begins at the beginning, for nothing may be left out.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._consumer = Consumer(
            consumer_config(
                bootstrap,
                group,
                auto_offset_reset="earliest",
                enable_partition_eof=True,
                fetch_wait_max_ms=_WAIT_MS,
            )
            | {"on_commit": _committed}
        )
        self._admin = AdminClient(admin_config(bootstrap))
        self._changes, self._astray = 0, False
        self._held: list[Message] = []
        self._reached: dict[tuple[str, int], int] = {}
        self._consumer.subscribe(
            list(_ORDER), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    def owned(self) -> int:
        """Return how many partitions this member has."""
        return len(self._consumer.assignment())

    def take(self, timeout_s: float, stopped: Callable[[], bool]) -> list[Message]:
        """Return what has arrived: decisions, then actions, then alerts, each in its own order.

        Before an action is handed out, `credit.decisions` is read to the end that its partition
        had after the action was seen. Uncommitted end, since a transaction's markers do not
        become visible in all its partitions at once.
        Nothing is returned where the assignment changed meanwhile: all of it comes again.
        """
        if self._astray:
            self._rewind()
        changes = self._changes
        held, self._held = self._held, []
        batch = held + self._read(0 if held else timeout_s)
        partitions = {int(m.partition() or 0) for m in batch if m.topic() == ACTIONS}
        if partitions and changes == self._changes:
            ends = self._ends(partitions)
            while changes == self._changes and self._behind(ends):
                if stopped():
                    return []  # nothing of it is committed, so it comes again
                for m in self._read(0.05):
                    # A further action needs a look at the end of its own: next time.
                    (self._held if m.topic() == ACTIONS else batch).append(m)
        if changes != self._changes:
            self._rewind()
            return []
        return sorted(batch, key=lambda m: _ORDER[str(m.topic())])  # stable

    def commit(self, batch: Iterable[Message]) -> None:
        """Commit that *batch* is done, without waiting: what is refused comes again, with its ids.

        The answer may not come for seconds, and the next batch must not wait for it.
        """
        ends: dict[tuple[str, int], int] = {}
        for m in batch:
            ends[str(m.topic()), int(m.partition() or 0)] = int(m.offset() or 0) + 1
        offsets = [TopicPartition(topic, p, at) for (topic, p), at in ends.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as err:
            _committed(err.args[0], offsets)

    def close(self) -> None:
        """Leave the group, so that another takes over at once."""
        self._consumer.close()

    def _behind(self, ends: dict[int, int]) -> bool:
        return any(self._reached.get((DECISIONS, p), 0) < end for p, end in ends.items())

    def _read(self, timeout_s: float) -> list[Message]:
        first = self._consumer.poll(timeout_s)
        came = [] if first is None else [first, *self._consumer.consume(_BATCH, 0)]
        return [m for m in came if self._is_message(m)]

    def _is_message(self, message: Message) -> bool:
        error = message.error()
        offset = int(message.offset() or 0)
        place = str(message.topic()), int(message.partition() or 0)
        if error is None:
            self._reached[place] = offset + 1
            return True
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its only name
            self._reached[place] = max(self._reached.get(place, 0), offset)  # markers included
        elif error.fatal() or error.code() in (
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
        ):
            raise StopServiceError(
                f"dispatch: Kafka 拒绝读取 / Kafka refuses to read ({error.name()}); "
                "请检查权限 / check its rights"
            )
        return False

    def _ends(self, partitions: Iterable[int]) -> dict[int, int]:
        end = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = self._admin.list_offsets(
            {TopicPartition(DECISIONS, p): end for p in partitions},
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=_ASK_S,
        )
        try:
            return {tp.partition: answer.result().offset for tp, answer in asked.items()}
        except KafkaException as err:
            self._astray = True
            raise RetryLaterError(f"kafka: no answer ({err.args[0].name()})") from err

    def _rewind(self) -> None:
        """Read on from what is committed: what was taken since has not been passed on."""
        self._astray = True  # until it is done: going on from here would leave out what was dropped
        self._held.clear()
        self._reached.clear()
        mine = self._consumer.assignment()
        try:
            committed = self._consumer.committed(mine, timeout=_ASK_S) if mine else []
        except KafkaException as err:
            raise RetryLaterError(f"kafka: no answer ({err.args[0].name()})") from err
        for tp in committed:
            if tp.offset < 0:
                tp.offset = OFFSET_BEGINNING
        if committed:
            self._consumer.assign(committed)
        self._astray = False

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._changed(len(partitions))

    def _revoked(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._changed(0)

    def _changed(self, count: int) -> None:
        self._changes += 1
        self._reached.clear()
        self._held.clear()
        REBALANCES.inc()
        log.info("assignment", partitions=count)


def _committed(error: KafkaError | None, _: list[TopicPartition]) -> None:
    # NO_OFFSET: closing commits once more what is left, and nothing is.
    if error is not None and error.code() != KafkaError._NO_OFFSET:  # noqa: SLF001  # its only name
        log.warning("commit_refused", error=error.name())
