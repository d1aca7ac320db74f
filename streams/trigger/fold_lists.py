"""List changes and watermarks, folded one by one into what a partition knows."""

import hashlib
from collections import Counter

from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from schemas.lean import (
    Envelope,
    KnownEntry,
    ListChangeData,
    ListFreshness,
    PartitionState,
    SubjectEntries,
    Sweep,
)
from schemas.list_change import REMOVED, RESUMED, SUSPENDED
from schemas.times import format_instant
from streams.trigger.alerts import unsound_list_alert
from streams.trigger.intake import ChangeIn, PublishedIn
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.working import Working

Entries = tuple[KnownEntry, ...]


def digest_of(members: dict[str, str]) -> str:
    """Return SHA-256 over the sorted `entry_id@revision` lines of a list in a partition."""
    lines = sorted(f"{entry}@{revision}\n" for entry, revision in members.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class ListFold:
    """Folds the lists of one batch.

    A subject that has matters is to be swept: they are decided again on its new entries. `swept`:
    the partitions where there is such a one.
    """

    def __init__(
        self,
        outbox: Outbox,
        working: Working,
        changes: dict[int, Changes],
        members: dict[tuple[int, str], dict[str, str]],
        office: str,
    ) -> None:
        self.swept: set[int] = set()
        self.counts: Counter[tuple[str, str]] = Counter()  # (list code, outcome)
        self._entries: dict[str, Entries] = {}  # of the batch's subjects, as they change
        self._before: dict[str, tuple[int, SubjectEntries, bool]] = {}
        self._outbox = outbox
        self._working = working
        self._changes = changes
        self._members = members
        self._office = office

    def change(self, item: ChangeIn, held: SubjectEntries, *, runs: bool) -> None:
        """Fold one change of a subject that holds *held*; *runs*: it has matters.

        Raises: RejectRecordError.
        """
        subject = item.change.subject
        known = self._entries.get(subject, held.entries)
        found = _find(known, item.change.data)
        entry = _told(item, found)
        if found is not None and not _is_news(found, entry, item.change):
            older = item.change.data.revision < found.change.revision
            self.counts[entry.change.list_code, "older" if older else "same"] += 1
            return
        kept = [e for e in known if e is not found]
        self._entries[subject] = (*kept, entry)
        self._before.setdefault(subject, (item.partition, held, runs))
        self.counts[entry.change.list_code, "applied"] += 1
        self._note_member(item.partition, entry)

    def published(self, item: PublishedIn, state: PartitionState) -> PartitionState:
        """Return the partition's state after a watermark; one that does not add up is unsound."""
        data = item.published.data
        newest = state.lists.get(data.list_code)
        if newest is not None and newest.generation >= data.generation:
            self.counts[data.list_code, "older"] += 1
            return state
        members = self._members[item.partition, data.list_code]
        sound = len(members) == data.count and digest_of(members) == data.digest
        if not sound:
            self._outbox.alert(
                unsound_list_alert(data.list_code, item.partition, self._office, self._outbox.now)
            )
        self.counts[data.list_code, "published" if sound else "unsound"] += 1
        freshness = ListFreshness(data.generation, data.published_at, item.appended_at, sound)
        state = replace(state, lists={**state.lists, data.list_code: freshness})
        if newest is None:
            self._changes[item.partition].published.add(data.list_code)
        # What is held because nobody could know this list is decided again.
        return state if newest is not None else replace(state, first_published="")

    def write(self) -> None:
        """Keep the entries of every subject that they changed of."""
        for subject, entries in self._entries.items():
            partition, before, runs = self._before[subject]
            sweep = Sweep() if runs else before.sweep
            self._working.keep_entries(partition, subject, before, SubjectEntries(entries, sweep))
            if sweep is not None:
                self.swept.add(partition)

    def _note_member(self, partition: int, entry: KnownEntry) -> None:
        change = entry.change
        gone = change.removed_on is not None
        revision = "" if gone else str(change.revision)
        self._changes[partition].members.append((change.list_code, change.entry_id, revision))
        loaded = self._members.get((partition, change.list_code))
        if loaded is not None:
            if gone:
                loaded.pop(change.entry_id, None)
            else:
                loaded[change.entry_id] = revision


def _find(known: Entries, data: ListChangeData) -> KnownEntry | None:
    for entry in known:
        change = entry.change
        if change.entry_id == data.entry_id and change.list_code == data.list_code:
            return entry
    return None


def _told(item: ChangeIn, found: KnownEntry | None) -> KnownEntry:
    """Return the entry as this change tells it; what it does not say about suspension stays."""
    kind = item.change.type
    suspended = kind == SUSPENDED or (
        kind not in (RESUMED, REMOVED) and found is not None and found.suspended
    )
    return KnownEntry(
        item.change.data, suspended, item.change.source, format_instant(item.appended_at)
    )


def _is_news(found: KnownEntry, told: KnownEntry, change: Envelope[ListChangeData]) -> bool:
    """Tell whether a change is later than what is known.

    Raises: RejectRecordError for another content under the same revision, or after removal.
    """
    if change.data.revision < found.change.revision:
        return False
    same = found.change == told.change and found.suspended == told.suspended
    if change.data.revision == found.change.revision:
        if same:
            return False
        detail = "data.revision: known with other content; a change needs a higher revision"
        raise RejectRecordError(Reason.ID_REUSED, detail)
    if found.change.removed_on is not None:
        detail = "data.entry_id: was removed, which is final; a new listing needs a new entry_id"
        raise RejectRecordError(Reason.ID_REUSED, detail)
    return True
