"""Which measures apply to which entries of one event: scope, term and condition."""

from datetime import date

from msgspec import Struct

from schemas.lean import DecisionReason
from streams.rules import conditions
from streams.rules.condition_memo import holding
from streams.rules.issuing import Case
from streams.rules.join import Joined, JoinedEntry, Presence
from streams.rules.place import Candidate
from streams.rules.reasons import ReasonCode, reason_of
from streams.rules.term import until_of


class Match(Struct, frozen=True):
    """A measure that applies because of an entry; `until` exclusive, null until removal."""

    candidate: Candidate
    entry: JoinedEntry
    until: date | None


class Matches(Struct, frozen=True):
    """What applies to one event, the entries that were looked at, and why others had no effect."""

    found: tuple[Match, ...]
    looked_at: tuple[JoinedEntry, ...]
    reasons: tuple[DecisionReason, ...]


def match_measures(case: Case, joined: Joined) -> Matches:
    """Return the measures in force that apply, by entry and then by measure id."""
    day = case.as_of.day
    found: list[Match] = []
    looked_at: list[JoinedEntry] = []
    reasons: list[DecisionReason] = []
    for entry in joined.entries:
        candidates = [
            candidate
            for candidate in case.place.candidates.get(entry.spec.code, ())
            if candidate.measure.in_force(day)
        ]
        if not candidates:
            continue
        looked_at.append(entry)
        reason = _without_effect(case, entry)
        if reason is not None:
            reasons.append(reason)
            continue
        held = _holding(case, entry)
        for candidate in candidates:
            if candidate.measure.when is not None and candidate.ref.id not in held:
                continue
            until = until_of(candidate.measure, entry.known.change)
            if until is None or day < until:
                found.append(Match(candidate, entry, until))
            else:
                reasons.append(_about(ReasonCode.TERM_OVER, entry, candidate))
    return Matches(tuple(found), tuple(looked_at), tuple(reasons))


def _without_effect(case: Case, entry: JoinedEntry) -> DecisionReason | None:
    """Return why no measure at all can rest on *entry* here, or None."""
    if entry.presence is Presence.ENDED:
        return _about(ReasonCode.ENDED_BEFORE_DECISION, entry)
    if not entry.names_item(case.event.data.item_code):
        return _about(ReasonCode.OUT_OF_SCOPE, entry)
    return None


def _about(
    code: ReasonCode, entry: JoinedEntry, candidate: Candidate | None = None
) -> DecisionReason:
    return reason_of(
        code,
        measure=None if candidate is None else candidate.measure,
        spec=entry.spec,
        entry_id=entry.known.change.entry_id,
    )


def _holding(case: Case, entry: JoinedEntry) -> frozenset[str]:
    """Return the measures with a condition that holds for *entry* here."""
    asked = case.place.asked[entry.spec.code]
    if not asked:
        return frozenset()
    event, listed = _event_view(case), _entry_view(entry)
    item = case.catalogue.item_view(case.event.data.item_code)
    answers = [holding(case.catalogue, a, event=event, entry=listed, item=item) for a in asked]
    return answers[0] if len(answers) == 1 else frozenset().union(*answers)


def _event_view(case: Case) -> dict[str, object]:
    data, stage = case.event.data, case.place.stage
    return conditions.event_view(
        family=stage.family,
        stage=stage.stage,
        department=data.department,
        item_code=data.item_code,
        amount_fen=data.amount_fen,
        region=data.region,
        attributes=data.attributes,
    )


def _entry_view(entry: JoinedEntry) -> dict[str, object]:
    change = entry.known.change
    return conditions.entry_view(
        entry.spec,
        facts_code=change.facts_code,
        severity=change.severity,
        scope=change.scope,
        effective_from=change.effective_from.isoformat(),
        doc_no=change.doc_no,
    )
