"""Actions as they are issued, at revision 0: with articles, notice, term and deadlines."""

from datetime import date
from functools import lru_cache

from msgspec import Struct

from schemas.action import ActionState
from schemas.ids import action_id, decision_id
from schemas.lean import ActionData, Envelope, EventData, EventRef
from schemas.measure import AWAITS_REVIEW, Effect
from schemas.times import format_instant
from schemas.uscc import is_individual_business
from streams.rules.catalogue import Catalogue
from streams.rules.deadlines import receipt_due, review_due
from streams.rules.join import JoinedEntry
from streams.rules.notice import notice_for
from streams.rules.outcome import AsOf
from streams.rules.place import Candidate, Place
from streams.rules.reasons import ReasonCode

_time_text = lru_cache(maxsize=4096)(format_instant)  # events come in bursts of one second


class Case(Struct, frozen=True):
    """One event at its place, with all that its actions have in common."""

    event: Envelope[EventData]
    place: Place
    catalogue: Catalogue
    as_of: AsOf
    ref: EventRef
    individual: bool


def case_of(event: Envelope[EventData], place: Place, catalogue: Catalogue, as_of: AsOf) -> Case:
    """Return the case of *event*."""
    time = _time_text(as_of.event_time)
    return Case(
        event=event,
        place=place,
        catalogue=catalogue,
        as_of=as_of,
        ref=EventRef(event.source, event.id, event.type, time),
        individual=is_individual_business(event.subject),
    )


def issue(
    case: Case,
    candidate: Candidate,
    entry: JoinedEntry,
    *,
    until: date | None,
    why: tuple[ReasonCode, ...],
) -> ActionData:
    """Return the action of one measure about one entry, in its first state (contracts C, D).

    A block with any other reason than `blocked` becomes a refer that proposes it. `reason` holds
    the codes, comma between them.
    """
    measure = candidate.measure
    effect, proposed = measure.effect, measure.proposed_effect
    if effect is Effect.BLOCK and why != (ReasonCode.BLOCKED,):
        effect, proposed = Effect.REFER, Effect.BLOCK
    awaiting = effect in AWAITS_REVIEW
    event, day = case.event, case.as_of.day
    clock = review_due if awaiting else receipt_due
    due = clock(case.catalogue.calendar, measure, day)
    change = entry.known.change
    return ActionData(
        action_id=action_id(event.source, event.id, change.list_code, change.entry_id, measure.id),
        revision=0,
        decision_id=decision_id(event.source, event.id),
        event=case.ref,
        entry=entry.ref,
        measure=candidate.ref,
        polarity=measure.polarity.value,
        effect=effect.value,
        proposed_effect=None if proposed is None else proposed.value,
        force=measure.force.value,
        verified=measure.verified,
        state=(ActionState.AWAITING_REVIEW if awaiting else ActionState.IN_FORCE).value,
        resumes_to=None,
        legal_basis=candidate.basis,
        department=event.data.department,
        item_code=event.data.item_code,
        application_no=event.data.application_no,
        from_=day,
        until=until,
        notice=notice_for(
            candidate.wording,
            change,
            entry.spec,
            case.place.department,
            event.data,
            uscc=event.subject,
            from_=day,
            until=until,
            awaiting=awaiting,
        ),
        due_on=None if awaiting else due.day,
        due_provisional=due.provisional,
        review_due_on=due.day if awaiting else None,
        objection=None,
        reason=",".join(why),
    )
