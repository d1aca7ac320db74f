"""How the steps of one matter follow each other: a later step takes the place of earlier ones."""

from collections.abc import Iterable, Mapping

from schemas.action import ActionState
from schemas.lean import ActionData
from streams.rules.catalogue import StagePlace

LIVE = frozenset({ActionState.IN_FORCE, ActionState.AWAITING_REVIEW, ActionState.SUSPENDED})


def superseded_by(
    actions: Iterable[ActionData],
    stages: Mapping[tuple[str, str], StagePlace],
    new_stage: StagePlace,
) -> tuple[ActionData, ...]:
    """Return the live actions that a new event of the same matter at *new_stage* withdraws.

    Those of events of the same family at that step or before it; the step itself too, since a
    corrected message takes the place of the one that it corrects. An event that arrives late, for
    an earlier step, leaves what a later step did alone. *stages* is `Catalogue.stages`; a step
    that it no longer has counts as the first.
    """
    return tuple(
        action
        for action in actions
        if action.state in LIVE and _is_at_or_before(action.event.type, stages, new_stage)
    )


def _is_at_or_before(
    event_type: str, stages: Mapping[tuple[str, str], StagePlace], new_stage: StagePlace
) -> bool:
    _, _, step = event_type.partition(".")
    family, _, stage = step.partition(".")
    if family != new_stage.family:
        return False
    earlier = stages.get((family, stage))
    return earlier is None or earlier.rank <= new_stage.rank
