"""The working state in Redis: a cache of `credit.state`, read and written by position.

Every read and every write names the position that the worker holds; a Redis that is somewhere
else (flushed, restored from a snapshot, written by another worker) answers so and nothing is
used. Position and values are read in one script: a flush between two commands once returned the
position and lost the keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import redis

from schemas.errors import RetryLaterError
from schemas.lean import PartitionState
from streams.trigger.keys import ENTRIES_FIELD, IDENTITY_PREFIX, MATTER_PREFIX

_READ = f"""
local position = redis.call('GET', KEYS[1])
if position ~= ARGV[1] then return {{position}} end
local out, space = {{position}}, ARGV[2]
local pairs_end = 3 + 3 * tonumber(ARGV[3])
for i = 4, pairs_end, 3 do
  local found = redis.call('HMGET', space .. ARGV[i], '{ENTRIES_FIELD}',
    '{MATTER_PREFIX}' .. ARGV[i+1], '{IDENTITY_PREFIX}' .. ARGV[i+2])
  out[#out+1] = found[1]; out[#out+1] = found[2]; out[#out+1] = found[3]
end
for i = pairs_end + 1, #ARGV do
  out[#out+1] = redis.call('HGET', space .. ARGV[i], '{ENTRIES_FIELD}')
end
return out
"""

_WRITE = f"""
local position = redis.call('GET', KEYS[1])
if ARGV[1] ~= '*' and position ~= ARGV[1] then return 0 end
local space, i, n = ARGV[3], 6, 5 + 4 * tonumber(ARGV[5])
redis.call('SET', space .. 'state', ARGV[4])
while i <= n do
  redis.call('HSET', space .. 's:' .. ARGV[i], '{MATTER_PREFIX}' .. ARGV[i+1], ARGV[i+2],
    '{IDENTITY_PREFIX}' .. ARGV[i+3], ARGV[i+1])
  i = i + 4
end
n = i + 2 * tonumber(ARGV[i])
i = i + 1
while i <= n do
  redis.call('HSET', space .. 's:' .. ARGV[i], '{ENTRIES_FIELD}', ARGV[i+1])
  i = i + 2
end
while i <= #ARGV do
  local list = space .. 'l:' .. ARGV[i]
  if ARGV[i+2] == '' then redis.call('HDEL', list, ARGV[i+1])
  else redis.call('HSET', list, ARGV[i+1], ARGV[i+2]) end
  i = i + 3
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


class CachePosition(msgspec.Struct, frozen=True):
    """Where the cache of one partition stands in `credit.state`.

    `birth_id` names the log, `offset` is the next to replay, `at` when it was written, `space`
    the key namespace in force. Compared byte for byte.
    """

    birth_id: str
    offset: int
    at: float
    space: str


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
    """The state of the partitions that this worker owns; one round trip for each read or write."""

    def __init__(self, client: "redis.Redis", group: str) -> None:
        self._client = client
        self._group = group
        self._read = client.register_script(_READ)
        self._write = client.register_script(_WRITE)

    def prefix(self, partition: int) -> str:
        """Return what every key of *partition* begins with; the tag keeps them on one node."""
        return f"{self._group}:{{{partition}}}:"

    def space(self, partition: int, space: str) -> str:
        """Return what every key of the namespace *space* begins with."""
        return f"{self.prefix(partition)}{space}:"

    def position(self, partition: int) -> tuple[CachePosition, PartitionState] | None:
        """Return where the cache says it stands; None if it is empty or cannot be read."""
        raw = self._client.get(self.prefix(partition) + "position")
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
        whose entries alone are wanted). Raises: CacheMovedError.
        """
        pipe = self._client.pipeline(transaction=False)
        for partition, (position, triples, subjects) in wanted.items():
            self._read(
                keys=[self.prefix(partition) + "position"],
                args=[
                    msgspec.json.encode(position),
                    self.space(partition, position.space) + "s:",
                    len(triples) // 3,
                    *triples,
                    *subjects,
                ],
                client=pipe,
            )
        found = {}
        for (partition, (position, triples, subjects)), answer in zip(
            wanted.items(), pipe.execute(), strict=True
        ):
            if len(answer) != 1 + len(triples) + len(subjects) or answer[0] != msgspec.json.encode(
                position
            ):
                msg = f"partition {partition}: Redis is not where this worker left it"
                raise CacheMovedError(msg)
            split = 1 + len(triples)
            found[partition] = Found(answer[1:split], answer[split:])
        return found

    def write(self, moves: dict[int, Move]) -> None:
        """Move each partition from one position to the next. Raises: CacheMovedError."""
        pipe = self._client.pipeline(transaction=False)
        for partition, move in moves.items():
            changed = move.changes
            args: list[str | bytes | int] = [
                msgspec.json.encode(move.before) if move.before else b"*",
                msgspec.json.encode(move.after),
                self.space(partition, move.after.space),
                msgspec.json.encode(move.state),
                len(changed.matters),
            ]
            for matter in changed.matters:
                args += matter
            args.append(len(changed.entries))
            for entry in changed.entries.items():
                args += entry
            for member in changed.members:
                args += member
            self._write(keys=[self.prefix(partition) + "position"], args=args, client=pipe)
        refused = [
            str(partition)
            for partition, moved in zip(moves, pipe.execute(), strict=True)
            if not moved
        ]
        if refused:
            msg = f"partitions {', '.join(refused)}: Redis moved under this worker"
            raise CacheMovedError(msg)

    def members(self, partition: int, space: str, list_code: str) -> dict[str, str]:
        """Return the entries, not removed, of one list in one partition: id -> revision."""
        held = self._client.hgetall(f"{self.space(partition, space)}l:{list_code}")
        return {_text(entry): _text(revision) for entry, revision in held.items()}

    def drop_spaces_but(self, partition: int, space: str) -> None:
        """Delete what older namespaces of *partition* left behind."""
        keep = self.space(partition, space).encode()
        position = (self.prefix(partition) + "position").encode()
        doomed: list[bytes] = []
        for key in self._client.scan_iter(match=self._pattern(partition), count=5000):
            if not key.startswith(keep) and key != position:
                doomed.append(key)
            if len(doomed) >= 5000:  # noqa: PLR2004  # one round trip
                self._client.unlink(*doomed)
                doomed.clear()
        if doomed:
            self._client.unlink(*doomed)

    def _pattern(self, partition: int) -> str:
        escaped = "".join(f"\\{c}" if c in "*?[]\\" else c for c in self.prefix(partition))
        return escaped + "*"


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()
