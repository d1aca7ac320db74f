"""The trigger's folds at a desk: its batches over a real Redis, its logs lists in memory.

What a worker adds to this, Kafka's transactions, is left to the tests on real servers; what they
come to when one fails is here: a batch that was not committed and is read again, one that was
and that Redis never heard of, a Redis that lost everything.
"""

import time
import uuid
from collections import defaultdict, deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from schemas import topics
from schemas.lean import PartitionState, encode
from schemas.state import BIRTH_KEY, POSITION_KEY
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.trigger.backlog import NOTHING, Backlog
from streams.trigger.batch import Batches
from streams.trigger.cache import LAYOUT, CacheMovedError, StateCache
from streams.trigger.folded import Folded, Owned
from streams.trigger.moves import CachePosition, Changes, Move
from streams.trigger.restore import Restore
from streams.trigger.sweeps import Agenda
from streams.trigger.working import Recent
from tests.trigger.messages import AT, CREDIT_OFFICE, PARTITIONS, Sent

if TYPE_CHECKING:
    import redis

FAMILIES = ("approval", "bidding", "subsidy", "award", "inspection", "financing")
# What may befall a turn: Redis is emptied before it; or the worker ends before its commit, right
# after it, or loses its partitions before it and goes on.
Trouble = Literal["emptied", "killed", "unwritten", "dropped"]

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


class MemoryEnds:
    """Where the logs of a desk begin and end."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def ask(self, places: list[tuple[str, int]]) -> Any:
        return lambda: {where: len(self._log.topics[where]) for where in places}

    def beginnings(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return dict.fromkeys(places, 0)


class MemoryFollower:
    """Follows a partition of a desk's logs, as `Follower` does those of Kafka."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._next: dict[tuple[str, int], int] = {}

    def follow(self, positions: dict[tuple[str, int], int]) -> None:
        self._next = dict(positions)

    def position(self, topic: str, partition: int) -> int:
        return self._next[topic, partition]

    def has_reached(self, ends: dict[tuple[str, int], int]) -> bool:
        return all(self._next[where] >= end for where, end in ends.items())

    def take(self, most: int, _: float = 0.0) -> list[Lying]:
        (where,) = self._next
        found = self._log.topics[where][self._next[where] :][:most]
        self._next[where] += len(found)
        return found

    def read_to(self, ends: dict[tuple[str, int], int], **_: object) -> Any:
        while not self.has_reached(ends):
            yield self.take(7)


