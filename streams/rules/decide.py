"""The decision on one event, a pure function of event, entries, catalogue and moment."""

from msgspec.structs import replace

from schemas.lean import ActionData, DecisionReason, EntryRef, Envelope, EventData, KnownEntry
from schemas.measure import Polarity
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.rules.grading import obstacles, reasons_for
from streams.rules.issuing import Case, case_of, issue
from streams.rules.join import JoinedEntry, join
from streams.rules.matching import Match, match_measures
from streams.rules.outcome import AsOf, Outcome
from streams.rules.place import place_of
from streams.rules.quiet import quiet_outcome
from streams.rules.reasons import in_order, reason_of
from streams.rules.recognition import recognised, recognition_reasons
from streams.rules.rewards import grant
from streams.rules.verdict import verdict_of


def decide(
    event: Envelope[EventData],
    entries: tuple[KnownEntry, ...],
    catalogue: Catalogue,
    *,
    as_of: AsOf,
) -> Outcome:
    """Return verdict, reasons, entries looked at and actions to issue for *event*.

    *entries*: every known entry of the subject, in any order. Depends on its arguments alone; for
    a subject without entries equal cases share one object.
    Raises: RejectRecordError for a type or a department that the catalogue does not know.
    """
    quiet = quiet_outcome(event.type, event.data, catalogue, as_of)
    if not entries:
        return quiet
    day = as_of.day
    abroad = tuple(recognition_reasons(entries, catalogue, day))
    entries = recognised(entries, catalogue, day)
    joined = join(entries, catalogue, business_day=legal_day(as_of.event_time), day=day)
    if not joined.entries:
        return replace(quiet, reasons=in_order([*quiet.reasons, *abroad])) if abroad else quiet
    place = place_of(event.type, event.data.item_code, event.data.department, catalogue)
    case = case_of(event, place, catalogue, as_of)
    matches = match_measures(case, joined)
    applied = [m for m in matches.found if not m.candidate.measure.shadow]
    burdens = [m for m in applied if m.candidate.measure.polarity is not Polarity.REWARD]
    earned = [m for m in applied if m.candidate.measure.polarity is Polarity.REWARD]
    actions, reasons = _burden(case, burdens)
    verdict = verdict_of(actions, place, as_of.standing, day=day)
    rewards = grant(case, earned, joined, verdict)
    return Outcome(
        verdict=verdict,
        reasons=in_order([*quiet.reasons, *abroad, *matches.reasons, *reasons, *rewards.reasons]),
        entries=_references(matches.looked_at, rewards.masked_by),
        actions=_sorted([*actions, *rewards.actions]),
        shadows=_shadows(matches.found),
    )


def _burden(case: Case, matches: list[Match]) -> tuple[list[ActionData], list[DecisionReason]]:
    """Return the actions that punish or supervise, each with its reasons."""
    actions, reasons = [], []
    for match in matches:
        measure = match.candidate.measure
        failing = obstacles(
            match.candidate,
            match.entry,
            case.place,
            case.as_of.standing,
            individual=case.individual,
        )
        why = reasons_for(measure.effect, failing)
        actions.append(issue(case, match.candidate, match.entry, until=match.until, why=why))
        reasons += [
            reason_of(
                code,
                measure=measure,
                spec=match.entry.spec,
                entry_id=match.entry.known.change.entry_id,
            )
            for code in why
        ]
    return actions, reasons


def _references(*looked_at: tuple[JoinedEntry, ...]) -> tuple[EntryRef, ...]:
    references = {entry.ref for entries in looked_at for entry in entries}
    return tuple(sorted(references, key=lambda r: (r.list_code, r.entry_id, r.revision)))


def _sorted(actions: list[ActionData]) -> tuple[ActionData, ...]:
    return tuple(sorted(actions, key=lambda a: (a.entry.list_code, a.entry.entry_id, a.measure.id)))


def _shadows(found: tuple[Match, ...]) -> tuple[str, ...]:
    ids = {m.candidate.measure.id for m in found if m.candidate.measure.shadow}
    return tuple(sorted(ids))
