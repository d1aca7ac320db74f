"""What is known while a batch is folded: what it changed itself, then the last one, then Redis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.ids import decision_id
from schemas.lean import Matter, SubjectEntries, encode
from streams.trigger.agenda import Diary, diary_of
from streams.trigger.codes import are_among
from streams.trigger.keys import entries_key, matter_key
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.plain.columns import hashes_of
from streams.trigger.plain.quiet import Quiet

Hashes = NDArray[np.uint64]
_matter = msgspec.json.Decoder(Matter).decode
_entries = msgspec.json.Decoder(SubjectEntries).decode

NO_MATTER = Matter((), (), None)
NO_ENTRIES = SubjectEntries(())
_FORGOTTEN = b""


def decode_entries(raw: bytes | None) -> SubjectEntries:
    """Return what the record of a subject's entries holds."""
    return _entries(raw) if raw else NO_ENTRIES


def decode_matter(raw: bytes | None) -> Matter:
    """Return what the record of a matter holds."""
    return _matter(raw) if raw else NO_MATTER


def ids_of(matter: Matter) -> tuple[list[str], list[str]]:
    """Return the ids of the decisions and of the actions of a matter."""
    decisions = [decision_id(event.source, event.id) for event in matter.events]
    return decisions, [action.action_id for action in matter.actions]


@dataclass(slots=True)
class Recent:
    """What the batch before this one learnt: newer than what Redis answered meanwhile.

    `matters` by (USCC, matter id), empty where it was forgotten; `seen` the matter of each
    (USCC, decision id); `entries` by USCC. By partition: `due`, the first day on which one of the
    matters changes by itself, and `sweeps`, the subjects whose sweep is not over.
    """

    matters: dict[tuple[str, str], bytes] = field(default_factory=dict)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    entries: dict[str, SubjectEntries] = field(default_factory=dict)
    plain: list[Quiet] = field(default_factory=list)
    due: dict[int, date] = field(default_factory=dict)
    sweeps: dict[int, frozenset[str]] = field(default_factory=dict)

    def recall(self, subjects: Hashes) -> None:
        """Name each by itself what was written plainly about *subjects*: hashes, in order."""
        for quiet in self.plain:
            for place in are_among(quiet.hashes(), subjects).tolist():
                columns, row = quiet.columns, int(quiet.rows[place])
                uscc, matter = columns.subject(row), columns.matter(row)
                self.matters[uscc, matter] = quiet.records[place]
                self.seen[uscc, columns.decision_id(row)] = matter

    def touched(self) -> Hashes:
        """Return the hashes of the subjects of whom something is known."""
        subjects = {subject for subject, _ in self.matters}
        found = [quiet.hashes() for quiet in self.plain]
        return np.concatenate([hashes_of(subjects | self.entries.keys()), *found])


class Working:
    """Records as they stand within one batch; whatever is kept here is also written."""

    def __init__(self, outbox: Outbox, changes: Mapping[int, Changes], recent: Recent) -> None:
        self.learnt = Recent()
        self._outbox = outbox
        self.changes = changes
        self._recent = recent

    def recall(self, subjects: Hashes) -> None:
        """Name each by itself what the last batch wrote plainly about one of *subjects*."""
        self._recent.recall(subjects)

    def touched(self) -> Hashes:
        """Return the hashes of whom this batch or the last one wrote something about."""
        return np.concatenate([self.learnt.touched(), self._recent.touched()])

    def record(self, subject: str, matter: str, held: bytes | None) -> bytes | None:
        """Return the newest record of a matter, of which Redis *held* one when it was asked."""
        where = subject, matter
        known = self.learnt.matters.get(where)
        if known is None:
            known = self._recent.matters.get(where)
        return held if known is None else known or None

    def seen(self, subject: str, decision: str, held: bytes | None) -> str | None:
        """Return the matter in which that event was decided before, None if it was not."""
        identity = subject, decision
        known = self.learnt.seen.get(identity) or self._recent.seen.get(identity)
        if known is None and held is not None:
            known = held.decode()
        return known

    def entries(self, subject: str, held: bytes | None) -> SubjectEntries:
        """Return the newest entries of *subject*, of whom Redis *held* a record when asked."""
        known = self.learnt.entries.get(subject)
        if known is None:
            known = self._recent.entries.get(subject)
        return decode_entries(held) if known is None else known

    def keep(
        self, partition: int, subject: str, matter: str, after: Matter, decision: str = ""
    ) -> None:
        """Keep a matter as it is *after*wards, and what it is due for; *decision* if it is new."""
        self.keep_record(partition, subject, matter, encode(after), decision, diary_of(after))

    def keep_record(  # noqa: PLR0913, PLR0917  # for every event: keywords would cost
        self,
        partition: int,
        subject: str,
        matter: str,
        record: bytes,
        decision: str,
        diary: Diary | None = None,
    ) -> None:
        """Keep the *record* of a matter and its *diary*, as `keep` does."""
        changes = self.changes[partition]
        self.learnt.matters[subject, matter] = record
        if decision:
            self.learnt.seen[subject, decision] = matter
        changes.matters.append((subject, matter, record, decision))
        if diary is not None:
            changes.diaries[f"{subject}/{matter}"] = diary
        self._outbox.state(partition, matter_key(subject, matter), record)

    def keep_entries(
        self, partition: int, subject: str, before: SubjectEntries, after: SubjectEntries
    ) -> None:
        """Keep the entries of *subject*, and how far its matters follow them."""
        record = encode(after)
        changes = self.changes[partition]
        self.learnt.entries[subject] = after
        changes.entries[subject] = record
        if after.sweep is not None or before.sweep is not None:
            changes.sweeps[subject] = None if after.sweep is None else after.sweep.turn
        self._outbox.state(partition, entries_key(subject), record)

    def forget(self, partition: int, subject: str, matter: str, last: Matter) -> None:
        """Forget a matter that was kept for as long as it had to be."""
        self.learnt.matters[subject, matter] = _FORGOTTEN
        self.changes[partition].forgotten[f"{subject}/{matter}"] = ids_of(last)
        self._outbox.state(partition, matter_key(subject, matter), None)
