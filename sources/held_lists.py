"""What `credit.lists` says so far, folded as the trigger folds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Message

from infra.kafka import murmur2_partition
from schemas import incoming
from schemas.errors import RejectRecordError
from schemas.lean import Envelope, ListChangeData
from schemas.list_change import PUBLISHED, REMOVED, RESUMED, SUSPENDED, ListPublishedData
from schemas.registry import ListSpec

log = structlog.get_logger("sources")


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """One entry as last told, by whom, and whether it is suspended.

    `jurisdiction`: the place of a provider that is not ours, None for one of ours.
    """

    subject: str
    provider: str
    suspended: bool
    data: ListChangeData
    jurisdiction: str | None = None

    @property
    def live(self) -> bool:
        """Tell whether it has not been removed; it may still be over by its dates."""
        return self.data.removed_on is None


@dataclass
class HeldLists:
    """Entries by (list, entry id), and the newest watermark of each list."""

    partitions: int
    entries: dict[tuple[str, str], HeldEntry] = field(default_factory=dict)
    published: dict[str, ListPublishedData] = field(default_factory=dict)
    ignored: int = 0

    def of(self, list_code: str) -> dict[str, HeldEntry]:
        """Return our own entries of one list by their id, removed ones too."""
        return {
            e: held
            for (code, e), held in self.entries.items()
            if code == list_code and held.jurisdiction is None
        }


def fold(
    messages: Iterable[Message],
    partitions: int,
    lists: Mapping[str, ListSpec],
    only: str | None = None,
) -> HeldLists:
    """Return what *messages* of `credit.lists` say, about the list *only* where it is given.

    What the trigger would refuse (a stranger, a wrong
    key, no message at all, a change after removal) is counted and changes nothing.
    """
    held = HeldLists(partitions)
    for message in messages:
        raw = message.value()
        try:
            if not isinstance(raw, bytes) or not _fold_one(held, message, raw, lists, only):
                held.ignored += 1
        except RejectRecordError as err:
            held.ignored += 1
            log.warning(
                "list_change_ignored", reason=err.reason.value, partition=message.partition(),
                offset=message.offset(),
            )  # fmt: skip
    return held


def _fold_one(
    held: HeldLists,
    message: Message,
    raw: bytes,
    lists: Mapping[str, ListSpec],
    only: str | None,
) -> bool:
    headers = message.headers
    if incoming.type_of(raw, lambda: headers() or []) == PUBLISHED:  # type: ignore[arg-type, return-value]
        published = incoming.list_published(raw, lambda: headers() or [])  # type: ignore[arg-type, return-value]
        data = published.data
        newest = held.published.get(data.list_code)
        if newest is None or newest.generation < data.generation:
            held.published[data.list_code] = data
        return True
    change = incoming.list_change(raw, lambda: headers() or [])  # type: ignore[arg-type, return-value]
    if only is not None and change.data.list_code != only:
        return True
    key = change.subject.encode()
    if message.key() != key or murmur2_partition(key, held.partitions) != message.partition():
        return False
    spec = lists.get(change.data.list_code)
    if spec is None or not spec.may_enter(change.source):
        return False
    return _take(held, change, spec.place_of(change.source))


def _take(held: HeldLists, change: Envelope[ListChangeData], place: str | None) -> bool:
    """Put *change* in the place of what is known, if it is later; a removal is final.

    *place*: of a provider of elsewhere, who changes its own entries alone.
    """
    where = change.data.list_code, change.data.entry_id
    known = held.entries.get(where)
    if known is not None and (not known.live or change.data.revision <= known.data.revision):
        return False
    ours = known is None or (known.jurisdiction is None and place is None)
    if known is not None and not ours and known.provider != change.source:
        return False
    suspended = change.type == SUSPENDED or (
        change.type not in (RESUMED, REMOVED) and known is not None and known.suspended
    )
    held.entries[where] = HeldEntry(change.subject, change.source, suspended, change.data, place)
    return True
