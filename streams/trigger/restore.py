"""Bring the cache of one partition to where `credit.state` is.

Same log and behind: the difference is replayed. Another log, ahead of it, or too old to trust
(compaction may have dropped deletions): rebuilt into a namespace of its own, which takes effect
with its position. `credit.state` is the truth in every case.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
import redis
import structlog
from confluent_kafka import Message

from schemas import topics
from schemas.errors import RetryLaterError, StopServiceError
from schemas.ids import decision_id
from schemas.lean import PartitionState, SubjectEntries
from schemas.state import BIRTH_KEY, POSITION_KEY
from streams.trigger.agenda import diary_of
from streams.trigger.cache import LAYOUT, StateCache
from streams.trigger.fold_lists import member_revision
from streams.trigger.follower import Follower
from streams.trigger.keys import split_key
from streams.trigger.moves import CachePosition, Changes, Move
from streams.trigger.offsets import LogEnds
from streams.trigger.working import decode_entries, decode_matter, ids_of

log = structlog.get_logger("restore")

DELETE_RETENTION = timedelta(days=7)
MAX_AGE_S = DELETE_RETENTION.total_seconds() / 2
CHUNK = 5_000
_READ_TIMEOUT_S = 30.0

# Stands in the cache until the first position record was read, which ends every transaction.
_UNKNOWN = PartitionState({}, date.min, {})

_state = msgspec.json.Decoder(PartitionState).decode


class _Birth(msgspec.Struct):
    birth_id: str


class Interrupted(RetryLaterError):  # noqa: N818  # not a fault: the assignment changed
    """The partitions were taken away while they were being restored."""


@dataclass(slots=True)
class Restored:
    """A partition ready to go on; `state` is None where the log is new.

    `rebuilt`: into a namespace of its own, rather than caught up.
    """

    position: CachePosition
    state: PartitionState | None
    is_new: bool
    rebuilt: bool = False


class Restore:
    """Restores partitions, one after the other; *meanwhile* is called between any two steps."""

    def __init__(
        self,
        cache: StateCache,
        ends: LogEnds,
        follower: Follower,
        *,
        meanwhile: Callable[[], None],
        progress: Callable[[int, int, int], None],
    ) -> None:
        self._cache = cache
        self._ends = ends
        self._follower = follower
        self._meanwhile = meanwhile
        self._progress = progress

    def partition(self, number: int) -> Restored:
        """Return *number* restored. Raises: RetryLaterError, StopServiceError."""
        where = (topics.STATE, number)
        end = self._ends.ask([where])()[where]
        birth = self._birth_of(number, end)
        if birth is None:
            self._refuse_lost_state(number)
            return _begin()
        held = self._cache.position(number)
        if held is not None and self._can_go_on(held[0], birth, end):
            before, state = held
        else:
            why = "empty, or a key is missing" if held is None else "another log, ahead, or too old"
            log.info("cache_rebuilt", partition=number, records=end, why=why)
            before, state = None, None
        return self._replay(number, birth, before, state, end)

    def _refuse_lost_state(self, number: int) -> None:
        """Stop where something was decided of which there is no state: it would be once more."""
        where = (topics.DECISIONS, number)
        if self._ends.ask([where])()[where]:
            msg = (
                f"{topics.STATE}/{number} is empty, and {topics.DECISIONS}/{number} is not: the"
                " state was lost, or its topic made anew. Nothing is decided twice: restore"
                f" {topics.STATE} from a copy"
            )
            raise StopServiceError(msg)

    def _birth_of(self, number: int, end: int) -> str | None:
        where = (topics.STATE, number)
        begin = self._ends.beginnings([where])[where]
        if begin >= end:
            return None
        self._follower.follow({where: begin})
        while not self._follower.has_reached({where: end}):
            first = self._follower.take(1, 0.1)
            self._meanwhile()
            if first:
                if first[0].key() != BIRTH_KEY:
                    msg = (
                        f"{topics.STATE}/{number}: does not begin with its birth; it was truncated"
                        " or written by somebody else. Restore the topic from a copy"
                    )
                    raise StopServiceError(msg)
                return msgspec.json.decode(first[0].value() or b"", type=_Birth).birth_id
        return None  # nothing but aborted transactions

    def _can_go_on(self, held: CachePosition, birth: str, end: int) -> bool:
        return held.birth_id == birth and held.offset <= end and time.time() - held.at <= MAX_AGE_S

    def _replay(
        self,
        number: int,
        birth: str,
        before: CachePosition | None,
        state: PartitionState | None,
        end: int,
    ) -> Restored:
        where = (topics.STATE, number)
        rebuilt = before is None
        space = before.space if before else _new_space()
        if rebuilt:
            self._cache.open_space(number, space)
        start = before.offset if before else self._ends.beginnings([where])[where]
        position = before or CachePosition(birth, start, time.time(), space, LAYOUT)
        self._follower.follow({where: start})
        for chunk in self._follower.read_to(
            {where: end}, most=CHUNK, timeout_s=_READ_TIMEOUT_S, meanwhile=self._meanwhile
        ):
            changes, newest = _changes_in(chunk)
            if newest is not None:
                known = state.lists if state is not None else {}
                changes.published = set(newest.lists) - set(known)
            state = newest or state or _UNKNOWN
            if before is not None:
                self._name_forgotten(number, before, changes)
            reached = self._follower.position(*where)
            after = CachePosition(birth, reached, time.time(), space, LAYOUT)
            # Not waited for: Redis writes this chunk while the next is read and decoded.
            self._cache.send({number: Move(before, after, state, changes)})
            before = position = after
            self._progress(number, reached - start, end - start)
            self._meanwhile()
        self._cache.drain()
        if state is None or state is _UNKNOWN:
            msg = f"{topics.STATE}/{number}: no position in the log. Restore the topic from a copy"
            raise StopServiceError(msg)
        if rebuilt:
            _in_background(self._cache, number, space)
        return Restored(position, state, is_new=False, rebuilt=rebuilt)

    def _name_forgotten(self, number: int, position: CachePosition, changes: Changes) -> None:
        """Note the ids that a forgotten matter had, as its deletion on the log does not say."""
        if changes.forgotten:
            self._cache.drain()  # its record may stand in the chunk before
        for name, raw in self._cache.records(number, position, changes.forgotten).items():
            changes.forgotten[name] = ids_of(decode_matter(raw))


def _begin() -> Restored:
    """Return where a log begins that has nothing yet; the first commit gives it its birth."""
    position = CachePosition(uuid.uuid4().hex, 0, time.time(), _new_space(), LAYOUT)
    return Restored(position, None, is_new=True)


def _changes_in(chunk: list[Message]) -> tuple[Changes, PartitionState | None]:
    changes, state = Changes(), None
    matters: dict[tuple[str, str], bytes] = {}
    for message in chunk:
        key, value = message.key(), message.value()
        if key is None or key == BIRTH_KEY:
            continue
        if key == POSITION_KEY:
            state = _state(value or b"")
            continue
        uscc, kind, identifier = split_key(_bytes(key))
        if kind == "entries" and value is not None:
            _note_entries(changes, uscc, _bytes(value))
        elif kind == "matter" and value is not None:
            matters[uscc, identifier] = _bytes(value)
            changes.forgotten.pop(f"{uscc}/{identifier}", None)
        elif kind == "matter":
            matters.pop((uscc, identifier), None)
            changes.forgotten[f"{uscc}/{identifier}"] = [], []
    for (uscc, identifier), record in matters.items():
        _note_matter(changes, uscc, identifier, record)
    return changes, state


def members_of(held: SubjectEntries) -> Iterator[tuple[str, str, str]]:
    """Yield list code, entry id and revision of each entry of a subject, as its list counts it.

    What was folded ahead of its turn counts as it was before, until its turn comes.
    """
    waiting: dict[tuple[str, str], str] = {}
    for told in () if held.ahead is None else held.ahead.members:
        waiting.setdefault((told.list_code, told.entry_id), told.before)
    for entry in held.entries:
        if entry.jurisdiction is not None:
            continue
        code, entry_id = entry.change.list_code, entry.change.entry_id
        yield code, entry_id, waiting.get((code, entry_id), member_revision(entry))


def _note_entries(changes: Changes, uscc: str, record: bytes) -> None:
    held = decode_entries(record)
    changes.entries[uscc] = record
    changes.sweeps[uscc] = None if held.sweep is None else held.sweep.turn
    changes.members += members_of(held)


def _note_matter(changes: Changes, uscc: str, identifier: str, record: bytes) -> None:
    matter = decode_matter(record)
    for event in matter.events:
        identity = decision_id(event.source, event.id)
        changes.matters.append((uscc, identifier, record, identity))
    diary = diary_of(matter)
    if diary is not None:
        changes.diaries[f"{uscc}/{identifier}"] = diary


def _in_background(cache: StateCache, number: int, space: str) -> None:
    """Clean up beside the loop: it walks the whole of Redis, and nobody waits for it."""

    def clean() -> None:
        try:
            cache.drop_other_spaces(number, space)
        except redis.RedisError as err:  # left for the next rebuild
            log.warning("cleanup_left", partition=number, error=type(err).__name__)

    threading.Thread(target=clean, name=f"cleanup-{number}", daemon=True).start()


def _bytes(raw: bytes | str) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode()


def _new_space() -> str:
    return uuid.uuid4().hex[:8]
