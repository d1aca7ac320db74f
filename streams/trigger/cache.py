"""The working state in Redis: a cache of `credit.state`, read and written by position.

Every read and every write names the position that the worker holds; a Redis that is somewhere
else (flushed, restored from a snapshot, written by another worker) answers so and nothing is
used. Position and values are read in one MULTI: a flush between two commands once returned the
position and lost the keys. Plain MGET and MSET, since a script that loops costs three times that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import redis

from schemas.errors import RetryLaterError
from schemas.lean import PartitionState

LAYOUT = 2  # +1 with every change of keys or records: an older cache is rebuilt, never misread
_UNLINK_AT_ONCE = 5_000


class CachePosition(msgspec.Struct, frozen=True):
    """Where the cache of one partition stands in `credit.state`.

    `birth_id` names the log, `offset` is the next to replay, `at` when it was written, `space`
    the key namespace in force, `layout` how its keys are laid out. Compared byte for byte.
    """

    birth_id: str
    offset: int
    at: float
    space: str
    layout: int = 0


@dataclass(slots=True)
class Found:
    """What one partition's read returned, in the order asked; None where there is nothing."""

    triples: list[bytes | None]
    entries: list[bytes | None]


@dataclass(slots=True)
class Changes:
    """What a batch changes in one partition of the cache.

    `matters`: (USCC, matter id, record, decision id of its newest event). `members`: (list code,
    entry id, revision or empty if it left the list).
    """

    matters: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    entries: dict[str, bytes] = field(default_factory=dict)
    members: list[tuple[str, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many records change."""
        return len(self.matters) + len(self.entries)


@dataclass(frozen=True, slots=True)
class Move:
    """One partition's step; without `before` the cache is taken over whatever it holds."""

    before: CachePosition | None
    after: CachePosition
    state: PartitionState
    changes: Changes


class CacheMovedError(RetryLaterError):
    """Redis is not where this worker left it: restore from `credit.state`, then go on."""


class StateCache:
    """The state of the partitions that this worker owns.

    Keys of a partition: `position`, and in its namespace `state`, `e:<USCC>` entries,
    `m:<USCC>/<matter id>` a matter, `i:<USCC>/<decision id>` the matter in which that event was
    decided (derived, so that the same identity in another matter is noticed), `l:<list code>` a
    hash of entry id -> revision.
    """

    def __init__(self, client: "redis.Redis", group: str) -> None:
        self._client = client
        self._group = group

    def prefix(self, partition: int) -> str:
        """Return what every key of *partition* begins with; the tag keeps them together."""
        return f"{self._group}:{{{partition}}}:"

    def space(self, partition: int, space: str) -> str:
        """Return what every key of the namespace *space* begins with."""
        return f"{self.prefix(partition)}{space}:"

    def position(self, partition: int) -> tuple[CachePosition, PartitionState] | None:
        """Return where the cache says it stands; None if it is empty or cannot be read."""
        raw = self._client.get(self._position_key(partition))
        try:
            position = msgspec.json.decode(raw or b"", type=CachePosition)
            state = self._client.get(self.space(partition, position.space) + "state")
            return position, msgspec.json.decode(state or b"", type=PartitionState)
        except msgspec.MsgspecError:
            return None

    def read(
        self, wanted: Mapping[int, tuple[CachePosition, Sequence[str], Sequence[str]]]
    ) -> dict[int, Found]:
        """Return what stands under the wanted triples and subjects of each partition.

        *wanted*: partition -> (our position, flat triples USCC, matter id, decision id, USCCs
        whose entries alone are wanted). One round trip. Raises: CacheMovedError.
        """
        keys: list[str] = []
        for partition, (position, triples, subjects) in wanted.items():
            keys += self._keys(self.space(partition, position.space), triples, subjects)
        pipe = self._client.pipeline(transaction=True)
        pipe.mget([self._position_key(partition) for partition in wanted])
        pipe.mget(keys)
        positions, values = pipe.execute()
        self._compare({p: w[0] for p, w in wanted.items()}, positions)
        found, start = {}, 0
        for partition, (_, triples, subjects) in wanted.items():
            middle = start + len(triples)
            end = middle + len(subjects)
            found[partition] = Found(values[start:middle], values[middle:end])
            start = end
        return found

    def write(self, moves: dict[int, Move]) -> None:
        """Move each partition from one position to the next, all or none.

        Raises: CacheMovedError if one of them is not where it should be.
        """
        watched = {p: move.before for p, move in moves.items() if move.before is not None}
        with self._client.pipeline(transaction=True) as pipe:
            if watched:
                keys = [self._position_key(partition) for partition in watched]
                pipe.watch(*keys)  # type: ignore[no-untyped-call]
                self._compare(watched, pipe.mget(keys))
                pipe.multi()
            values: dict[str, bytes] = {}
            for partition, move in moves.items():
                self._add_values(values, partition, move)
                self._add_members(pipe, partition, move)
            pipe.mset(values)
            try:
                pipe.execute()
            except redis.WatchError as err:
                msg = "Redis moved under this worker"
                raise CacheMovedError(msg) from err

    def _keys(self, space: str, triples: Sequence[str], subjects: Sequence[str]) -> list[str]:
        entries, matters, identities = f"{space}e:", f"{space}m:", f"{space}i:"
        keys: list[str] = []
        several = iter(triples)
        for uscc, matter, decision in zip(several, several, several, strict=True):
            keys += (entries + uscc, f"{matters}{uscc}/{matter}", f"{identities}{uscc}/{decision}")
        keys += [entries + uscc for uscc in subjects]
        return keys

    def _add_values(self, values: dict[str, bytes], partition: int, move: Move) -> None:
        space = self.space(partition, move.after.space)
        matters, identities = f"{space}m:", f"{space}i:"
        for uscc, matter, record, decision in move.changes.matters:
            values[f"{matters}{uscc}/{matter}"] = record
            values[f"{identities}{uscc}/{decision}"] = matter.encode()
        for uscc, record in move.changes.entries.items():
            values[f"{space}e:{uscc}"] = record
        values[f"{space}state"] = msgspec.json.encode(move.state)
        values[self._position_key(partition)] = msgspec.json.encode(move.after)

    def _add_members(self, pipe: "redis.client.Pipeline", partition: int, move: Move) -> None:
        lists: dict[str, dict[str, str]] = {}
        for code, entry, revision in move.changes.members:
            lists.setdefault(code, {})[entry] = revision
        for code, members in lists.items():
            key = f"{self.space(partition, move.after.space)}l:{code}"
            kept = {entry: revision for entry, revision in members.items() if revision}
            gone = [entry for entry, revision in members.items() if not revision]
            if kept:
                pipe.hset(key, mapping=kept)  # type: ignore[arg-type]  # str is one of its types
            if gone:
                pipe.hdel(key, *gone)

    def _compare(
        self, held: Mapping[int, CachePosition], found: Sequence[bytes | str | None]
    ) -> None:
        moved = [
            str(partition)
            for (partition, position), raw in zip(held.items(), found, strict=True)
            if raw != msgspec.json.encode(position)
        ]
        if moved:
            msg = f"partitions {', '.join(moved)}: Redis is not where this worker left it"
            raise CacheMovedError(msg)

    def _position_key(self, partition: int) -> str:
        return self.prefix(partition) + "position"

    def members(self, partition: int, position: CachePosition, list_code: str) -> dict[str, str]:
        """Return the entries, not removed, of one list in one partition: id -> revision.

        Raises: CacheMovedError.
        """
        pipe = self._client.pipeline(transaction=True)
        pipe.get(self._position_key(partition))
        pipe.hgetall(f"{self.space(partition, position.space)}l:{list_code}")
        found, held = pipe.execute()
        self._compare({partition: position}, [found])
        return {_text(entry): _text(revision) for entry, revision in held.items()}

    def open_space(self, partition: int, space: str) -> None:
        """Note a namespace before it is filled, so that one that is given up can be found."""
        self._client.sadd(self._spaces_key(partition), space)

    def drop_other_spaces(self, partition: int, space: str) -> None:
        """Delete what namespaces given up left behind; walks all keys, so not for the loop."""
        noted = self._client.smembers(self._spaces_key(partition))
        for old in {_text(each) for each in noted} - {space}:
            doomed: list[bytes | str] = []
            for key in self._client.scan_iter(
                match=self._pattern(self.space(partition, old)), count=_UNLINK_AT_ONCE
            ):
                doomed.append(key)
                if len(doomed) >= _UNLINK_AT_ONCE:
                    self._client.unlink(*doomed)
                    doomed.clear()
            if doomed:
                self._client.unlink(*doomed)
            self._client.srem(self._spaces_key(partition), old)

    def _spaces_key(self, partition: int) -> str:
        return self.prefix(partition) + "spaces"

    def _pattern(self, start: str) -> str:
        """Return the glob of all keys that begin with *start*, whatever characters it has."""
        return "".join(f"\\{c}" if c in "*?[]\\" else c for c in start) + "*"


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()
