"""Why one event was decided as it was: the same shape, recorded or decided here."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from consumers.decision_records import ActionStep, DecisionStep
from schemas.lean import ActionData, ConsortiumParent, DecisionReason, EntryRef, EventRef
from streams.rules.verdict import worst


class Explanation(Struct, frozen=True, kw_only=True):
    """One decision with its actions in full, oldest change first.

    `recorded` tells whether it lies on `credit.decisions`; one that was decided here, from a file,
    has no sequence and binds nobody. `earlier` are the verdicts of lower sequences. `members` are
    the other members' shares of a consortium's bid.
    """

    recorded: bool
    uscc: str
    decision_id: str
    event: EventRef
    department: str
    item_code: str
    application_no: str
    verdict: str
    reasons: tuple[DecisionReason, ...]
    entries: tuple[EntryRef, ...]
    actions: tuple[ActionData, ...]
    day: str
    decided_at: str
    catalogue_version: str
    sequence: int | None = None
    cause: str = "event"
    earlier: tuple[tuple[int, str, str], ...] = ()
    history: tuple[ActionStep, ...] = ()
    consortium_of: ConsortiumParent | None = None
    members: tuple["Explanation", ...] = ()

    @property
    def bid_verdict(self) -> str:
        """The verdict on a consortium's bid as a whole: that of its worst member."""
        return worst([self.verdict, *(each.verdict for each in self.members)]).value


def explain_recorded(
    steps: list[DecisionStep],
    actions: Mapping[str, list[ActionStep]],
    members: tuple[Explanation, ...] = (),
) -> Explanation:
    """Return the newest of *steps* (one decision id, by sequence), told from the record alone."""
    newest = steps[-1]
    data = newest.decision
    own = {
        known: changes
        for known, changes in actions.items()
        if changes[-1].action.decision_id == data.decision_id
    }
    return Explanation(
        recorded=True,
        uscc=newest.uscc,
        decision_id=data.decision_id,
        event=data.event,
        department=data.department,
        item_code=data.item_code,
        application_no=data.application_no,
        verdict=data.verdict,
        reasons=data.reasons,
        entries=data.entries,
        actions=tuple(changes[-1].action for changes in own.values()),
        day=data.day,
        decided_at=data.decided_at,
        catalogue_version=data.catalogue_version,
        sequence=data.sequence,
        cause=data.cause,
        earlier=tuple(
            (s.decision.sequence, s.decision.verdict, s.decision.decided_at) for s in steps[:-1]
        ),
        history=tuple(step for changes in own.values() for step in changes),
        consortium_of=data.consortium_of,
        members=members,
    )


def as_json(told: Explanation) -> dict[str, Any]:
    """Return *told* as plain data, with the bid's verdict where there are other members."""
    plain: dict[str, Any] = msgspec.to_builtins(told)
    plain["members"] = [as_json(each) for each in told.members]
    plain["bid_verdict"] = told.bid_verdict if told.members else None
    return plain