class Desk:
    """One worker that owns every partition. `turn` folds one batch of what was sent.

    As a worker under load folds a batch while Redis lacks the one before: `overlaps`. `troubles`:
    what befalls the next turns, one each.
    """

    def __init__(self, client: "redis.Redis", catalogue: Catalogue) -> None:
        self.log, self.at = MemoryLog(), AT
        self.catalogue = catalogue
        self.troubles: list[Trouble] = []
        self.overlaps = True
        self._slices_next = False
        self._in_flight: deque[tuple[Folded, dict[int, int]]] = deque()
        self._client, self._group = client, f"desk-{uuid.uuid4().hex[:8]}"
        self._cache = StateCache(client, self._group)
        self._owned: dict[int, Owned] = {}
        for p in range(PARTITIONS):
            inputs = dict.fromkeys((*EVENTS, topics.LISTS, topics.REVIEWS), 0)
            state = PartitionState(inputs, legal_day(self.at), {})
            birth = encode({"birth_id": f"birth-{p}"})
            self.log.append(Sent(topics.STATE, birth, BIRTH_KEY, p))
            end = self.log.append(Sent(topics.STATE, encode(state), POSITION_KEY, p)) + 1
            born = CachePosition(f"birth-{p}", end, time.time(), "space", LAYOUT)
            self._owned[p] = Owned(born, state)
            self._cache.write({p: Move(None, born, state, Changes())})
        self.restart(catalogue)

    def restart(self, catalogue: Catalogue) -> None:
        """Begin a worker on *catalogue*."""
        self.catalogue = catalogue
        self._batches = Batches(catalogue, self._cache, PARTITIONS, CREDIT_OFFICE)
        whole = encode({"version": catalogue.version, "files": dict(catalogue.files)})
        self.log.append(Sent(topics.CATALOGUES, whole, catalogue.version.encode(), 0))
        self._take_over()

    def _take_over(self) -> None:
        """Know nothing but what the log says, and read on from where it was read to."""
        self._cache.hang_up()
        self._in_flight.clear()
        self._recent, self._backlog = Recent(), Backlog()
        self._read: dict[tuple[str, int], int] = {}
        ends: Any = MemoryEnds(self.log)
        follower: Any = MemoryFollower(self.log)
        restore = Restore(
            self._cache, ends, follower, meanwhile=lambda: None, progress=lambda *_: None
        )
        for p in range(PARTITIONS):
            found = restore.partition(p)
            assert found.state is not None
            agenda = Agenda(*self._cache.agenda(p, found.position))
            self._owned[p] = Owned(found.position, found.state, agenda)
            self._read |= {(topic, p): offset for topic, offset in found.state.inputs.items()}

    def _empty_cache(self) -> None:
        """Lose everything that Redis holds for this desk."""
        keys = list(self._client.scan_iter(match=f"{self._group}:*", count=1_000))
        if keys:
            self._client.delete(*keys)

    def send(self, *messages: Sent) -> None:
        for message in messages:
            self.log.append(message)

    def turn(self, most: int = 1_000) -> None:
        """Fold one batch: at most *most* messages of each partition of each topic.

        As in the worker, messages and slices take turns.
        """
        if any(o.state.day < legal_day(self.at) for o in self._owned.values()):
            most = 0  # no event before the day that its partition has to live in
            self._land()
        sliced = self._slices_next and self._sweeps()
        if sliced:
            most = 0
        names = (*EVENTS, topics.LISTS, topics.REVIEWS)
        taken = {(t, p): self._take(t, p, most) for t in names for p in range(PARTITIONS)}
        events: Any = [m for (t, _), got in taken.items() if t in EVENTS for m in got]
        beside: Any = [m for (t, _), got in taken.items() if t not in EVENTS for m in got]
        self._backlog.add(beside)
        told = NOTHING if sliced else self._backlog.take(events)
        self._slices_next = bool(events or len(told))
        self.at += timedelta(milliseconds=1)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == "emptied":
            self._empty_cache()
        try:
            parsed = self._batches.parse(events, told, self._owned)
            if parsed.asks_for_more:
                self._land()
            folded = self._batches.fold(
                parsed, self._owned, self._recent, at=self.at, today=legal_day(self.at)
            )
        except CacheMovedError:
            assert trouble == "emptied"
            self._take_over()
            return
        assert trouble != "emptied", "an empty Redis was believed"
        if trouble == "killed":
            self.restart(self.catalogue)
        elif trouble == "dropped":
            self._take_over()
        else:
            self._commit(folded, is_cached=trouble is None)

    def _commit(self, folded: Folded, *, is_cached: bool) -> None:
        """Write a batch to the log, and then to Redis, unless the worker ends in between."""
        for topic, partition, key, value, headers in folded.outbox.records:
            lines: Any = list(headers or ())
            self.log.append(Sent(topic, value, key, partition, lines, at=self.at))
        places = {
            p: self.log.append(Sent(topics.STATE, encode(state), POSITION_KEY, p, []))
            for p, state in folded.states.items()
        }
        for p, state in folded.states.items():
            self._owned[p] = Owned(self._owned[p].position, state, folded.agendas[p])
        self._recent = folded.recent
        self._in_flight.append((folded, places))
        if is_cached:
            self._land(but=int(self.overlaps))
        else:
            self.restart(self.catalogue)

    def _land(self, but: int = 0) -> None:
        """Write the batches in flight to Redis, *but* the newest."""
        while len(self._in_flight) > but:
            folded, places = self._in_flight.popleft()
            moves = {}
            for p, state in folded.states.items():
                owned = self._owned[p]
                after = replace(owned.position, offset=places[p] + 1)
                moves[p] = Move(owned.position, after, state, folded.changes[p])
                owned.position = after
            if moves:
                self._cache.write(moves)

    def settle(self) -> None:
        """Fold until nothing is left to do."""
        while self._owes():
            self.turn()
        self._land()

    def _sweeps(self) -> bool:
        return any(o.agenda.owes(o.state) for o in self._owned.values())

    def _owes(self) -> bool:
        today = legal_day(self.at)
        return (
            self._sweeps()
            or any(o.state.day < today for o in self._owned.values())
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
