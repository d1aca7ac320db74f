"""What is left to do about a matter by itself, and the commands that keep it in Redis.

All of it is derived from the records on `credit.state`, so that a rebuilt cache has it too.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from schemas.lean import Matter

if TYPE_CHECKING:
    from streams.trigger.redis_line import Command

# Behind every text that begins with `<USCC>/`, as `0` follows `/` in ASCII.
_AFTER_SLASH = "0"
# In every sorted set, so that one which Redis threw away is known from one that is empty: before
# all names, and behind all scores.
WHOLE = "!"


class Diary(NamedTuple):
    """What Redis is told of one matter beside its record; `due` is a day, `actions` their ids."""

    due: date | None
    waits: bool
    actions: tuple[str, ...]


def diary_of(matter: Matter) -> Diary | None:
    """Return what to note of *matter*; None for one that never had anything to note."""
    if matter.actions or matter.due is not None or matter.waits:
        return Diary(matter.due, matter.waits, tuple(a.action_id for a in matter.actions))
    if len(matter.events) > 1 or any(event.sequence for event in matter.events):
        return Diary(None, waits=False, actions=())  # it may have been noted before
    return None


def index_key(space: str) -> str:
    """Return the sorted set of all matters of a partition, `<USCC>/<matter id>`, by name."""
    return f"{space}:n"


def due_key(space: str) -> str:
    """Return the sorted set of the matters that change by themselves, by their next day."""
    return f"{space}:d"


def waiting_key(space: str) -> str:
    """Return the sorted set of the matters that wait for a list's first publication, by name."""
    return f"{space}:w"


def sweeps_key(space: str) -> str:
    """Return the sorted set of the subjects whose matters lag behind their entries, by turn."""
    return f"{space}:s"


def set_keys(space: str) -> tuple[str, ...]:
    """Return the sorted sets of a namespace; each holds `WHOLE` from its beginning."""
    return index_key(space), due_key(space), waiting_key(space), sweeps_key(space)


def opening_commands(space: str) -> "list[Command]":
    """Return what begins the sorted sets of a namespace, each with its mark."""
    by_name = [("ZADD", key(space), "0", WHOLE) for key in (index_key, waiting_key)]
    return [*by_name, *(("ZADD", key(space), "+inf", WHOLE) for key in (due_key, sweeps_key))]


def agenda_commands(
    space: str,
    matters: Iterable[str],
    diaries: dict[str, Diary],
    sweeps: dict[str, int | None],
    forgotten: Iterable[str],
) -> "list[Command]":
    """Return the commands that note what a batch changed; no command where nothing did.

    *matters*, *forgotten* and the keys of *diaries*: `<USCC>/<matter id>`. *sweeps*: turn by USCC,
    None where it is done.
    """
    named = [part for matter in dict.fromkeys(matters) for part in ("0", matter)]
    due = {m: d.due.toordinal() for m, d in diaries.items() if d.due is not None}
    waiting = [part for m, d in diaries.items() if d.waits for part in ("0", m)]
    pending = {uscc: turn for uscc, turn in sweeps.items() if turn is not None}
    gone = list(forgotten)
    commands = [
        ("ZADD", index_key(space), *named),
        ("ZADD", due_key(space), *_scored(due)),
        ("ZREM", due_key(space), *(m for m, d in diaries.items() if d.due is None)),
        ("ZADD", waiting_key(space), *waiting),
        ("ZREM", waiting_key(space), *(m for m, d in diaries.items() if not d.waits)),
        ("ZADD", sweeps_key(space), *_scored(pending)),
        ("ZREM", sweeps_key(space), *(u for u, turn in sweeps.items() if turn is None)),
        *(("ZREM", key(space), *gone) for key in (index_key, due_key, waiting_key)),
    ]
    return [command for command in commands if len(command) > len(("ZREM", "key"))]


def names_after(space: str, uscc: str, after: str, most: int) -> "Command":
    """Return the command for the next *most* matters of *uscc* behind the matter *after*."""
    begin = f"({uscc}/{after}" if after else f"[{uscc}/"
    end = f"({uscc}{_AFTER_SLASH}"
    return ("ZRANGEBYLEX", index_key(space), begin, end, "LIMIT", "0", str(most))


def waiting_after(space: str, after: str, most: int) -> "Command":
    """Return the command for the next *most* matters that wait for a list, behind *after*."""
    begin = f"({after or WHOLE}"
    return ("ZRANGEBYLEX", waiting_key(space), begin, "+", "LIMIT", "0", str(most))


def all_after(space: str, after: str, most: int) -> "Command":
    """Return the command for the next *most* matters of a partition, behind *after*."""
    return ("ZRANGEBYLEX", index_key(space), f"({after or WHOLE}", "+", "LIMIT", "0", str(most))


def first_due(space: str, most: int) -> "Command":
    """Return the command for the *most* matters that are due first, each with its day.

    `WHOLE` comes last, if that few are left.
    """
    return ("ZRANGE", due_key(space), "0", str(most - 1), "WITHSCORES")


def first_sweeps(space: str, most: int) -> "Command":
    """Return the command for the *most* subjects that waited longest for their turn.

    `WHOLE` comes last, if that few are left.
    """
    return ("ZRANGE", sweeps_key(space), "0", str(most - 1))


def _scored(members: dict[str, int]) -> list[str]:
    return [part for member, score in members.items() for part in (str(score), member)]
