"""One message on `credit.answers.<department>`, as a department needs it.

Keys that nobody here knows are ignored: newer triggers may tell more (contracts E).
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from schemas.decision import DECISION_MADE
from schemas.errors import Reason, RejectRecordError
from schemas.times import parse_instant

Verdict = Literal["pass", "hold", "deny"]
_ACTION = "credit.action."
_ALERT = "credit.alert."


class Parent(Struct, frozen=True):
    """The bid that a member's share was split from: its leader and its identity."""

    uscc: str
    source: str
    id: str


class Event(Struct, frozen=True):
    """Identity of the department's event that was decided."""

    source: str
    id: str


class DecisionPart(Struct, frozen=True):
    """What counts here of a decision's `data`."""

    decision_id: str
    sequence: int
    event: Event
    verdict: Verdict
    consortium_of: Parent | None = None
    members: tuple[str, ...] = ()


class ActionPart(Struct, frozen=True):
    """What counts here of an action's `data`."""

    action_id: str
    revision: int


class _Alert(Struct, frozen=True):
    alert_id: str


class Answer(Struct, frozen=True):
    """A message with what tells it from others: its `key`, and a `number` that grows.

    *key*: decision, action or alert id, with its kind. *number*: sequence or revision; of an
    alert 0 when raised, 1 when cleared. *message*: the CloudEvent, whole.
    """

    kind: Literal["decision", "action", "alert"]
    id: str
    number: int
    subject: str
    message: dict[str, Any]
    decision: DecisionPart | None = None

    @property
    def told_ms(self) -> int | None:
        """Return the message's own time in milliseconds since 1970; None if it tells none."""
        try:
            return round(parse_instant(str(self.message["time"])).timestamp() * 1000)
        except (LookupError, ValueError):
            return None

    @property
    def key(self) -> str:
        """Return what stays the same from one `number` to the next."""
        return f"{self.kind}/{self.id}"


def read_answer(value: bytes | None) -> Answer:
    """Return *value* as an answer. Raises: RejectRecordError if it is none."""
    try:
        message = msgspec.json.decode(value or b"", type=dict[str, Any])
        return _answer(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, RecursionError):
        raise RejectRecordError(
            Reason.NOT_CLOUDEVENTS, "不是决定、措施或提醒 / no decision, action or alert"
        ) from None


def _answer(message: dict[str, Any]) -> Answer:
    kind, subject = str(message["type"]), str(message["subject"])
    if kind == DECISION_MADE:
        told = msgspec.convert(message["data"], DecisionPart)
        return Answer("decision", told.decision_id, told.sequence, subject, message, told)
    if kind.startswith(_ACTION):
        action = msgspec.convert(message["data"], ActionPart)
        return Answer("action", action.action_id, action.revision, subject, message)
    if kind.startswith(_ALERT):
        alert = msgspec.convert(message["data"], _Alert)
        number = int(kind.endswith("cleared"))
        return Answer("alert", alert.alert_id, number, subject, message)
    raise LookupError(kind)
