"""The listings of the small town: from when until when each counts, wherever it was made.

An entry of another city counts while an agreement gives it effect, a barred licence for three years
at most. A rule a function, as in `law.py`.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Agreement:
    """What another city's entries count for here, `since` a day, `until` another (exclusive)."""

    since: date
    until: date | None
    effective: bool


def _june(day: int) -> date:
    return date(2026, 6, day)


# What was agreed with the neighbours, by list: one agreement right after the other, shown before it
# counts, gaps, and entries that are shown and no more. Histories begin on 10 June.
AGREEMENTS: dict[str, tuple[Agreement, ...]] = {
    "court-defaulter": (
        Agreement(date(2026, 1, 1), _june(13), effective=True),
        Agreement(_june(13), _june(17), effective=True),
        Agreement(_june(17), None, effective=False),
    ),
    "safety-serious": (
        Agreement(date(2026, 1, 1), _june(12), effective=False),
        Agreement(_june(12), _june(16), effective=True),
        Agreement(_june(18), None, effective=True),
    ),
    "city-focus": (Agreement(date(2026, 1, 1), _june(15), effective=True),),
    "city-red": (Agreement(date(2026, 1, 1), None, effective=False),),
}
# Within how many years of its listing a measure is over, where the law says so.
YEARS = {"p02-same-licence-barred": 3}


@dataclass
class Entry:
    """One entry as last told."""

    list_code: str
    begins: date
    ends: date | None
    abroad: bool = False
    suspended: bool = False
    removed: str | None = None  # why, from `removed_on` on
    removed_on: date | None = None

    def is_active(self, day: date) -> bool:
        """From its first day until its end or removal; suspended or annulled on no day."""
        out = self.suspended or self.removed == "annulled" or day < self.begins
        return not (out or self.is_over(day)) and self.is_recognised(day)

    def is_over(self, day: date) -> bool:
        """Tell whether its end or its removal has come."""
        return any(end is not None and end <= day for end in (self.ends, self.removed_on))

    def is_recognised(self, day: date) -> bool:
        """Tell whether it counts here: ours always, others' while an effective agreement holds."""
        if not self.abroad:
            return True
        return any(
            each.effective and each.since <= day and (each.until is None or day < each.until)
            for each in AGREEMENTS[self.list_code]
        )

    def until(self, measure: str, day: date) -> date | None:
        """Return the first day on which *measure* no longer rests on it, as things are on *day*."""
        ends = [end for end in (self.ends, self.agreed_until(day)) if end is not None]
        if measure in YEARS:
            ends.append(self.begins.replace(year=self.begins.year + YEARS[measure]))
        return min(ends, default=None)

    def agreed_until(self, day: date) -> date | None:
        """Return the first day from *day* on that it does not count here, None for always."""
        if not self.abroad:
            return None
        turns = [day, *(each.until for each in AGREEMENTS[self.list_code] if each.until)]
        return min((t for t in turns if t >= day and not self.is_recognised(t)), default=None)
