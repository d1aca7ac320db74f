"""Which events of a batch stay plain, and what is written about those that do."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from streams.trigger.codes import are_among, repeated
from streams.trigger.fold_events import EventFold
from streams.trigger.folded import Folded
from streams.trigger.intake import Intake
from streams.trigger.items import EventIn, Part
from streams.trigger.moment import PartitionMoment
from streams.trigger.plain.columns import hashes_of
from streams.trigger.plain.quiet import write_quietly
from streams.trigger.transaction import Record
from streams.trigger.working import Hashes, Working


class PlainFold:
    """Takes out of the columns whatever something bears on, and writes the rest at once."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def take_out_known(self, parts: Sequence[Part]) -> None:
        """Leave plain alone of whom Redis holds nothing, and who comes once in the batch."""
        columns = [part.columns for part in parts if part.columns is not None]
        if not columns:
            return
        several = repeated(np.concatenate([_hashes_of_keys(part) for part in parts]))
        for part in parts:
            if part.columns is not None:
                again = are_among(part.columns.hashes, several).tolist()
                self._intake.take_out(part, sorted({*part.columns.known, *again}))

    def touched(self, all_parts: Sequence[Part], working: Working) -> Hashes:
        """Return whom the last batch or this one touched: plain in Redis, and no longer so.

        What the last batch wrote plainly about the subjects of this one is recalled.
        """
        parts = [part.columns.hashes for part in all_parts if part.columns is not None]
        odd = {i.event.subject for part in all_parts for i in part.items if isinstance(i, EventIn)}
        working.recall(np.sort(np.concatenate([hashes_of(odd), *parts])))
        return np.sort(working.touched()) if parts else hashes_of(())

    def write(
        self,
        part: Part,
        touched: Hashes,
        fold: EventFold,
        moments: Mapping[int, PartitionMoment],
        folded: Folded,
    ) -> list[Record]:
        """Return decision and state record of each event of *part* that stays plain, in order.

        The others become items.
        """
        columns = part.columns
        if columns is None:
            return []
        self._intake.take_out(part, are_among(columns.hashes, touched).tolist())
        places = {}
        for group in range(len(columns.firsts)):
            rows = np.flatnonzero(columns.groups == group)
            if not len(rows):
                continue
            first = int(rows[0])
            item = self._intake.plain_item(part.messages[first], columns, first)
            place = fold.quiet_place(item, moments[item.partition])
            if place is None:
                self._intake.take_out(part, rows.tolist())
            else:
                places[group] = place
        rows = columns.plain_rows()
        if not len(rows):
            return []
        written = write_quietly(columns, rows, places)
        for group, day, count, last in written.counted:
            places[group].tally.add_many(date.fromordinal(day).isoformat(), count, last)
        for partition, told in written.told.items():
            folded.changes[partition].plain.append(told)
        folded.recent.plain.append(written.quiet)
        return written.messages


def _hashes_of_keys(part: Part) -> Hashes:
    """Return the hashes of the subjects of *part*, as far as they are in columns or items."""
    if part.columns is not None:
        return part.columns.hashes
    return hashes_of([item.event.subject for item in part.asked()])
