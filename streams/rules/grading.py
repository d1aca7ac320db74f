"""Graduated automation: what keeps a block from taking effect without a human (design §5)."""

from itertools import compress

from schemas.measure import AWAITS_REVIEW, Effect, Force
from streams.rules.join import JoinedEntry, Presence
from streams.rules.place import Candidate, Place
from streams.rules.reasons import ReasonCode
from streams.rules.standing import Standing

_OBSTACLES = (
    ReasonCode.UNVERIFIED_MEASURE,
    ReasonCode.NOT_MANDATORY,
    ReasonCode.NOT_IMPLEMENTER,
    ReasonCode.STALE_LIST,
    ReasonCode.LIST_NEVER_PUBLISHED,
    ReasonCode.BEGAN_AFTER_EVENT,
    ReasonCode.AFTER_GATE,
    ReasonCode.UNKNOWN_ITEM,
    ReasonCode.INDIVIDUAL_BUSINESS,
)


def obstacles(
    candidate: Candidate, entry: JoinedEntry, place: Place, standing: Standing, *, individual: bool
) -> tuple[ReasonCode, ...]:
    """Return every condition of an automatic block that fails, in a fixed order; () lets it block.

    `individual`: the subject is an individual business (个体工商户, 92…). Scope, condition and term
    are not asked here: where they fail the measure does not apply at all.
    """
    measure, code = candidate.measure, entry.spec.code
    fails = (
        not measure.verified,
        measure.force is not Force.MANDATORY,
        not candidate.implements,
        code in standing.stale,
        code in standing.missing,
        entry.presence is not Presence.BOTH,
        not place.stage.before_decision,
        place.item is None,
        individual,
    )
    return tuple(compress(_OBSTACLES, fails))


def reasons_for(effect: Effect, failing: tuple[ReasonCode, ...]) -> tuple[ReasonCode, ...]:
    """Return why an action of a measure with *effect* starts as it does."""
    if effect is Effect.BLOCK:
        return failing or (ReasonCode.BLOCKED,)
    if effect in AWAITS_REVIEW:
        return (ReasonCode.NEEDS_REVIEW,)
    return (ReasonCode.MEASURE_APPLIES,)
