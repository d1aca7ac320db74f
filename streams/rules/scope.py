"""What a measure may rest on and what it may touch: the connected-matter test, as predicates."""

from schemas.measure import AppliesTo, Effect, EntryKind
from schemas.registry import Item, ListSpec


def matches_list(scope: AppliesTo, spec: ListSpec) -> bool:
    """Tell whether *scope* takes in the list: all filters given hold, ban and record by name."""
    if spec.kind in {EntryKind.BAN, EntryKind.RECORD} and spec.code not in scope.lists:
        return False
    return (
        (not scope.lists or spec.code in scope.lists)
        and (not scope.kinds or spec.kind in scope.kinds)
        and (not scope.domains or spec.domain in scope.domains)
        and bool(scope.lists or scope.kinds or scope.domains)
    )


def effect_allowed_on(effect: Effect, item: Item | None) -> bool:
    """Tell whether *effect* may touch the item; an unregistered item gets no relief.

    Source: contracts C; 优化营商环境条例 art. 19, 54 (no promise where safety is at stake, no fewer
    checks where every holder is inspected).
    """
    match effect:
        case Effect.OFFER_COMMITMENT:
            return item is not None and item.commitment_allowed and not item.safety_critical
        case Effect.ACCEPT_WITH_GAPS:
            return item is not None and item.gaps_allowed and not item.safety_critical
        case Effect.INSPECT_DOWN:
            return item is not None and not item.full_coverage
        case _:
            return True
