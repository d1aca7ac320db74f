"""Which entries of a subject count: active is derived from dates and state, never stored."""

from collections.abc import Iterable
from datetime import date
from enum import Enum, auto

from msgspec import Struct

from schemas.lean import EntryRef, KnownEntry
from schemas.list_change import RemovalReason
from schemas.measure import EntryKind
from schemas.registry import ListSpec
from streams.rules.catalogue import Catalogue

MASKING = frozenset({EntryKind.SERIOUS, EntryKind.FOCUS})  # what suspends rewards (contracts A)


class Presence(Enum):
    """When an entry was active: at the event and when decided, from in between, or until then."""

    BOTH = auto()
    BEGAN = auto()
    ENDED = auto()


class JoinedEntry(Struct, frozen=True):
    """An entry that was active at one of the two moments, with its list."""

    known: KnownEntry
    spec: ListSpec
    presence: Presence

    @property
    def ref(self) -> EntryRef:
        """Return what a decision says of this entry."""
        change = self.known.change
        return EntryRef(change.list_code, change.entry_id, change.revision)

    def names_item(self, item_code: str) -> bool:
        """Tell whether the listing reaches the item; no scope means every item."""
        scope = self.known.change.scope
        return scope is None or item_code in scope


class Joined(Struct, frozen=True):
    """The entries that count for one event, sorted, and whether one of them suspends rewards."""

    entries: tuple[JoinedEntry, ...]
    masking: tuple[JoinedEntry, ...]


def is_active(entry: KnownEntry, day: date) -> bool:
    """Tell whether *entry* is in force on *day*.

    From `effective_from` (inclusive) until `effective_until` or `removed_on` (exclusive both). A
    suspended entry is not active; an annulled one never was, on any day.
    """
    change = entry.change
    if entry.suspended or change.removal_reason == RemovalReason.ANNULLED.value:
        return False
    if day < change.effective_from:
        return False
    if change.effective_until is not None and change.effective_until <= day:
        return False
    return change.removed_on is None or day < change.removed_on


def join(
    entries: Iterable[KnownEntry], catalogue: Catalogue, *, business_day: date, day: date
) -> Joined:
    """Return the entries that were active on *business_day* or are on *day*, in a fixed order.

    Entries of a list that the catalogue no longer has count for nothing.
    """
    found = []
    for known in entries:
        spec = catalogue.lists.get(known.change.list_code)
        if spec is None:
            continue
        presence = _presence(known, business_day, day)
        if presence is not None:
            found.append(JoinedEntry(known, spec, presence))
    found.sort(key=_order)
    masking = tuple(e for e in found if e.spec.kind in MASKING and e.presence is not Presence.ENDED)
    return Joined(tuple(found), masking)


def _presence(known: KnownEntry, business_day: date, day: date) -> Presence | None:
    then, now = is_active(known, business_day), is_active(known, day)
    if then and now:
        return Presence.BOTH
    if now:
        began = known.change.effective_from > business_day
        return Presence.BEGAN if began else Presence.ENDED
    return Presence.ENDED if then else None


def _order(entry: JoinedEntry) -> tuple[str, str, int]:
    change = entry.known.change
    return change.list_code, change.entry_id, change.revision
