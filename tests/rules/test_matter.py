"""A later step of a matter takes the place of the earlier ones."""

import pytest
from msgspec.structs import replace

from schemas.lean import ActionData
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.matter import superseded_by
from tests.rules.given import as_of, entry, event


def action_at(catalogue: Catalogue, type_: str, state: str = "in_force") -> ActionData:
    happened = event(attributes={"tender_kind": "procurement"})
    entries = (entry("procurement-serious"),)
    action = decide(happened, entries, catalogue, as_of=as_of(happened)).actions[0]
    return replace(action, event=replace(action.event, type=type_), state=state)


@pytest.mark.parametrize(
    ("acted_at", "new_stage", "withdrawn"),
    [
        ("registered", "evaluated", True),
        ("registered", "registered", True),  # a corrected message
        ("registered", "closed", True),
        ("evaluated", "registered", False),  # late, for an earlier step
    ],
)
def test_a_step_withdraws_itself_and_what_came_before(
    catalogue: Catalogue, acted_at: str, new_stage: str, *, withdrawn: bool
) -> None:
    action = action_at(catalogue, f"credit.bidding.{acted_at}")
    stage = catalogue.stages["bidding", new_stage]

    found = superseded_by((action,), catalogue.stages, stage)

    assert found == ((action,) if withdrawn else ())


@pytest.mark.parametrize("state", ["withdrawn", "dismissed"])
def test_what_is_over_is_not_withdrawn_again(catalogue: Catalogue, state: str) -> None:
    action = action_at(catalogue, "credit.bidding.registered", state)

    assert superseded_by((action,), catalogue.stages, catalogue.stages["bidding", "closed"]) == ()


@pytest.mark.parametrize("state", ["in_force", "awaiting_review", "suspended"])
def test_every_live_state_is_withdrawn(catalogue: Catalogue, state: str) -> None:
    action = action_at(catalogue, "credit.bidding.registered", state)

    assert superseded_by((action,), catalogue.stages, catalogue.stages["bidding", "closed"])


def test_another_family_is_left_alone(catalogue: Catalogue) -> None:
    action = action_at(catalogue, "credit.bidding.registered")

    assert superseded_by((action,), catalogue.stages, catalogue.stages["approval", "closed"]) == ()
