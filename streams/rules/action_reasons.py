"""The reasons of a decision that is made again: what its actions say of themselves, and the rest.

An action carries its codes in `reason`, comma between them, so that a decision can be told from
the actions as they stand. What no action carries (a listing out of scope, a reward withheld) is
remembered as a hash: a decision is made again where it changed.
"""

import hashlib
from collections.abc import Iterable

from schemas.lean import ActionData, DecisionReason
from streams.rules.catalogue import Catalogue
from streams.rules.reasons import ReasonCode, reason_of

_CODES = {code.value: code for code in ReasonCode}
# How fresh the lists are changes with the hour; it counts where it changes a verdict or an action.
_PASSING = frozenset({ReasonCode.STALE_LIST.value, ReasonCode.LIST_NEVER_PUBLISHED.value})


def reasons_of(actions: Iterable[ActionData], catalogue: Catalogue) -> list[DecisionReason]:
    """Return why each of *actions* stands as it does; words that are no code are left out."""
    return [
        reason_of(
            _CODES[code],
            measure=catalogue.measure(action.measure.id),
            spec=catalogue.lists.get(action.entry.list_code),
            entry_id=action.entry.entry_id,
        )
        for action in actions
        for code in (action.reason or "").split(",")
        if code in _CODES
    ]


def other_reasons(reasons: Iterable[DecisionReason], actions: Iterable[ActionData]) -> str:
    """Return a hash of those *reasons* of a decision that none of its *actions* carries, or ''.

    Two decisions with the same actions and the same hash say the same, whatever the words. The
    freshness of lists is left out.
    """
    carried = {(a.measure.id, a.entry.list_code, a.entry.entry_id) for a in actions}
    lines = sorted(
        f"{r.code}\x1f{r.list_code}\x1f{r.entry_id}\x1f{r.measure_id}"
        for r in reasons
        if r.code not in _PASSING and (r.measure_id, r.list_code, r.entry_id) not in carried
    )
    if not lines:
        return ""
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
