"""The working state in Redis: a cache of `credit.state`, read and written by position.

Every read and every write names the position that the worker holds; a Redis that is somewhere
else (flushed, restored from a snapshot, written by another worker) answers so and nothing is
used. The position is read after all values: a flush between two commands once returned the
position and lost the keys. Plain MGET and MSET, since a script that loops costs three times that.
What is read is asked for early and heard late, and a write is not waited for: Redis works while
the worker does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.errors import RetryLaterError
from schemas.lean import PartitionState
from streams.trigger.agenda import Diary, action_key, agenda_commands, due_key, sweeps_key
from streams.trigger.redis_line import Command, RedisLine

if TYPE_CHECKING:
    import redis

LAYOUT = 3  # +1 with every change of keys or records: an older cache is rebuilt, never misread
_UNLINK_AT_ONCE = 5_000
_ONE_FOR_ALL = -1  # one answer, which holds all


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
class Changes:
    """What a batch changes in one partition of the cache.

    `matters`: (USCC, matter id, record, decision id of its newest event or empty if it is known).
    `members`: (list code, entry id, revision or empty if it left the list). `diaries` and
    `forgotten` name a matter as `<USCC>/<matter id>`; of a forgotten one also the ids of its
    decisions and actions. `sweeps`: turn by USCC, None where it is done.
    """

    matters: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    entries: dict[str, bytes] = field(default_factory=dict)
    members: list[tuple[str, str, str]] = field(default_factory=list)
    diaries: dict[str, Diary] = field(default_factory=dict)
    sweeps: dict[str, int | None] = field(default_factory=dict)
    forgotten: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many records change."""
        return len(self.matters) + len(self.entries) + len(self.forgotten)


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
    hash of entry id -> revision, and what `agenda` tells of.
    """

    def __init__(self, client: "redis.Redis", group: str) -> None:
        self._client = client
        self._group = group
        self._line = RedisLine(client)
        self._held: dict[int, CachePosition] = {}
        self._asked: list[int] = []  # how many answers each question has that was not heard yet
        self._heard: list[Any] = []
        self._watched: frozenset[int] = frozenset()
        self._sent = 0  # answers to a write that were not heard yet

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

    def look(self, positions: Mapping[int, CachePosition]) -> None:
        """Begin to read: what is asked next counts only while Redis stands at *positions*.

        Its `WATCH` is also what the next `send` relies on.
        """
        self._held = dict(positions)
        self._line.send(("WATCH", *self._position_keys(positions)))
        self._asked, self._heard = [1], []

    def ask_matters(self, items: Sequence[tuple[int, str, str, str]]) -> None:
        """Send for entries, matter and identity of each (partition, USCC, matter id, decision id).

        Its answer is flat: three values an item, None where there is nothing.
        """
        starts = {p: self._starts(p, held) for p, held in self._held.items()}
        keys: list[str] = []
        for partition, uscc, matter, decision in items:
            entries, matters, identities = starts[partition]
            keys += (
                entries + uscc,
                f"{matters}{uscc}/{matter}",
                f"{identities}{uscc}/{decision}",
            )
        self._ask(keys)

    def ask_entries(self, items: Sequence[tuple[int, str]]) -> None:
        """Send for the entries of each (partition, USCC)."""
        starts = {p: self._starts(p, held)[0] for p, held in self._held.items()}
        self._ask([starts[partition] + uscc for partition, uscc in items])

    def ask_records(self, items: Sequence[tuple[int, str]]) -> None:
        """Send for the record of each matter (partition, `<USCC>/<matter id>`)."""
        starts = {p: self._starts(p, held)[1] for p, held in self._held.items()}
        self._ask([starts[partition] + name for partition, name in items])

    def ask_matters_of_actions(self, items: Sequence[tuple[int, str, str]]) -> None:
        """Send for the id of the matter of each action (partition, USCC, action id)."""
        spaces = {p: self.space(p, held.space) for p, held in self._held.items()}
        self._ask([action_key(spaces[p], uscc, action) for p, uscc, action in items])

    def namespace(self, partition: int) -> str:
        """Return what the keys of *partition* begin with, as of the position looked at."""
        return self.space(partition, self._held[partition].space)

    def ask_each(self, *commands: Command) -> None:
        """Send *commands*; the answers are a list."""
        if commands:
            self._line.send(*commands)
        self._asked.append(len(commands))

    def _ask(self, keys: list[str]) -> None:
        if keys:
            self._line.send(("MGET", *keys))
        self._asked.append(_ONE_FOR_ALL if keys else 0)

    def hear(self) -> list[Any]:
        """Return what was asked so far, so that more can be asked; it counts once `answer` says so.

        One item a question, in order.
        """
        self.drain()
        asked, self._asked = self._asked, []
        for count in asked:
            answers = self._line.hear(abs(count))
            self._heard.append(answers[0] if count == _ONE_FOR_ALL else answers)
        _, *heard = self._heard
        return heard

    def answer(self) -> list[Any]:
        """Return what was asked since `look`, in that order. Raises: CacheMovedError.

        The positions are read last. Nobody writes one before all that it stands for is there, so
        a Redis that lost anything before that read has lost its positions too.
        """
        held = self._held
        self._line.send(("MGET", *self._position_keys(held)))
        heard = self.hear()
        self._compare(held, self._line.hear(1)[0])
        self._watched = frozenset(held)
        return heard

    def write(self, moves: dict[int, Move]) -> None:
        """Move each partition from one position to the next, all or none, and wait until it is so.

        Raises: CacheMovedError if one of them is not where it should be.
        """
        self.send(moves)
        self.drain()

    def send(self, moves: dict[int, Move]) -> None:
        """Begin a `write`; whether it was taken shows in the next `answer` or `drain`."""
        self.drain()
        self._watch({p: move.before for p, move in moves.items() if move.before is not None})
        values: dict[str, bytes] = {}
        commands: list[Command] = [("MULTI",)]
        for partition, move in moves.items():
            self._add_values(values, partition, move)
            commands += self._member_commands(partition, move)
            commands += self._agenda_commands(partition, move)
        pairs: list[str | bytes] = ["MSET"]
        for pair in values.items():
            pairs += pair
        commands += [pairs, ("EXEC",)]
        self._line.send(*commands)
        self._sent = len(commands)
        self._watched = frozenset()

    def drain(self) -> None:
        """Wait until what was sent is written. Raises: CacheMovedError if it was refused."""
        sent, self._sent = self._sent, 0
        if sent and self._line.hear(sent)[-1] is None:
            msg = "Redis moved under this worker"
            raise CacheMovedError(msg)

    def hang_up(self) -> None:
        """Forget what was asked and sent and not yet heard of."""
        self._line.hang_up()
        self._sent = 0
        self._watched = frozenset()

    def _watch(self, before: Mapping[int, CachePosition]) -> None:
        """Make sure that a write from *before* is refused if one of these positions moves."""
        if before.keys() <= self._watched:
            return
        keys = self._position_keys(before)
        self._line.send(("WATCH", *keys), ("MGET", *keys))
        self._compare(before, self._line.hear(2)[1])

    def _starts(self, partition: int, position: CachePosition) -> tuple[str, str, str]:
        """Return what the keys of entries, matters and identities begin with."""
        space = self.space(partition, position.space)
        return f"{space}e:", f"{space}m:", f"{space}i:"

    def _position_keys(self, partitions: Iterable[int]) -> list[str]:
        return [self._position_key(partition) for partition in partitions]

    def _add_values(self, values: dict[str, bytes], partition: int, move: Move) -> None:
        space = self.space(partition, move.after.space)
        matters, identities = f"{space}m:", f"{space}i:"
        for uscc, matter, record, decision in move.changes.matters:
            values[f"{matters}{uscc}/{matter}"] = record
            if decision:
                values[f"{identities}{uscc}/{decision}"] = matter.encode()
        for name, diary in move.changes.diaries.items():
            uscc, _, matter = name.partition("/")
            for action in diary.actions:
                values[action_key(space, uscc, action)] = matter.encode()
        for uscc, record in move.changes.entries.items():
            values[f"{space}e:{uscc}"] = record
        values[f"{space}state"] = msgspec.json.encode(move.state)
        values[self._position_key(partition)] = msgspec.json.encode(move.after)

    def _agenda_commands(self, partition: int, move: Move) -> list[Command]:
        space, changes = self.space(partition, move.after.space), move.changes
        commands = agenda_commands(
            space,
            [f"{uscc}/{matter}" for uscc, matter, _, _ in changes.matters],
            changes.diaries,
            changes.sweeps,
            changes.forgotten,
        )
        doomed: list[str] = []
        for name, (decisions, actions) in changes.forgotten.items():
            uscc, _, _ = name.partition("/")
            doomed.append(f"{space}m:{name}")
            doomed += (f"{space}i:{uscc}/{decision}" for decision in decisions)
            doomed += (action_key(space, uscc, action) for action in actions)
        if doomed:
            commands.append(("UNLINK", *doomed))
        return commands

    def _member_commands(self, partition: int, move: Move) -> list[Command]:
        lists: dict[str, dict[str, str]] = {}
        for code, entry, revision in move.changes.members:
            lists.setdefault(code, {})[entry] = revision
        commands: list[Command] = []
        for code, members in lists.items():
            key = f"{self.space(partition, move.after.space)}l:{code}"
            kept = [text for pair in members.items() if pair[1] for text in pair]
            gone = [entry for entry, revision in members.items() if not revision]
            if kept:
                commands.append(("HSET", key, *kept))
            if gone:
                commands.append(("HDEL", key, *gone))
        return commands

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
        self.drain()
        pipe = self._client.pipeline(transaction=True)
        pipe.get(self._position_key(partition))
        pipe.hgetall(f"{self.space(partition, position.space)}l:{list_code}")
        found, held = pipe.execute()
        self._compare({partition: position}, [found])
        return {_text(entry): _text(revision) for entry, revision in held.items()}

    def agenda(self, partition: int, position: CachePosition) -> tuple[bool, date | None]:
        """Return whether some subject is to be swept, and the first day that some matter waits for.

        Only for one whose position was restored just now.
        """
        space = self.space(partition, position.space)
        pipe = self._client.pipeline(transaction=True)
        pipe.zcard(sweeps_key(space))
        pipe.zrange(due_key(space), 0, 0, withscores=True)
        pending, first = pipe.execute()
        return bool(pending), date.fromordinal(int(first[0][1])) if first else None

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
