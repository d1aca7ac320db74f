"""What a step changes in the cache, and the commands that write it.

Redis can lose a key, never a part of one: what must not be lost alone lies in one hash, with the
position it stands for. The sorted sets beside it and the lists hold a mark each, written once when
they begin: without it somebody threw them away, and they grew again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from schemas.lean import PartitionState
from streams.trigger.agenda import Diary, agenda_commands, index_key, opening_commands
from streams.trigger.plain.resp import Told
from streams.trigger.redis_line import Command, Packed, packed

POSITION, STATE = "position", "state"
MARK = ""  # of the hash of a list: no entry has an empty id


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
    `members`: (list code, entry id, revision or empty if it left the list). `published`: codes of
    the lists published for the first time. `diaries` and `forgotten` name a matter as
    `<USCC>/<matter id>`; of a forgotten one also the ids of its decisions and actions. `sweeps`:
    turn by USCC, None where it is done. `plain`: new matters whose records are packed already.
    """

    matters: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    entries: dict[str, bytes] = field(default_factory=dict)
    members: list[tuple[str, str, str]] = field(default_factory=list)
    published: set[str] = field(default_factory=set)
    diaries: dict[str, Diary] = field(default_factory=dict)
    sweeps: dict[str, int | None] = field(default_factory=dict)
    forgotten: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    plain: list[Told] = field(default_factory=list)

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


def entries_field(uscc: str) -> str:
    """Return the field of a subject's entries."""
    return f"e:{uscc}"


def matter_field(name: str) -> str:
    """Return the field of the record of the matter `<USCC>/<matter id>`."""
    return f"m:{name}"


def identity_field(uscc: str, decision_id: str) -> str:
    """Return the field that holds the id of the matter in which an event was decided."""
    return f"i:{uscc}/{decision_id}"


def action_field(uscc: str, action_id: str) -> str:
    """Return the field that holds the id of an action's matter."""
    return f"a:{uscc}/{action_id}"


def list_key(space: str, code: str) -> str:
    """Return the hash of the entries of one list, not removed: id -> revision."""
    return f"{space}:l:{code}"


def commands_of(space: str, move: Move) -> list[Command | Packed]:
    """Return what writes *move* into the namespace *space*, apart from the pointer to it."""
    changes = move.changes
    commands: list[Command | Packed] = []
    if move.before is None:
        commands += opening_commands(space)
    for told in changes.plain:
        commands.append(packed(("HSET", space), told.fields, told.values))
        commands.append(packed(("ZADD", index_key(space)), told.names, told.named))
    commands += _list_commands(space, changes)
    commands += agenda_commands(
        space,
        [f"{uscc}/{matter}" for uscc, matter, _, _ in changes.matters],
        changes.diaries,
        changes.sweeps,
        changes.forgotten,
    )
    gone = [name for each in changes.forgotten.items() for name in _fields_of(*each)]
    if gone:
        commands.append(("HDEL", space, *gone))
    commands.append(_values(space, move))
    return commands


def _values(space: str, move: Move) -> Command:
    values: dict[str, bytes] = {}
    for uscc, matter, record, decision in move.changes.matters:
        values[f"m:{uscc}/{matter}"] = record
        if decision:
            values[f"i:{uscc}/{decision}"] = matter.encode()
    for name, diary in move.changes.diaries.items():
        uscc, _, matter = name.partition("/")
        for action in diary.actions:
            values[action_field(uscc, action)] = matter.encode()
    for uscc, record in move.changes.entries.items():
        values[entries_field(uscc)] = record
    values[STATE] = msgspec.json.encode(move.state)
    values[POSITION] = msgspec.json.encode(move.after)
    command: list[str | bytes] = ["HSET", space]
    for pair in values.items():
        command += pair
    return command


def _fields_of(name: str, ids: tuple[list[str], list[str]]) -> Iterable[str]:
    """Yield the fields of a matter, given the ids of its decisions and actions."""
    uscc, _, _ = name.partition("/")
    decisions, actions = ids
    yield matter_field(name)
    yield from (identity_field(uscc, decision) for decision in decisions)
    yield from (action_field(uscc, action) for action in actions)


def _list_commands(space: str, changes: Changes) -> list[Command]:
    lists: dict[str, dict[str, str]] = {code: {MARK: "1"} for code in changes.published}
    for code, entry, revision in changes.members:
        lists.setdefault(code, {})[entry] = revision
    commands: list[Command] = []
    for code, members in lists.items():
        key = list_key(space, code)
        kept = [text for pair in members.items() if pair[1] for text in pair]
        gone = [entry for entry, revision in members.items() if not revision]
        if kept:
            commands.append(("HSET", key, *kept))
        if gone:
            commands.append(("HDEL", key, *gone))
    return commands
