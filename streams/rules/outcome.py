"""What a decision is made as of, and what comes out of it."""

from datetime import date, datetime

from msgspec import Struct

from schemas.decision import Verdict
from schemas.lean import ActionData, DecisionReason, EntryRef
from streams.rules.standing import Standing


class AsOf(Struct, frozen=True):
    """The moment of a decision: everything about time and knowledge that it may depend on.

    `day` is the legal day that the partition lives in, `event_time` the event's business time.
    """

    decided_at: datetime
    day: date
    standing: Standing
    event_time: datetime


class Outcome(Struct, frozen=True):
    """One decision: verdict, reasons, the entries looked at, the actions to issue (revision 0).

    `shadows`: ids of the shadow measures that would have applied, once each; counted, no more.
    """

    verdict: Verdict
    reasons: tuple[DecisionReason, ...] = ()
    entries: tuple[EntryRef, ...] = ()
    actions: tuple[ActionData, ...] = ()
    shadows: tuple[str, ...] = ()
