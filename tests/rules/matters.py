"""Matters as the trigger keeps them, and what happens to them afterwards."""

from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec.structs import replace

from schemas.action import ActionState
from schemas.lean import (
    ActionData,
    DecidedEvent,
    Envelope,
    EventData,
    KnownEntry,
    Matter,
    ReviewData,
    encode_sorted,
)
from schemas.times import legal_day, parse_instant
from streams.rules.action_reasons import other_reasons
from streams.rules.again import Again, Cause, decide_again
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.kept_event import step_of
from streams.rules.outcome import AsOf
from streams.rules.review import Reviewed, review
from streams.rules.standing import Standing
from streams.rules.time_passes import first_turn, next_day_for
from tests.rules.given import FRESH, TODAY, at_noon, department, real_catalogue

NOTHING = Matter((), (), None)


def moment(day: date = TODAY, standing: Standing = FRESH) -> AsOf:
    """Return a moment whose event time is nobody's: each event of a matter has its own."""
    return AsOf(at_noon(day), day, standing, at_noon(date(2000, 1, 1)))


def decided(
    happened: Envelope[EventData],
    entries: Iterable[KnownEntry] = (),
    *,
    day: date = TODAY,
    standing: Standing = FRESH,
    catalogue: Catalogue | None = None,
    before: Matter = NOTHING,
) -> Matter:
    """Return the matter after *happened* was decided, behind what was there *before*."""
    rules = catalogue or real_catalogue()
    as_of = AsOf(at_noon(day), day, standing, parse_instant(happened.time))
    outcome = decide(happened, tuple(entries), rules, as_of=as_of)
    known = DecidedEvent(
        source=happened.source,
        id=happened.id,
        type=happened.type,
        time=happened.time,
        content="",
        topic="credit.events.example",
        partition=0,
        offset=len(before.events),
        sequence=0,
        verdict=outcome.verdict.value,
        decided_on=day,
        data=msgspec.Raw(encode_sorted(happened.data)),
        reasons=other_reasons(outcome.reasons, outcome.actions),
    )
    stage = rules.stages[step_of(happened.type)]
    closed_on = legal_day(parse_instant(happened.time)) if stage.terminal else before.closed_on
    return Matter((*before.events, known), before.actions + outcome.actions, closed_on)


def again(
    matter: Matter,
    *entries: KnownEntry,
    day: date = TODAY,
    standing: Standing = FRESH,
    cause: Cause = "list",
    subject: str = "91210500MA0BX0015F",
    catalogue: Catalogue | None = None,
) -> Again:
    return decide_again(
        matter,
        entries,
        catalogue or real_catalogue(),
        as_of=moment(day, standing),
        subject=subject,
        cause=cause,
    )


def reviewed(
    matter: Matter,
    outcome: str,
    *,
    action_id: str | None = None,
    reviewer: str = "staff-07",
    second: str | None = None,
    day: date = TODAY,
    catalogue: Catalogue | None = None,
) -> Reviewed:
    """Review the only action of *matter*, or the one named."""
    told = ReviewData(
        review_id="review-1",
        action_id=action_id or matter.actions[0].action_id,
        outcome=outcome,  # type: ignore[arg-type]  # one of the five words
        reason="示例理由",
        reviewer=reviewer,
        reviewer_department=department("credit-office"),
        second_reviewer=second,
        at="2026-06-18T12:00:00.000+08:00",
    )
    return review(
        matter,
        told,
        catalogue or real_catalogue(),
        as_of=moment(day),
        subject="91210500MA0BX0015F",
    )


def only(matter: Matter) -> ActionData:
    (action,) = matter.actions
    return action


def states(matter: Matter) -> dict[tuple[str, str, str], str]:
    """Return the state of each action by list, entry and measure."""
    return {(a.entry.list_code, a.entry.entry_id, a.measure.id): a.state for a in matter.actions}


def verdicts(matter: Matter) -> list[str]:
    return [event.verdict for event in matter.events]


def alive(matter: Matter) -> list[ActionData]:
    ended = {ActionState.WITHDRAWN, ActionState.DISMISSED}
    return [action for action in matter.actions if action.state not in ended]


def changed(known: KnownEntry, *, suspended: bool | None = None, **fields: object) -> KnownEntry:
    """Return *known* as its next revision tells it."""
    change = replace(known.change, revision=known.change.revision + 1, **fields)
    paused = known.suspended if suspended is None else suspended
    return replace(known, change=change, suspended=paused)


def next_day_of_interest(
    matter: Matter, entries: Iterable[KnownEntry], catalogue: Catalogue, day: date
) -> date | None:
    """Return the first day after *day* that brings *matter*, on *entries*, anything by itself."""
    return next_day_for(matter, first_turn(entries, catalogue, day), catalogue, day)
