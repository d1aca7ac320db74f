"""Which organisations have to be looked at on which day, so that a tick costs only what is due."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class DueIndex:
    """One day for each key; it is derived from the table and never kept."""

    def __init__(self) -> None:
        self._day_of: dict[bytes, date] = {}
        self._keys_on: dict[date, set[bytes]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._day_of)

    def put(self, key: bytes, day: date | None) -> None:
        """Have *key* looked at on *day* and not on the day named before; None: on no day."""
        before = self._day_of.pop(key, None)
        if before is not None:
            self._keys_on[before].discard(key)
            if not self._keys_on[before]:
                del self._keys_on[before]
        if day is not None:
            self._day_of[key] = day
            self._keys_on[day].add(key)

    def due(self, day: date) -> list[bytes]:
        """Return the keys whose day is *day* or before, earliest first; they stay until put."""
        days = sorted(each for each in self._keys_on if each <= day)  # as many days as terms
        return [key for each in days for key in sorted(self._keys_on[each])]
