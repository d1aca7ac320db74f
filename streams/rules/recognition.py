"""What another place's entries count for here: as much as an agreement says, and no longer.

Source: mutual recognition between cities (信用信息互认); an entry of elsewhere has no force here
unless somebody agreed to it in public.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec.structs import replace

from schemas.lean import DecisionReason, KnownEntry
from schemas.registry import ListSpec, Recognition
from streams.rules.catalogue import Catalogue
from streams.rules.join import is_active
from streams.rules.reasons import ReasonCode, reason_of


def recognised(
    entries: Iterable[KnownEntry], catalogue: Catalogue, day: date
) -> tuple[KnownEntry, ...]:
    """Return *entries* as they count on *day*: those of elsewhere within an agreement's dates.

    Whatever rests on an entry begins and ends with it, so its term ends with the agreement, too.
    One that nobody agreed to give effect has an empty term: it is active on no day.
    """
    return tuple(
        _within(entry, catalogue.lists.get(entry.change.list_code), day) for entry in entries
    )


def recognition_reasons(
    entries: Iterable[KnownEntry], catalogue: Catalogue, day: date
) -> Iterator[DecisionReason]:
    """Yield of each entry of elsewhere that is active there whether it counts here on *day*."""
    for entry in entries:
        spec = catalogue.lists.get(entry.change.list_code)
        if spec is None or entry.jurisdiction is None or not is_active(entry, day):
            continue
        counts = is_active(_within(entry, spec, day), day)
        code = ReasonCode.RECOGNISED_LISTING if counts else ReasonCode.SHOWN_LISTING
        yield reason_of(code, spec=spec, entry_id=entry.change.entry_id)


def turns_of(entry: KnownEntry, catalogue: Catalogue) -> Iterator[date | None]:
    """Yield the days on which an agreement about *entry* begins or ends."""
    spec = catalogue.lists.get(entry.change.list_code)
    if spec is not None and entry.jurisdiction is not None:
        for each in spec.agreements_with(entry.provider):
            yield each.from_
            yield each.until


def _within(entry: KnownEntry, spec: ListSpec | None, day: date) -> KnownEntry:
    if spec is None or entry.jurisdiction is None:
        return entry
    change = entry.change
    term = _term_at(spec.agreements_with(entry.provider), day)
    if term is None:
        return replace(entry, change=replace(change, effective_until=change.effective_from))
    begins, ends = term
    begins = max(begins, change.effective_from)
    until = min((d for d in (ends, change.effective_until) if d is not None), default=None)
    if until is not None:
        begins = min(begins, until)
    return replace(entry, change=replace(change, effective_from=begins, effective_until=until))


def _term_at(agreements: Iterable[Recognition], day: date) -> tuple[date, date | None] | None:
    """Return from when until when (exclusive) elsewhere counts, as of *day*; None if it never does.

    Agreements that follow each other without a gap are one term. Of several terms the one that
    holds on *day* counts, else the last one before it, else the first one after it.
    """
    terms: list[tuple[date, date | None]] = []
    for each in sorted(agreements, key=lambda a: a.from_):
        if each.effect != "effective":
            continue
        if terms and terms[-1][1] == each.from_:
            terms[-1] = terms[-1][0], each.until
        else:
            terms.append((each.from_, each.until))
    begun = [term for term in terms if term[0] <= day]
    if begun:
        return begun[-1]
    return terms[0] if terms else None
