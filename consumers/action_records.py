"""The newest state of an action, found by its id alone."""

from collections.abc import Iterable

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from schemas.lean import ActionData, Envelope

_action = msgspec.json.Decoder(Envelope[ActionData]).decode


class ActionRecord(Struct, frozen=True):
    """An action as the newest message about it tells, and the organisation that it is about."""

    uscc: str
    change: str
    at: str
    action: ActionData


def newest_actions(windows: Iterable[list[Message]], wanted: str) -> dict[str, ActionRecord]:
    """Return, by action id, the newest records of `credit.actions` that *wanted* names.

    *wanted* is an action's id, or a decision's: then those of its actions that stand in the first
    window with any of them. *windows* are those of `newest_first`, holding it; no further one is
    asked for once something is found.
    """
    for window in windows:
        found: dict[str, ActionRecord] = {}
        for message in window:
            told = _action(message.value() or b"")
            data = told.data
            known = found.get(data.action_id)
            if wanted not in (data.action_id, data.decision_id):
                continue
            if known is None or known.action.revision <= data.revision:
                change = told.type.removeprefix("credit.action.")
                found[data.action_id] = ActionRecord(told.subject, change, told.time, data)
        if found:
            return found
    return {}
