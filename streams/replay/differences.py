"""What does not agree between the log and its replay, told without what anybody wrote."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

# What may be shown: ours, and no text that a department or a court wrote.
_SHOWN = frozenset(
    {
        *("specversion", "type", "time", "decision_id", "action_id", "revision", "sequence"),
        *("verdict", "cause", "catalogue_version", "day", "decided_at", "topic", "partition"),
        *("offset", "effect", "proposed_effect", "polarity", "force", "verified", "state"),
        *("resumes_to", "from", "until", "due_on", "due_provisional", "review_due_on", "reason"),
        *("code", "measure_id", "list_code", "entry_id", "version", "act", "article", "level"),
        *("department", "item_code", "marked_at", "outcome"),
    }
)
_LONGEST_SHOWN = 80
FIRST = 20


class Kind(StrEnum):
    """What is wrong; a closed set."""

    DIFFERS = "differs"  # the log says something else than its replay
    UNREPRODUCED = "unreproduced"  # it stands in the log, and nothing in the log brings it about
    MISSING = "missing"  # the log brings it about, and it does not stand there
    POSITION = "position"  # it names a position that is none, or goes back
    UNREADABLE = "unreadable"  # it is no message of ours
    CATALOGUE = "catalogue"  # it names a catalogue that nobody kept
    STATE = "state"  # the trigger's own state knows of other decisions of this matter
    NOT_FOLLOWED = "not-followed"  # an action that the lists have ended is alive


@dataclass(frozen=True)
class FieldDifference:
    """One field: what the replay expects and what was found, shown where it is ours to show."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True)
class Difference:
    """One thing that does not agree; `origin` is `topic/partition/offset` of what it was seen at.

    `id` is `<decision_id>/<sequence>` or `<action_id>/<revision>`.
    """

    kind: Kind
    origin: str
    id: str
    fields: tuple[FieldDifference, ...] = ()


@dataclass
class Findings:
    """The differences of a run: the first ones whole, all of them counted.

    What follows from one that was told, in the same matter, is counted apart: after it nothing in
    that matter can be expected to agree.
    """

    count: int = 0
    following: int = 0
    first: list[Difference] = field(default_factory=list)
    _matters: set[str] = field(default_factory=set)

    def add(self, found: Difference, matter: str) -> None:
        """Note *found*, which is about *matter* (`<USCC>/<matter id>`)."""
        if matter in self._matters:
            self.following += 1
            return
        self._matters.add(matter)
        self.count += 1
        if len(self.first) < FIRST:
            self.first.append(found)


class _Told(Struct):
    id: str


class _Ended(Struct):
    department: str
    application_no: str


class _About(Struct):
    subject: str
    data: _Ended


_id = msgspec.json.Decoder(_Told).decode
_about = msgspec.json.Decoder(_About).decode


def id_of(value: object) -> str:
    """Return the id of a message of ours, empty if it has none."""
    try:
        return _id(value if isinstance(value, bytes) else b"").id
    except msgspec.MsgspecError:
        return ""


def matter_of(value: object, origin: str) -> str:
    """Return `<USCC>/<matter id>` of a message of ours; *origin* where it does not tell."""
    try:
        about = _about(value if isinstance(value, bytes) else b"")
    except msgspec.MsgspecError:
        return origin
    return f"{about.subject}/{about.data.department}/{about.data.application_no}"


def compare_fields(expected: bytes | None, found: object) -> tuple[FieldDifference, ...]:
    """Return where two messages differ, field by field; order and spelling come last."""
    try:
        left, right = (
            msgspec.json.decode(raw if isinstance(raw, bytes) else b"") for raw in (expected, found)
        )
    except msgspec.MsgspecError:
        return (FieldDifference("value", _size(expected), _size(found)),)
    differences = tuple(_differences("", left, right))
    return differences or (FieldDifference("value", _size(expected), _size(found)),)


def _differences(path: str, left: Any, right: Any) -> Iterator[FieldDifference]:
    if type(left) is type(right) and isinstance(left, dict):
        for key in [*left, *(k for k in right if k not in left)]:
            where = f"{path}.{key}" if path else str(key)
            yield from _differences(where, left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, (a, b) in enumerate(zip(left, right, strict=True)):
            yield from _differences(f"{path}[{place}]", a, b)
    elif left != right or type(left) is not type(right):
        yield FieldDifference(path, _shown(path, left), _shown(path, right))


def _shown(path: str, value: Any) -> str:
    name = path.rpartition(".")[2].partition("[")[0]
    if value is None or isinstance(value, bool | int):
        return msgspec.json.encode(value).decode()
    if isinstance(value, str) and name in _SHOWN and len(value) <= _LONGEST_SHOWN:
        return value
    if isinstance(value, list):
        return f"({len(value)})"
    return f"({len(value)} 字 / characters)" if isinstance(value, str) else "(…)"


def _size(raw: object) -> str:
    return f"({len(raw)} bytes)" if isinstance(raw, bytes) else "null"
