"""The trigger's folds at a desk: its batches over a real Redis, its logs lists in memory.

What a worker adds to this, Kafka's transactions, is left to the tests on real servers.
"""

import uuid
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from schemas import topics
from schemas.lean import PartitionState, encode
from schemas.state import BIRTH_KEY, POSITION_KEY
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.trigger.backlog import Backlog
from streams.trigger.batch import Batches, Owned
from streams.trigger.cache import LAYOUT, StateCache
from streams.trigger.moves import CachePosition, Changes, Move
from streams.trigger.working import Recent
from tests.trigger.messages import AT, CREDIT_OFFICE, PARTITIONS, Sent

if TYPE_CHECKING:
    import redis

FAMILIES = ("approval", "bidding", "subsidy", "award", "inspection", "financing")
EVENTS = (*(topics.events_topic(family) for family in FAMILIES), topics.MEMBERS)


class Lying:
    """A message as a consumer hands it over."""

    def __init__(self, sent: Sent, offset: int) -> None:
        self.sent, self._offset = sent, offset

    def topic(self) -> str:
        return self.sent.topic

    def partition(self) -> int:
        return self.sent.partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes | None:
        return self.sent.key

    def value(self) -> bytes | None:
        return self.sent.value

    def headers(self) -> list[tuple[str, bytes]]:
        return self.sent.headers

    def timestamp(self) -> tuple[int, int]:
        return 2, int(self.sent.at.timestamp() * 1000)

    def error(self) -> None:
        return None


class MemoryLog:
    """Topics as lists of messages; every partition exists."""

    def __init__(self) -> None:
        self.topics: defaultdict[tuple[str, int], list[Lying]] = defaultdict(list)

    def append(self, sent: Sent) -> int:
        lying = self.topics[sent.topic, sent.partition]
        offset = lying[-1].offset() + 1 if lying else 0
        lying.append(Lying(sent, offset))
        return offset

    def source(self, topic: str, partition: int) -> Any:
        return MemorySource(list(self.topics[topic, partition]))

    def release(self) -> None:
        """Nothing is held."""


class MemorySource:
    """Hands out a few messages at a time."""

    def __init__(self, lying: list[Lying]) -> None:
        self._lying, self._at = lying, 0

    def has_grown(self) -> bool:
        return False

    def poll(self) -> list[Lying]:
        found = self._lying[self._at : self._at + 7]
        self._at += len(found)
        return found


class Desk:
    """One worker that owns every partition. `turn` folds one batch of what was sent."""

    def __init__(self, client: "redis.Redis", catalogue: Catalogue) -> None:
        self.log, self.at = MemoryLog(), AT
        self.gap = 0  # offsets that end markers take behind each batch
        self.catalogue = catalogue
        self._cache = StateCache(client, f"desk-{uuid.uuid4().hex[:8]}")
        self._owned: dict[int, Owned] = {}
        self._recent = Recent()
        self._read: dict[tuple[str, int], int] = {}
        self.restart(catalogue)
        for p in range(PARTITIONS):
            birth = CachePosition(f"birth-{p}", 0, 0.0, "space", LAYOUT)
            inputs = dict.fromkeys((*EVENTS, topics.LISTS, topics.REVIEWS), 0)
            state = PartitionState(inputs, legal_day(self.at), {})
            self._owned[p] = Owned(birth, state)
            self._cache.write({p: Move(None, birth, state, Changes())})
            self.log.append(Sent(topics.STATE, encode({"birth_id": "x"}), BIRTH_KEY, p))

    def restart(self, catalogue: Catalogue) -> None:
        """Begin a worker on *catalogue*."""
        self.catalogue = catalogue
        self._backlog = Backlog()
        self._batches = Batches(catalogue, self._cache, PARTITIONS, CREDIT_OFFICE)
        whole = encode({"version": catalogue.version, "files": dict(catalogue.files)})
        self.log.append(Sent(topics.CATALOGUES, whole, catalogue.version.encode(), 0))

    def send(self, *messages: Sent) -> None:
        for message in messages:
            self.log.append(message)

    def turn(self, most: int = 1_000) -> None:
        """Fold one batch: at most *most* messages of each partition of each topic."""
        if any(o.state.day < legal_day(self.at) for o in self._owned.values()):
            most = 0  # no event before the day that its partition has to live in
        names = (*EVENTS, topics.LISTS, topics.REVIEWS)
        taken = {(t, p): self._take(t, p, most) for t in names for p in range(PARTITIONS)}
        events: Any = [m for (t, _), got in taken.items() if t in EVENTS for m in got]
        beside: Any = [m for (t, _), got in taken.items() if t not in EVENTS for m in got]
        self._backlog.add(beside)
        parsed = self._batches.parse(events, self._backlog.take(events), self._owned)
        self.at += timedelta(milliseconds=1)
        folded = self._batches.fold(
            parsed, self._owned, self._recent, at=self.at, today=legal_day(self.at)
        )
        for topic, partition, key, value, headers in folded.outbox.records:
            lines: Any = list(headers or ())
            self.log.append(Sent(topic, value, key, partition, lines, at=self.at))
        moves = {}
        for p, state in folded.states.items():
            self.log.append(Sent(topics.STATE, encode(state), POSITION_KEY, p, []))
            before = self._owned[p].position
            after = replace(before, offset=before.offset + 1)
            moves[p] = Move(before, after, state, folded.changes[p])
            self._owned[p] = Owned(after, state, folded.agendas[p])
        self._recent = folded.recent
        if moves:
            self._cache.write(moves)

    def settle(self) -> None:
        """Fold until nothing is left to do."""
        while self._owes():
            self.turn()

    def _owes(self) -> bool:
        today = legal_day(self.at)
        return (
            any(o.agenda.owes(o.state) or o.state.day < today for o in self._owned.values())
            or len(self._backlog) > 0
            or any(
                len(lying) > self._read.get(where, 0)
                for where, lying in self.log.topics.items()
                if where[0] in (*EVENTS, topics.LISTS, topics.REVIEWS)
            )
        )

    def _take(self, topic: str, partition: int, most: int) -> list[Lying]:
        begin = self._read.get((topic, partition), 0)
        found = self.log.topics[topic, partition][begin : begin + most]
        self._read[topic, partition] = begin + len(found)
        return found

    def close(self) -> None:
        """Give the connection back."""
        self._cache.drain()
        self._cache.hang_up()
