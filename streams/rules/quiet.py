"""The outcome of an event whose subject is on no list: nineteen in twenty, so it is shared."""

from datetime import date
from weakref import WeakKeyDictionary

from schemas.lean import EventData
from streams.rules.catalogue import Catalogue
from streams.rules.outcome import AsOf, Outcome
from streams.rules.place import Place, place_of
from streams.rules.reasons import ReasonCode, in_order, reason_of
from streams.rules.standing import Standing
from streams.rules.verdict import verdict_of

# Places times days times standings; the limit only bounds the memory of a year without restart.
_KEPT_OUTCOMES = 8192

_Key = tuple[str, str, str, date, frozenset[str], frozenset[str]]
_OUTCOMES: WeakKeyDictionary[Catalogue, dict[_Key, Outcome]] = WeakKeyDictionary()


def quiet_outcome(event_type: str, data: EventData, catalogue: Catalogue, as_of: AsOf) -> Outcome:
    """Return what is decided before any entry is looked at; one object for all equal cases.

    Raises: RejectRecordError for a type or a department that the catalogue does not know.
    """
    outcomes = _OUTCOMES.get(catalogue)
    if outcomes is None:
        outcomes = _OUTCOMES.setdefault(catalogue, {})
    item = data.item_code
    standing = as_of.standing
    key = (
        event_type,
        item if item in catalogue.items else "",
        data.department,
        as_of.day,
        standing.missing,
        standing.stale,
    )
    found = outcomes.get(key)
    if found is None:
        place = place_of(event_type, item, data.department, catalogue)
        found = _decide_quietly(place, catalogue, standing, as_of.day)
        if len(outcomes) >= _KEPT_OUTCOMES:
            outcomes.clear()
        outcomes[key] = found
    return found


def _decide_quietly(place: Place, catalogue: Catalogue, standing: Standing, day: date) -> Outcome:
    reasons = []
    if place.item is None:
        reasons.append(reason_of(ReasonCode.UNKNOWN_ITEM))
    for code in place.required_lists(day):
        if code in standing.missing:
            spec = catalogue.lists[code]
            reasons.append(reason_of(ReasonCode.LIST_NEVER_PUBLISHED, spec=spec))
        elif code in standing.stale:
            reasons.append(reason_of(ReasonCode.STALE_LIST, spec=catalogue.lists[code]))
    return Outcome(verdict_of((), place, standing, day=day), reasons=in_order(reasons))
