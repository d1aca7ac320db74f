"""How far the lists can be relied on at one instant, as one partition knows them."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from schemas.lean import ListFreshness
from streams.rules.catalogue import Catalogue


class Standing(Struct, frozen=True):
    """The lists that are not to be relied on.

    `missing`: never published here. `stale`: published, but older than promised or unsound (count
    or digest did not agree).
    """

    missing: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()

    def is_fresh(self, list_code: str) -> bool:
        """Tell whether the list was published within its promise and adds up."""
        return list_code not in self.missing and list_code not in self.stale


def standing_of(
    catalogue: Catalogue, lists: Mapping[str, ListFreshness], decided_at: datetime
) -> Standing:
    """Return the standing of every list of *catalogue* at *decided_at*.

    A watermark counts from the earlier of what the provider says and what the broker saw, so that
    neither a future date nor a late delivery makes a list look newer than it is.
    """
    missing, stale = set(), set()
    for code, spec in catalogue.lists.items():
        known = lists.get(code)
        if known is None:
            missing.add(code)
            continue
        age = decided_at - min(known.published_at, known.appended_at)
        if age > spec.publish_every or not known.sound:
            stale.add(code)
    return Standing(missing=frozenset(missing), stale=frozenset(stale))
