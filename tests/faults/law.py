"""The small city's law, told from the log of the lists alone: no code of the trigger's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from tests.faults.books import Listed
from tests.faults.ledger import Place

# What an entry of each list does where: nothing anywhere else.
_CONSEQUENCE: dict[tuple[str, Place], str] = {
    ("licence-bar", "application"): "deny",
    ("court-defaulter", "application"): "hold",
    ("procurement-serious", "procurement"): "deny",
}
_SEVERITY = {"pass": 0, "hold": 1, "deny": 2}


class Register:
    """Who stood on which list after each message of `credit.lists`."""

    def __init__(self, changes: Iterable[Listed]) -> None:
        self._by_subject: dict[str, list[Listed]] = defaultdict(list)
        for change in changes:
            self._by_subject[change.subject].append(change)
        for told in self._by_subject.values():
            told.sort(key=lambda change: change.offset)

    def verdict(self, subject: str, place: Place, before: int, business: date, day: date) -> str:
        """Return what the law says on *day* of an event of the day *business*.

        *before*: the offset in the subject's partition before which the lists are known.
        """
        found = ["pass"]
        for last, suspended in self._entries(subject, before):
            active = [_is_active(last, moment, suspended=suspended) for moment in (business, day)]
            if all(active):
                found.append(_CONSEQUENCE.get((last.list_code, place), "pass"))
        return max(found, key=lambda verdict: _SEVERITY[verdict])

    def has_active(self, entry_id: str, subject: str, day: date) -> bool:
        """Tell whether, by all that is known, the entry is in force on *day*."""
        return any(
            last.entry_id == entry_id and _is_active(last, day, suspended=suspended)
            for last, suspended in self._entries(subject, 2**63)
        )

    def turns(self, subject: str, after: int, until: int) -> list[int]:
        """Return the offsets from *after* to *until* behind which something about him changed."""
        told = self._by_subject.get(subject, ())
        return [change.offset + 1 for change in told if after <= change.offset < until]

    def _entries(self, subject: str, before: int) -> Iterator[tuple[Listed, bool]]:
        """Yield the newest word on each entry, and whether it is suspended."""
        newest: dict[str, tuple[Listed, bool]] = {}
        for change in self._by_subject.get(subject, ()):
            if change.offset >= before:
                break
            held = newest.get(change.entry_id)
            if held is not None and held[0].revision >= change.revision:
                continue
            kind = change.type.rpartition(".")[2]
            was = held is not None and held[1]
            suspended = kind == "suspended" or (was and kind not in ("resumed", "removed"))
            newest[change.entry_id] = change, suspended
        yield from newest.values()


def _is_active(entry: Listed, day: date, *, suspended: bool) -> bool:
    over = [each for each in (entry.ends, entry.removed_on) if each is not None and each <= day]
    return not (suspended or entry.annulled or over or day < entry.begins)
