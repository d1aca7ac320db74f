"""Messages of the four input topics as facts; what cannot be read is counted, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from pydantic import ValidationError

from schemas import incoming, topics
from schemas.action import Action
from schemas.dead_letter import header_list
from schemas.errors import RejectRecordError
from schemas.lean import DecisionData, Envelope
from schemas.tally import Tally
from streams.rules.feedback_facts import (
    Answer,
    Change,
    Decided,
    Tallied,
    answer_of,
    change_of,
    day_of,
    decided_of,
    tallied_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from confluent_kafka import Message

INPUTS = (topics.TALLIES, topics.DECISIONS, topics.ACTIONS, topics.RECEIPTS)
_decision = msgspec.json.Decoder(Envelope[DecisionData]).decode


@dataclass
class FactBatch:
    """Facts of some messages.

    *began_on* is the earliest day on which the trigger counted what it had decided, by its clock;
    *unreadable* the number of messages that are none of ours, by topic.
    """

    tallied: list[Tallied] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    began_on: date | None = None
    unreadable: dict[str, int] = field(default_factory=dict)


def add_facts(batch: FactBatch, messages: Iterable[Message]) -> None:
    """Add the facts of *messages* to *batch*.

    A receipt that cannot be read is set aside by follow-up; a report counts without it.
    """
    for message in messages:
        topic = str(message.topic())
        try:
            _add(batch, topic, message)
        except (RejectRecordError, ValidationError, ValueError, msgspec.MsgspecError):
            batch.unreadable[topic] = batch.unreadable.get(topic, 0) + 1


def _add(batch: FactBatch, topic: str, message: Message) -> None:
    raw = message.value() or b""
    if topic == topics.DECISIONS:
        decided = decided_of(_decision(raw))
        if decided is not None:
            batch.decided.append(decided)
    elif topic == topics.TALLIES:
        tally = Tally.model_validate_json(raw)
        batch.tallied.append(tallied_of(tally))
        day = day_of(tally.time)
        batch.began_on = min(batch.began_on or day, day)
    elif topic == topics.ACTIONS:
        batch.changes.append(change_of(Action.model_validate_json(raw)))
    else:
        receipt = incoming.receipt(raw, lambda: header_list(message.headers()))
        batch.answers.append(answer_of(receipt))
