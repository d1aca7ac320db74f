"""The trigger's own folds, over what the log says was known: nothing is decided here.

The moment comes from the decision that is to be reproduced: its catalogue, positions, day and
instant. Fold code, messages and their bytes are those of `streams.trigger`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from schemas import topics
from schemas.errors import RejectRecordError
from schemas.lean import DecisionData, PartitionState, ReviewData
from schemas.registry import ListSpec
from schemas.times import parse_instant
from streams.replay.known import Known
from streams.rules.again import Cause
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from streams.trigger.fold_events import EventFold
from streams.trigger.fold_lists import ListFold
from streams.trigger.fold_matters import At, MatterFold
from streams.trigger.items import ChangeIn, EventIn, PublishedIn, RejectedIn
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.transaction import Record
from streams.trigger.working import Recent, Working, decode_matter

_MOST_FOLDS = 5_000  # what a fold remembers of its batch is let go after so many
_NOBODY = ""  # whom alerts go to: they are not looked at


class Moment(NamedTuple):
    """What the decisions of one batch in one partition have in common."""

    decided_at: str
    catalogue: str
    lists: int  # how far the changes of the subject are known
    watermarks: int  # how far lists are, in turn
    reviews: int
    day: str


def moment_of(told: DecisionData) -> Moment:
    """Return the moment that a decision names."""
    return Moment(
        told.decided_at,
        told.catalogue_version,
        told.list_position.offset,
        watermarks_of(told),
        told.review_position.offset,
        told.day,
    )


def watermarks_of(told: DecisionData) -> int:
    """Return the offset before which all list changes were folded in turn."""
    return (told.watermark_position or told.list_position).offset


class Brought(NamedTuple):
    """The records that one fold wrote to `credit.decisions` and to `credit.actions`."""

    decisions: Sequence[Record]
    actions: Sequence[Record]


class _Batch:
    """The folds of one moment."""

    def __init__(
        self, moment: Moment, catalogue: Catalogue, known: Known, where: tuple[int, int]
    ) -> None:
        partition, partitions = where
        at = parse_instant(moment.decided_at)
        inputs = {topics.LISTS: moment.watermarks, topics.REVIEWS: moment.reviews}
        day = date.fromisoformat(moment.day)
        state = PartitionState(inputs, day, known.lists)
        self.folds = 0
        self.outbox = Outbox(at)
        self.changes = {partition: Changes()}
        standing = standing_of(catalogue, known.lists, at)
        self.moment = PartitionMoment(partition, state, standing).having_listed(moment.lists)
        working = Working(self.outbox, self.changes, Recent())
        self.matters = MatterFold(catalogue, self.outbox, working, _NOBODY)
        self.events = EventFold(catalogue, self.outbox, working, self.matters, partitions)


class Refold:
    """Folds one partition again, step by step, at the moments that it is told."""

    def __init__(self, known: Known, partition: int, partitions: int) -> None:
        self._known = known
        self._where = partition, partitions
        self._moment: Moment | None = None
        self._catalogue: Catalogue | None = None
        self._batch: _Batch | None = None

    def set_moment(self, moment: Moment, catalogue: Catalogue) -> None:
        """Stand at *moment*; what is folded next is decided there."""
        if moment != self._moment:
            self._moment, self._catalogue = moment, catalogue
            self.begin_anew()

    def begin_anew(self) -> None:
        """Drop what the folds remember: what is known was changed beside them."""
        self._batch = None

    def lists(
        self,
        items: Sequence[ChangeIn | PublishedIn | RejectedIn],
        at: str,
        lists: Mapping[str, ListSpec],
        *,
        ahead: bool = False,
    ) -> None:
        """Fold list changes and watermarks; *at*: an instant, which only alerts would name.

        *lists*: those of the catalogue. *ahead*: of their turn, as for an event that waited.
        """
        known, (partition, _) = self._known, self._where
        outbox, changes = Outbox(parse_instant(at)), {partition: Changes()}
        working = Working(outbox, changes, Recent())
        fold = ListFold(outbox, working, known.members, _NOBODY, lists)
        take = fold.change_ahead if ahead else fold.change
        state = PartitionState({}, date.fromisoformat(at[:10]), known.lists)
        for item in items:
            try:
                if isinstance(item, ChangeIn):
                    # No sweep: the log says when a matter was decided again.
                    take(item, known.entries(item.change.subject), runs=False)
                elif isinstance(item, PublishedIn):
                    state = fold.published(item, state)
            except RejectRecordError:
                continue  # a dead letter, then as now
        fold.write()
        known.lists = state.lists
        known.apply(changes[partition])
        self.begin_anew()

    def event(self, item: EventIn) -> Brought:
        """Decide one event."""
        subject, known = item.event.subject, self._known
        batch = self._current()
        assert self._catalogue is not None  # noqa: S101  # set with the batch
        known.forget_if_over(subject, item.matter, self._catalogue, batch.moment)
        record = known.matter(subject, item.matter)
        seen = known.seen(subject, item.decision_id)
        try:
            batch.events.event(
                item,
                batch.moment,
                known.entries(subject),
                record,
                None if seen is None else seen.encode(),
            )
        except RejectRecordError:
            return Brought((), ())  # its identity was used before: a dead letter
        return self._brought(batch)

    def again(self, subject: str, name: str, cause: Cause) -> Brought:
        """Decide a matter again, on the entries and the day of the moment."""
        batch, record = self._current(), self._known.matter(subject, name)
        if record is None:
            return Brought((), ())
        batch.matters.decide_once(self._at(batch, subject, name), decode_matter(record), cause)
        return self._brought(batch)

    def review(self, subject: str, name: str, told: ReviewData) -> Brought:
        """Apply one review to the matter of its action."""
        batch, record = self._current(), self._known.matter(subject, name)
        if record is None:
            return Brought((), ())
        batch.matters.review(self._at(batch, subject, name), decode_matter(record), told)
        return self._brought(batch)

    def would_change(self, subject: str, name: str, told: ReviewData) -> bool:
        """Tell whether a review would move anything now; nothing is kept of it."""
        record = self._known.matter(subject, name)
        if record is None:
            return False
        batch = self._new()
        batch.matters.review(self._at(batch, subject, name), decode_matter(record), told)
        return any(r[0] in (topics.DECISIONS, topics.ACTIONS) for r in batch.outbox.records)

    def _at(self, batch: _Batch, subject: str, name: str) -> At:
        return At(subject, name, self._known.entries(subject), batch.moment)

    def _new(self) -> _Batch:
        assert self._moment is not None  # noqa: S101  # `set_moment` comes first
        assert self._catalogue is not None  # noqa: S101
        return _Batch(self._moment, self._catalogue, self._known, self._where)

    def _current(self) -> _Batch:
        if self._batch is None or self._batch.folds >= _MOST_FOLDS:
            self._batch = self._new()
        self._batch.folds += 1
        return self._batch

    def _brought(self, batch: _Batch) -> Brought:
        records = batch.outbox.records
        decisions = [record for record in records if record[0] == topics.DECISIONS]
        actions = [record for record in records if record[0] == topics.ACTIONS]
        records.clear()
        self._known.apply(batch.changes[self._where[0]])
        return Brought(decisions, actions)
