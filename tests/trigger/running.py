"""A trigger at work on servers of its own: send messages, wait, read everything it wrote."""

import gc
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from confluent_kafka import Consumer, IsolationLevel, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from pydantic import SecretStr

from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from infra.services import Endpoints
from infra.settings import Settings
from infra.topics import Topics
from infra.wanted_topics import wanted_topics
from schemas import lean
from schemas.state import PartitionState
from schemas.times import legal_day
from streams.trigger.cache import StateCache
from streams.trigger.moves import CachePosition
from streams.trigger.service import make_worker
from streams.trigger.sweeps import Agenda
from streams.trigger.telemetry import Telemetry
from tests.rules.given import real_catalogue
from tests.trigger.messages import AT, PARTITIONS, Sent, Watermarks
from tests.trigger.written import Written, read_as

if TYPE_CHECKING:
    from streams.trigger.worker import Worker

PATIENCE_S = 20.0
OUTPUTS = {
    "credit.decisions": PARTITIONS,
    "credit.actions": PARTITIONS,
    "credit.state": PARTITIONS,
    "credit.members": PARTITIONS,
    "credit.alerts": 1,
    "credit.tallies": 1,
    "credit.catalogues": 1,
    "credit.dead-letters": 1,
}


@contextmanager
def short_session() -> Iterator[None]:
    """Let consumers that are made here have a session of 2 s.

    The embedded broker makes a lone member wait for half of it at each start; a real one would
    refuse less than 6 s.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.kafka.SESSION_MS", 2000)
        patch.setattr("infra.kafka.HEARTBEAT_MS", 300)
        yield


class Hands:
    """A clock whose hands tests move; the instant stands still in between."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Told:
    """What the trigger wrote since it was last asked."""

    records: list[Written] = field(default_factory=list)

    def on(self, topic: str) -> list[Written]:
        return [record for record in self.records if record.topic == topic]

    @property
    def decisions(self) -> list[Written]:
        return self.on("credit.decisions")

    @property
    def actions(self) -> list[Written]:
        return self.on("credit.actions")

    @property
    def alerts(self) -> list[Written]:
        return self.on("credit.alerts")

    @property
    def tallies(self) -> list[Written]:
        return self.on("credit.tallies")

    @property
    def members(self) -> list[Written]:
        return self.on("credit.members")

    @property
    def dead_letters(self) -> list[Written]:
        return self.on("credit.dead-letters")


