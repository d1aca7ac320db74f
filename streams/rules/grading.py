"""Graduated automation: what keeps a block from taking effect without a human (design §5)."""

from schemas.measure import AWAITS_REVIEW, Effect, Force
from streams.rules.join import JoinedEntry, Presence
from streams.rules.place import Candidate, Place
from streams.rules.reasons import ReasonCode
from streams.rules.standing import Standing


def obstacles(
    candidate: Candidate, entry: JoinedEntry, place: Place, standing: Standing, *, individual: bool
) -> tuple[ReasonCode, ...]:
    """Return every condition of an automatic block that fails, in a fixed order; () lets it block.

    `individual`: the subject is an individual business (个体工商户, 92…). Scope, condition and term
    are not asked here: where they fail the measure does not apply at all.
    """
    measure = candidate.measure
    failing = (
        (not measure.verified, ReasonCode.UNVERIFIED_MEASURE),
        (measure.force is not Force.MANDATORY, ReasonCode.NOT_MANDATORY),
        (not candidate.implements, ReasonCode.NOT_IMPLEMENTER),
        (entry.spec.code in standing.stale, ReasonCode.STALE_LIST),
        (entry.spec.code in standing.missing, ReasonCode.LIST_NEVER_PUBLISHED),
        (entry.presence is not Presence.BOTH, ReasonCode.BEGAN_AFTER_EVENT),
        (not place.stage.before_decision, ReasonCode.AFTER_GATE),
        (place.item is None, ReasonCode.UNKNOWN_ITEM),
        (individual, ReasonCode.INDIVIDUAL_BUSINESS),
    )
    return tuple(code for fails, code in failing if fails)


def reasons_for(effect: Effect, failing: tuple[ReasonCode, ...]) -> tuple[ReasonCode, ...]:
    """Return why an action of a measure with *effect* starts as it does."""
    if effect is Effect.BLOCK:
        return failing or (ReasonCode.BLOCKED,)
    if effect in AWAITS_REVIEW:
        return (ReasonCode.NEEDS_REVIEW,)
    return (ReasonCode.MEASURE_APPLIES,)
