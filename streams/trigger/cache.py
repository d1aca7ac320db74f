"""The working state in Redis: a cache of `credit.state`, read and written by position.

Every read and every write names the position that the worker holds; a Redis that is somewhere
else (flushed, restored from a snapshot, written by another worker) answers so and nothing is
used; nor is one that threw a key away (see `moves`). The position is read after all values: a flush
between two commands once returned the position and lost the rest. Plain HMGET and HSET, since a
script that loops costs three times that. What is read is asked for early and heard late, and a
write is not waited for: Redis works while the worker does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.errors import RetryLaterError
from schemas.lean import PartitionState
from streams.trigger.agenda import WHOLE, due_key, set_keys, sweeps_key
from streams.trigger.moves import (
    MARK,
    POSITION,
    STATE,
    CachePosition,
    Move,
    action_field,
    commands_of,
    entries_field,
    list_key,
    matter_field,
)
from streams.trigger.redis_line import Command, Packed, RedisLine, packed

if TYPE_CHECKING:
    import redis

LAYOUT = 4  # +1 with every change of keys or records: an older cache is rebuilt, never misread
_UNLINK_AT_ONCE = 5_000
_SCANNED_AT_ONCE = 2_000


class _Question(NamedTuple):
    """What was asked: how many answers come; of values of items, each item's partition and width.

    Without `items` the answers are handed on as they come.
    """

    answers: int
    items: tuple[int, ...] | None = None
    width: int = 1


class CacheMovedError(RetryLaterError):
    """Redis is not where this worker left it: restore from `credit.state`, then go on."""


class StateCache:
    """The state of the partitions that this worker owns.

    Keys of a partition: `position`, which points to the namespace in force; that namespace, a hash
    of `position` again, `state`, `e:<USCC>` entries, `m:<USCC>/<matter id>` a matter,
    `i:<USCC>/<decision id>` the matter in which that event was decided (derived, so that the same
    identity in another matter is noticed) and `a:<USCC>/<action id>` that of an action; beside it
    `l:<list code>`, a hash of entry id -> revision, and the sorted sets that `agenda` tells of.
    """

    def __init__(self, client: "redis.Redis", group: str) -> None:
        self._client = client
        self._group = group
        self._line = RedisLine(client)
        self._held: dict[int, CachePosition] = {}
        self._asked: list[_Question] = []  # what was not heard yet
        self._heard: list[Any] = []
        self._sets_asked = False
        self._watched: frozenset[int] = frozenset()
        self._sent = 0  # answers to a write that were not heard yet

    def prefix(self, partition: int) -> str:
        """Return what every key of *partition* begins with; the tag keeps them together."""
        return f"{self._group}:{{{partition}}}:"

    def space(self, partition: int, space: str) -> str:
        """Return the hash of the namespace *space*; its other keys begin so, with a colon."""
        return self.prefix(partition) + space

    def position(self, partition: int) -> tuple[CachePosition, PartitionState] | None:
        """Return where the cache stands; None if it is empty, cannot be read or lost a key."""
        raw = self._client.get(self._position_key(partition))
        try:
            position = msgspec.json.decode(raw or b"", type=CachePosition)
            space = self.space(partition, position.space)
            stands, state_raw = self._client.hmget(space, POSITION, STATE)
            state = msgspec.json.decode(state_raw or b"", type=PartitionState)
        except msgspec.MsgspecError:
            return None
        if stands != raw or position.layout != LAYOUT:
            return None
        pipe = self._client.pipeline(transaction=False)
        for key in set_keys(space):
            pipe.zscore(key, WHOLE)
        for code in state.lists:
            pipe.hget(list_key(space, code), MARK)
        return None if None in pipe.execute() else (position, state)

    def look(self, positions: Mapping[int, CachePosition]) -> None:
        """Begin to read: what is asked next counts only while Redis stands at *positions*.

        Its `WATCH` is also what the next `send` relies on.
        """
        self._held = dict(positions)
        self._line.send(("WATCH", *self._watched_keys(positions)))
        self._asked, self._heard, self._sets_asked = [_Question(1)], [], False

    def ask_matters(self, items: Sequence[tuple[int, str, str, str]]) -> None:
        """Send for entries, matter and identity of each (partition, USCC, matter id, decision id).

        Its answer is a tuple of the three an item, None where there is nothing.
        """
        fields: dict[int, list[str]] = {p: [] for p in self._held}
        for partition, uscc, matter, decision in items:
            fields[partition] += (f"e:{uscc}", f"m:{uscc}/{matter}", f"i:{uscc}/{decision}")
        self._ask(fields, tuple(item[0] for item in items), width=3)

    def ask_plain(self, fields: Mapping[int, tuple[int, bytes]]) -> None:
        """Send for fields that are packed already: how many, and their RESP, by partition.

        The answer is a list of values for each partition.
        """
        commands = [
            packed(("HMGET", self.namespace(p)), count, arguments)
            for p, (count, arguments) in fields.items()
        ]
        if commands:
            self._line.send(*commands)
        self._asked.append(_Question(len(commands)))

    def ask_entries(self, items: Sequence[tuple[int, str]]) -> None:
        """Send for the entries of each (partition, USCC)."""
        self._ask_one([(partition, entries_field(uscc)) for partition, uscc in items])

    def ask_records(self, items: Sequence[tuple[int, str]]) -> None:
        """Send for the record of each matter (partition, `<USCC>/<matter id>`)."""
        self._ask_one([(partition, matter_field(name)) for partition, name in items])

    def ask_matters_of_actions(self, items: Sequence[tuple[int, str, str]]) -> None:
        """Send for the id of the matter of each action (partition, USCC, action id)."""
        self._ask_one([(p, action_field(uscc, action)) for p, uscc, action in items])

    def namespace(self, partition: int) -> str:
        """Return the namespace of *partition* as of the position looked at."""
        return self.space(partition, self._held[partition].space)

    def ask_each(self, *commands: Command) -> None:
        """Send *commands* about what `agenda` keeps; the answers are a list."""
        if commands:
            self._line.send(*commands)
            self._sets_asked = True
        self._asked.append(_Question(len(commands)))

    def _ask_one(self, items: Sequence[tuple[int, str]]) -> None:
        fields: dict[int, list[str]] = {p: [] for p in self._held}
        for partition, name in items:
            fields[partition].append(name)
        self._ask(fields, tuple(partition for partition, _ in items))

    def _ask(self, fields: dict[int, list[str]], items: tuple[int, ...], *, width: int = 1) -> None:
        commands = [("HMGET", self.namespace(p), *names) for p, names in fields.items() if names]
        if commands:
            self._line.send(*commands)
        self._asked.append(_Question(len(commands), items, width))

    def hear(self) -> list[Any]:
        """Return what was asked so far, so that more can be asked; it counts once `answer` says so.

        One item a question, in order.
        """
        self.drain()
        asked, self._asked = self._asked, []
        for question in asked:
            self._heard.append(self._in_order(question, self._line.hear(question.answers)))
        _, *heard = self._heard
        return heard

    def _in_order(self, question: _Question, answers: list[Any]) -> list[Any]:
        """Return the values of a question in the order of its items."""
        if question.items is None:
            return answers
        wanted = set(question.items)
        asked = [p for p in self._held if p in wanted]
        if question.width == 1:
            values = {p: iter(found) for p, found in zip(asked, answers, strict=True)}
        else:
            values = {
                p: zip(*[iter(found)] * question.width, strict=True)
                for p, found in zip(asked, answers, strict=True)
            }
        return [next(values[p]) for p in question.items]

    def answer(self) -> list[Any]:
        """Return what was asked since `look`, in that order. Raises: CacheMovedError.

        The positions are read last. Nobody writes one before all that it stands for is there, so
        a Redis that lost anything before that read has lost its positions, or a mark, too.
        """
        held = self._held
        spaces = [self.namespace(p) for p in held] if self._sets_asked else []
        checks = [("ZSCORE", key, WHOLE) for space in spaces for key in set_keys(space)]
        self._line.send(*self._position_commands(held), *checks)
        heard = self.hear()
        self._compare(held, self._line.hear(1 + len(held)))
        if None in self._line.hear(len(checks)):
            msg = "Redis threw something away that this worker wrote"
            raise CacheMovedError(msg)
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
        commands: list[Command | Packed] = [("MULTI",)]
        pointers: list[str | bytes] = ["MSET"]
        for partition, move in moves.items():
            commands += commands_of(self.space(partition, move.after.space), move)
            pointers += (self._position_key(partition), msgspec.json.encode(move.after))
        commands += [pointers, ("EXEC",)]
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
        self._line.send(("WATCH", *self._watched_keys(before)), *self._position_commands(before))
        self._compare(before, self._line.hear(2 + len(before))[1:])

    def _watched_keys(self, positions: Mapping[int, CachePosition]) -> list[str]:
        """Return the pointers, and the hashes: one that is thrown away must not grow again."""
        spaces = [self.space(p, position.space) for p, position in positions.items()]
        return [*map(self._position_key, positions), *spaces]

    def _position_commands(self, positions: Mapping[int, CachePosition]) -> list[Command]:
        """Return what reads where Redis stands, by its pointers and by each hash itself."""
        hashes = [("HGET", self.space(p, each.space), POSITION) for p, each in positions.items()]
        return [("MGET", *map(self._position_key, positions)), *hashes]

    def _compare(self, held: Mapping[int, CachePosition], found: Sequence[Any]) -> None:
        """Compare *held* with the answers to `_position_commands`. Raises: CacheMovedError."""
        pointers, *hashes = found
        moved = [
            str(partition)
            for (partition, position), *told in zip(held.items(), pointers, hashes, strict=True)
            if any(raw != msgspec.json.encode(position) for raw in told)
        ]
        if moved:
            msg = f"partitions {', '.join(moved)}: Redis is not where this worker left it"
            raise CacheMovedError(msg)

    def _position_key(self, partition: int) -> str:
        return self.prefix(partition) + "position"

    def members(
        self, partition: int, position: CachePosition, list_code: str, *, published: bool
    ) -> Iterator[tuple[str, str]]:
        """Yield the entries, not removed, of one list in one partition: id and revision.

        One may come twice. They count only if all were taken and nothing was raised: a list may be
        larger than a worker's memory, and is not read in one go. *published*: it was before.
        Raises: CacheMovedError.
        """
        self.drain()
        space = self.space(partition, position.space)
        key, is_marked = list_key(space, list_code), False
        for entry, revision in self._client.hscan_iter(key, count=_SCANNED_AT_ONCE):
            if entry == MARK.encode():
                is_marked = True
            else:
                yield _text(entry), _text(revision)
        pipe = self._client.pipeline(transaction=True)
        pipe.mget(self._position_key(partition))
        pipe.hget(space, POSITION)
        self._compare({partition: position}, pipe.execute())
        if not is_marked and published:
            msg = f"partition {partition}: Redis threw the list {list_code} away"
            raise CacheMovedError(msg)

    def records(
        self, partition: int, position: CachePosition, names: Iterable[str]
    ) -> dict[str, bytes]:
        """Return the records of the matters `<USCC>/<matter id>` that are there, by name.

        Only for a partition that is being restored.
        """
        wanted = list(names)
        if not wanted:
            return {}
        space = self.space(partition, position.space)
        found = self._client.hmget(space, [matter_field(name) for name in wanted])
        records = zip(wanted, found, strict=True)
        return {name: raw for name, raw in records if isinstance(raw, bytes)}

    def agenda(self, partition: int, position: CachePosition) -> tuple[bool, date | None]:
        """Return whether some subject is to be swept, and the first day that some matter waits for.

        Only for one whose position was restored just now.
        """
        space = self.space(partition, position.space)
        pipe = self._client.pipeline(transaction=True)
        pipe.zcard(sweeps_key(space))
        pipe.zrange(due_key(space), 0, 0, withscores=True)
        pending, first = pipe.execute()
        due = [int(day) for name, day in first if _text(name) != WHOLE]
        return pending > 1, date.fromordinal(due[0]) if due else None

    def open_space(self, partition: int, space: str) -> None:
        """Note a namespace before it is filled, so that one that is given up can be found."""
        self._client.sadd(self._spaces_key(partition), space)

    def drop_other_spaces(self, partition: int, space: str) -> None:
        """Delete what namespaces given up left behind; walks all keys, so not for the loop."""
        noted = self._client.smembers(self._spaces_key(partition))
        for old in {_text(each) for each in noted} - {space}:
            doomed: list[bytes | str] = [self.space(partition, old)]
            for key in self._client.scan_iter(
                match=self._pattern(self.space(partition, old) + ":"), count=_UNLINK_AT_ONCE
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