class Town:
    """Servers, topics, one trigger in a thread, and the office's book of its lists."""

    def __init__(self, services: EmbeddedServices, state_dir: Path) -> None:
        self.clock = Hands()
        self.lists = Watermarks()
        self.redis = services.redis
        self.settings = Settings(
            kafka=services.kafka,
            redis=SecretStr(services.redis),
            state_dir=state_dir,
            metrics_port=0,
        )
        self.catalogue = real_catalogue()
        self._endpoints = Endpoints(services.kafka, services.redis, embedded=True)
        Topics(services.kafka).apply(
            wanted_topics(
                self.catalogue.families,
                self.catalogue.departments,
                partitions=PARTITIONS,
                brokers=1,
                embedded=True,
            )
        )
        self._producer = Producer(admin_config(services.kafka, linger_ms=10))
        self._reader = Reader(services.kafka)
        self.events_sent = 0
        self.starts = 0
        self._sent: dict[tuple[str, int], int] = {}
        self._worker: Worker | None = None
        self._thread = threading.Thread()
        self._fault: list[BaseException] = []
        self._history: list[Written] = []

    def start(self) -> None:
        """Start a worker on what the servers hold."""
        telemetry = Telemetry(self.catalogue)
        with short_session():
            worker = make_worker(
                self.settings, self.catalogue, self._endpoints, telemetry, self.clock
            )
        self.telemetry = telemetry

        def work() -> None:
            try:
                worker.run()
            except BaseException as fault:  # noqa: BLE001  # told to the test that waits
                self._fault.append(fault)

        self.starts += 1
        self._worker = worker
        self._thread = threading.Thread(target=work, name="trigger")
        self._thread.start()

    def stop(self) -> None:
        """Stop the worker as SIGTERM does."""
        if self._worker is not None:
            self._worker.stop()
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()
            self._worker = None
            self._thread = threading.Thread()

    def close(self) -> None:
        """Stop the worker and let go of every connection: the embedded broker waits for them."""
        self.stop()
        self._reader.close()
        del self._producer, self._reader
        gc.collect()

    def send(self, *messages: Sent) -> list[tuple[int, int]]:
        """Write *messages* one after the other; return partition and offset of each."""
        return [self.post(message)[0] for message in messages]

    def post(self, *messages: Sent) -> list[tuple[int, int]]:
        landed: list[tuple[int, int]] = []

        def note(error: object, message: Message) -> None:
            assert error is None, error
            where = str(message.topic()), int(message.partition() or 0)
            offset = int(message.offset() or 0)
            self._sent[where] = max(self._sent.get(where, 0), offset + 1)
            landed.append((where[1], offset))

        for message in messages:
            self._producer.produce(
                message.topic,
                message.value,
                message.key,
                message.partition,
                headers=list(message.headers),
                timestamp=int(message.at.timestamp() * 1000),
                on_delivery=note,
            )
        assert self._producer.flush(PATIENCE_S) == 0
        self.events_sent += sum(m.topic.startswith("credit.events.") for m in messages)
        return landed

    def tell(self, *messages: Sent) -> Told:
        """Send *messages*, wait until all are settled, and return what came of them."""
        self.send(*messages)
        return self.settle()

    def tell_at_once(self, *messages: Sent) -> Told:
        """As `tell`, but sent together: what goes to one partition makes one batch."""
        self.post(*messages)
        return self.settle()

    def settle(self) -> Told:
        """Return everything written since the last time, once nothing is left to do."""
        deadline, pause_s = time.monotonic() + PATIENCE_S, 0.005
        while True:
            self._reader.read_to_end()
            due = self._sent | self._reader.members_due
            late = {w: n for w, n in due.items() if self._reader.position(*w) < n}
            if not late and self._is_cached(due):
                self._reader.read_to_end()
                told = Told([read_as(message) for message in self._reader.taken()])
                self._history += told.records
                return told
            if self._fault:
                raise self._fault[0]
            assert time.monotonic() < deadline, f"not read: {late}; {self.telemetry.ready()}"
            time.sleep(pause_s)  # the trigger works in this process: who asks on keeps it from that
            pause_s = min(2 * pause_s, 0.05)

    def _is_cached(self, due: dict[tuple[str, int], int]) -> bool:
        """Tell whether Redis has moved on too, which it does after the commit: all is written.

        The embedded broker shows some topics of a transaction before the others.
        """
        cache = StateCache(redis.Redis.from_url(self.redis), self.settings.group)
        held = {number: cache.position(number) for number in range(PARTITIONS)}
        for number, found in held.items():
            if found is not None and self._owes(cache, number, *found):
                return False
        return all(
            (found := held[number]) is not None and found[1].inputs.get(topic, 0) >= n
            for (topic, number), n in due.items()
        )

    def _owes(
        self, cache: StateCache, number: int, position: CachePosition, state: lean.PartitionState
    ) -> bool:
        """Tell whether matters are still to be decided again, or a day to be lived."""
        agenda = Agenda(*cache.agenda(number, position))
        return agenda.owes(state) or state.day < legal_day(self.clock())

    def everything(self) -> Told:
        """Return everything that was ever written."""
        self.settle()
        return Told(self._history)

    def state(self, partition: int) -> PartitionState:
        """Return what *partition* last said of itself."""
        return self._reader.state(partition)

    def redis_names(self) -> list[bytes]:
        """Return every key that Redis holds, and what stands by name within them."""
        client = redis.Redis.from_url(self.redis)
        names: list[bytes] = []
        for key in client.scan_iter(count=1000):
            names.append(key)
            if client.type(key) == b"hash":
                names += client.hkeys(key)
            elif client.type(key) == b"zset":
                names += client.zrange(key, 0, -1)
        return names

    def publish_all(self) -> Told:
        """Publish every list as it stands, so that all are fresh."""
        marks = [mark for code in self.catalogue.lists for mark in self.lists.published(code)]
        return self.tell(*marks)


class Reader:
    """Reads all outputs, read_committed, to the end that the logs have at the time of asking."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient(admin_config(bootstrap))
        self._consumer = Consumer(
            {
                **admin_config(bootstrap),
                "group.id": "tests",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
            }
        )
        self._places = [(topic, n) for topic, count in OUTPUTS.items() for n in range(count)]
        self._next = dict.fromkeys(self._places, 0)
        self._consumer.assign([TopicPartition(t, p, 0) for t, p in self._places])
        self._taken: list[Message] = []
        self._states: dict[int, PartitionState] = {}
        self.members_due: dict[tuple[str, int], int] = {}

    def read_to_end(self) -> None:
        """Read what is there now; an open transaction is waited for."""
        ends = self._ends()
        deadline = time.monotonic() + PATIENCE_S
        while any(self._next[where] < end for where, end in ends.items()):
            assert time.monotonic() < deadline, "outputs cannot be read to their end"
            for message in self._consumer.consume(1000, 0.02):
                self._note(message)

    def position(self, topic: str, partition: int) -> int:
        """Return how far the trigger has read an input, as its own record says."""
        state = self._states.get(partition)
        return state.inputs.get(topic, 0) if state else 0

    def state(self, partition: int) -> PartitionState:
        """Return the newest position record of *partition*."""
        return self._states[partition]

    def taken(self) -> Iterable[Message]:
        """Return what was read since the last time."""
        taken, self._taken = self._taken, []
        return taken

    def close(self) -> None:
        self._consumer.close()

    def _note(self, message: Message) -> None:
        where = str(message.topic()), int(message.partition() or 0)
        offset = int(message.offset() or 0)
        if message.error() is not None:  # the end of the partition
            self._next[where] = max(self._next[where], offset)
            return
        self._next[where] = offset + 1
        self._taken.append(message)
        if where[0] == "credit.members":
            self.members_due[where] = offset + 1
        if message.key() == b"/position":
            self._states[where[1]] = PartitionState.model_validate_json(message.value() or b"")

    def _ends(self) -> dict[tuple[str, int], int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = self._admin.list_offsets(
            dict.fromkeys([TopicPartition(t, p) for t, p in self._places], latest),
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
        )
        return {(w.topic, w.partition): answer.result(10).offset for w, answer in asked.items()}
