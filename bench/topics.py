"""Topics of a run: made with append timestamps, counted, and removed again."""

import time
from concurrent.futures import Future
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from bench.errors import BenchStopError
from infra.kafka import admin_config

# Made first and removed last, on a cluster that was empty: topics beside it are a bench's own.
OWNER = "bench.owner"
_REQUEST_S = 30.0
_END = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the library's own
# The broker's clock stamps what it appends: the same measure for every engine (Kafka Streams, for
# one, writes the input's time into its output).
_APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}


class Topics:
    """The topics of one broker, as the bench needs them."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient(admin_config(bootstrap))

    def names(self) -> set[str]:
        """Return every topic but the broker's own."""
        known = self._admin.list_topics(timeout=_REQUEST_S).topics
        return {name for name in known if not name.startswith("__")}

    def claim(self) -> None:
        """Take the cluster for this run. Raises: BenchStopError where others have topics."""
        names = self.names()
        if names and OWNER not in names:
            shown = ", ".join(sorted(names)[:3])
            msg = (
                f"the cluster has {len(names)} topics that are not the bench's ({shown}…);"
                " the bench takes an empty cluster alone: unset CREDIT_BENCH_KAFKA or name another"
            )
            raise BenchStopError(msg)
        self.remove(names - {OWNER})  # left behind by a bench that was killed
        if OWNER not in names:
            self.make([OWNER], 1)

    def make(self, names: list[str], partitions: int, config: dict[str, str] | None = None) -> None:
        """Make *names* with *partitions* each, stamped by the broker where it can."""
        settings = {**_APPEND_TIME, **(config or {})}
        _wait(
            self._admin.create_topics(
                [NewTopic(n, partitions, replication_factor=1, config=settings) for n in names]
            ),
            "making topics",
        )
        for name in names:
            self.visible(name, partitions)  # returns once every partition has a leader

    def stamp_by_broker(self, names: list[str]) -> None:
        """Give topics that somebody else made the broker's timestamps too."""
        entry = ConfigEntry(
            "message.timestamp.type",
            "LogAppendTime",
            incremental_operation=AlterConfigOpType.SET,
        )
        resources = [
            ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry]) for name in names
        ]
        _wait(self._admin.incremental_alter_configs(resources), "setting timestamps")

    def remove(self, names: set[str]) -> None:
        """Delete *names* and wait until the broker has forgotten them."""
        if not names:
            return
        _wait(self._admin.delete_topics(sorted(names)), "deleting topics")
        deadline = time.monotonic() + _REQUEST_S
        while self.names() & names:
            if time.monotonic() > deadline:
                msg = f"topics were deleted but are still there after {_REQUEST_S:.0f} s"
                raise BenchStopError(msg)
            time.sleep(0.1)

    def release(self) -> None:
        """Remove everything of the run, the claim last."""
        names = self.names()
        if OWNER in names:
            self.remove(names - {OWNER})
            self.remove({OWNER})

    def visible(self, topic: str, partitions: int) -> int:
        """Return the sum of *topic*'s read_committed end offsets; transaction marks count.

        Asks again while the broker says "not leader", as it does right after making a topic.
        Raises: BenchStopError if it goes on saying so.
        """
        deadline = time.monotonic() + _REQUEST_S
        while True:
            try:
                return self._committed_ends(topic, partitions)
            except KafkaException as err:
                if time.monotonic() > deadline:
                    raise BenchStopError(f"bench: {topic}: no end offsets: {err.args[0]}") from err
                time.sleep(0.05)
                # A client that learnt once that nobody leads a new topic went on saying so for half
                # a minute; a new one asks the broker.
                self._admin = AdminClient(admin_config(self._bootstrap))

    def _committed_ends(self, topic: str, partitions: int) -> int:
        places = {TopicPartition(topic, p): _END for p in range(partitions)}
        answers = self._admin.list_offsets(places, isolation_level=IsolationLevel.READ_COMMITTED)
        return sum(future.result(_REQUEST_S).offset for future in answers.values())


def _wait(futures: dict[Any, Future[Any]], what: str) -> None:
    for name, future in futures.items():
        try:
            future.result(_REQUEST_S)
        except KafkaException as err:
            error = err.args[0]
            if isinstance(error, KafkaError) and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue  # to delete what is not there is no fault
            msg = f"{what}: {name}: {error}"
            raise BenchStopError(msg) from err
