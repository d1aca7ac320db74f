"""Decisions and actions as they lie on their topics, found again by an id somebody holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from schemas.lean import ActionData, DecisionData, Envelope
from schemas.times import parse_instant

T = TypeVar("T")
_decision = msgspec.json.Decoder(Envelope[DecisionData]).decode
_action = msgspec.json.Decoder(Envelope[ActionData]).decode


class ActionStep(Struct, frozen=True):
    """One message about an action: what changed (`issued`, `withdrawn`, ...), when, and to what."""

    change: str
    at: str
    action: ActionData


class DecisionStep(Struct, frozen=True):
    """One decision about an event of *uscc*; the same id comes again with a higher sequence."""

    uscc: str
    decision: DecisionData


def decisions_naming(
    messages: Iterable[Message], ids: Collection[str], *, until: datetime | None = None
) -> dict[str, list[DecisionStep]]:
    """Return, by decision id and oldest first, the decisions that are or name one of *ids*.

    An id may be a decision's or one of its actions'. *until* (exclusive) leaves out what was
    decided later. Nearly all messages are only searched for the bytes of the ids, not parsed.
    """
    wanted = frozenset(ids)
    needles = [each.encode() for each in wanted]
    found: dict[str, list[DecisionStep]] = defaultdict(list)
    for raw in _holding(messages, needles):
        told = _decision(raw)
        data = told.data
        if until is not None and parse_instant(data.decided_at) >= until:
            continue
        if data.decision_id in wanted or any(a.action_id in wanted for a in data.actions):
            found[data.decision_id].append(DecisionStep(told.subject, data))
    return {
        known: sorted(steps, key=lambda step: step.decision.sequence)
        for known, steps in found.items()
    }


def actions_of(
    messages: Iterable[Message], decision_ids: Collection[str], *, until: datetime | None = None
) -> dict[str, list[ActionStep]]:
    """Return, by action id and oldest first, every change of the actions of *decision_ids*.

    *until* (exclusive) leaves out what happened later.
    """
    wanted = frozenset(decision_ids)
    found: dict[str, list[ActionStep]] = defaultdict(list)
    for raw in _holding(messages, [each.encode() for each in wanted]):
        told = _action(raw)
        if told.data.decision_id not in wanted:
            continue
        if until is None or parse_instant(told.time) < until:
            change = told.type.removeprefix("credit.action.")
            found[told.data.action_id].append(ActionStep(change, told.time, told.data))
    return {
        known: sorted(steps, key=lambda step: step.action.revision)
        for known, steps in found.items()
    }


def _holding(messages: Iterable[Message], needles: list[bytes]) -> Iterator[bytes]:
    """Yield the values that hold one of *needles*."""
    for message in messages:
        raw = message.value()
        if isinstance(raw, bytes) and any(needle in raw for needle in needles):
            yield raw
