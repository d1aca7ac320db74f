"""List changes and watermarks, folded one by one into what a partition knows."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from schemas.errors import Reason, RejectRecordError
from schemas.lean import (
    Ahead,
    Envelope,
    KnownEntry,
    ListChangeData,
    ListFreshness,
    MemberChange,
    PartitionState,
    SubjectEntries,
    Sweep,
)
from schemas.list_change import REMOVED, RESUMED, SUSPENDED
from schemas.registry import ListSpec
from schemas.times import format_instant
from streams.trigger.alerts import unsound_list_alert
from streams.trigger.items import ChangeIn, PublishedIn
from streams.trigger.outbox import Outbox
from streams.trigger.working import Working

Entries = tuple[KnownEntry, ...]


# Yields the entries, not removed, of a list in a partition as they were before this batch: id and
# revision. One may come twice.
MembersBefore = Callable[[int, str], Iterable[tuple[str, str]]]


def count_and_digest(members: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """Return how many there are, and SHA-256 over their sorted `entry_id@revision` lines.

    Some 60 bytes of memory for each: a list may have a million entries.
    """
    digest, count, last = hashlib.sha256(), 0, b""
    for line in sorted([f"{entry}@{revision}\n".encode() for entry, revision in members]):
        if line != last:
            digest.update(line)
            count += 1
        last = line
    return count, digest.hexdigest()


class ListFold:
    """Folds the lists of one batch.

    A subject that has matters is to be swept: they are decided again on its new entries. `swept`:
    the partitions where there is such a one. What is folded ahead of its turn changes the entries
    at once, and the members of the list when its turn comes.
    """

    def __init__(
        self,
        outbox: Outbox,
        working: Working,
        before: MembersBefore,
        office: str,
        lists: Mapping[str, ListSpec],
    ) -> None:
        self.swept: set[int] = set()
        self.counts: Counter[tuple[str, str]] = Counter()  # (list code, outcome)
        self._entries: dict[str, Entries] = {}  # of the batch's subjects, as they change
        self._aheads: dict[str, Ahead | None] = {}
        self._before: dict[str, tuple[int, SubjectEntries, bool]] = {}
        self._outbox = outbox
        self._working = working
        self._changes = working.changes
        self._members_before = before
        self._office = office
        self._lists = lists

    def change(self, item: ChangeIn, held: SubjectEntries, *, runs: bool) -> None:
        """Fold one change of a subject that holds *held*; *runs*: it has matters.

        Raises: RejectRecordError.
        """
        subject = item.change.subject
        ahead = self._aheads.get(subject, held.ahead)
        if ahead is not None and item.offset < ahead.until:
            self._before.setdefault(subject, (item.partition, held, runs))
            self._aheads[subject] = self._take_turn(item, ahead)
            return
        for change in self._apply(item, held, runs=runs):
            self._note_member(item.partition, change)

    def change_ahead(self, item: ChangeIn, held: SubjectEntries, *, runs: bool) -> None:
        """Fold one change ahead of its turn, for an event that waits; no second time.

        Raises: RejectRecordError.
        """
        subject = item.change.subject
        ahead = self._aheads.get(subject, held.ahead) or Ahead(0, ())
        if item.offset < ahead.until:
            return
        self._before.setdefault(subject, (item.partition, held, runs))
        self._aheads[subject] = Ahead(item.offset + 1, ahead.members)
        members = (*ahead.members, *self._apply(item, held, runs=runs))
        self._aheads[subject] = Ahead(item.offset + 1, members)

    def _apply(
        self, item: ChangeIn, held: SubjectEntries, *, runs: bool
    ) -> tuple[MemberChange, ...]:
        """Change the entries of a subject; return what that does to the list, if it was news."""
        subject = item.change.subject
        known = self._entries.get(subject, held.entries)
        found = _find(known, item.change.data)
        spec = self._lists[item.change.data.list_code]
        entry = _told(item, found, spec.place_of(item.change.source))
        if found is not None and not _is_its_own(found, entry):
            detail = "source: another provider entered this; one of elsewhere changes its own alone"
            raise RejectRecordError(Reason.UNKNOWN_PROVIDER, detail)
        if found is not None and not _is_news(found, entry, item.change):
            older = item.change.data.revision < found.change.revision
            self.counts[entry.change.list_code, "older" if older else "same"] += 1
            return ()
        kept = [e for e in known if e is not found]
        self._entries[subject] = (*kept, entry)
        self._before.setdefault(subject, (item.partition, held, runs))
        change = entry.change
        self.counts[change.list_code, "applied"] += 1
        if entry.jurisdiction is not None:
            return ()  # the list is published by ours, who count their own
        before = "" if found is None else member_revision(found)
        after = member_revision(entry)
        return (MemberChange(item.offset, change.list_code, change.entry_id, before, after),)

    def _take_turn(self, item: ChangeIn, ahead: Ahead) -> Ahead | None:
        """Return what is still ahead once *item*, folded before, has had its turn."""
        for change in ahead.members:
            if change.offset <= item.offset:
                self._note_member(item.partition, change)
        rest = tuple(change for change in ahead.members if change.offset > item.offset)
        return Ahead(ahead.until, rest) if item.offset + 1 < ahead.until else None

    def published(self, item: PublishedIn, state: PartitionState) -> PartitionState:
        """Return the partition's state after a watermark; one that does not add up is unsound."""
        data = item.published.data
        newest = state.lists.get(data.list_code)
        if newest is not None and newest.generation >= data.generation:
            self.counts[data.list_code, "older"] += 1
            return state
        members = self._members(item.partition, data.list_code)
        sound = count_and_digest(members) == (data.count, data.digest)
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

    def changed(self) -> list[tuple[int, str]]:
        """Return partition and USCC of each subject that has matters and whose entries changed."""
        return [
            (partition, subject)
            for subject, (partition, _, runs) in self._before.items()
            if runs and subject in self._entries
        ]

    def write(self, decided: Collection[str] = ()) -> None:
        """Keep the entries of every subject that they changed of.

        *decided*: of whom all matters are decided again in this batch, and no sweep is left.
        """
        for subject, (partition, before, runs) in self._before.items():
            entries = self._entries.get(subject)
            sweep = Sweep() if runs and entries is not None else before.sweep
            ahead = self._aheads.get(subject, before.ahead)
            if subject in decided:
                sweep = None
            after = SubjectEntries(before.entries if entries is None else entries, sweep, ahead)
            self._working.keep_entries(partition, subject, before, after)
            if sweep is not None:
                self.swept.add(partition)

    def _note_member(self, partition: int, change: MemberChange) -> None:
        told = change.list_code, change.entry_id, change.after
        self._changes[partition].members.append(told)

    def _members(self, partition: int, code: str) -> Iterator[tuple[str, str]]:
        """Yield the entries of a list, not removed, as this batch has them by now."""
        news = {
            entry: revision
            for told, entry, revision in self._changes[partition].members
            if told == code
        }
        for entry, revision in self._members_before(partition, code):
            if entry not in news:
                yield entry, revision
        yield from ((entry, revision) for entry, revision in news.items() if revision)


def member_revision(entry: KnownEntry) -> str:
    """Return what a list counts an entry as: its revision, empty once it was removed."""
    change = entry.change
    return "" if change.removed_on is not None else str(change.revision)


def _find(known: Entries, data: ListChangeData) -> KnownEntry | None:
    for entry in known:
        change = entry.change
        if change.entry_id == data.entry_id and change.list_code == data.list_code:
            return entry
    return None


def _is_its_own(found: KnownEntry, told: KnownEntry) -> bool:
    """Tell whether the provider of *told* may change *found*: any of ours may what is ours."""
    if found.jurisdiction is None or told.jurisdiction is None:
        return found.jurisdiction == told.jurisdiction
    return found.provider == told.provider


def _told(item: ChangeIn, found: KnownEntry | None, place: str | None) -> KnownEntry:
    """Return the entry as this change tells it; what it does not say about suspension stays."""
    kind = item.change.type
    suspended = kind == SUSPENDED or (
        kind not in (RESUMED, REMOVED) and found is not None and found.suspended
    )
    return KnownEntry(
        item.change.data, suspended, item.change.source, format_instant(item.appended_at), place
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
