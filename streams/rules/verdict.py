"""The verdict: what the business system is told, from the actions as they stand."""

from collections.abc import Iterable
from datetime import date

from schemas.action import ActionState
from schemas.decision import STRICTNESS, Verdict
from schemas.lean import ActionData
from schemas.measure import Effect
from streams.rules.place import Place
from streams.rules.standing import Standing

_RANK = {verdict.value: rank for rank, verdict in enumerate(STRICTNESS)}


def verdict_of(
    actions: Iterable[ActionData], place: Place | None, standing: Standing, *, day: date
) -> Verdict:
    """Return the verdict at *place* that the states of *actions* make.

    `deny` if a block is in force; else `hold` if a refer awaits review or a list that is required
    there was never published; else `pass`. At a terminal stage nothing is left to hold. Without a
    place, since the catalogue no longer has it, no list is required.
    """
    refers = False
    for action in actions:
        if action.effect == Effect.BLOCK and action.state == ActionState.IN_FORCE:
            return Verdict.DENY
        refers = refers or (
            action.effect == Effect.REFER and action.state == ActionState.AWAITING_REVIEW
        )
    if place is None:
        return Verdict.HOLD if refers else Verdict.PASS
    if place.stage.terminal:
        return Verdict.PASS
    if refers or not standing.missing.isdisjoint(place.required_lists(day)):
        return Verdict.HOLD
    return Verdict.PASS


def worst(verdicts: Iterable[str]) -> Verdict:
    """Return the strictest of *verdicts*, `pass` if there is none.

    A consortium's bid stands as its worst member.
    """
    return Verdict(max(verdicts, key=_RANK.__getitem__, default=Verdict.PASS))
