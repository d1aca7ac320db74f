"""What went in and what came out of it: whether every event is decided or set aside, how fast.

Times are those of one clock: messages carry the sender's as their timestamp, and whoever folds
tells by the same clock when a message was seen.
"""

from collections import Counter
from datetime import datetime

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from consumers.dead_letters import dead_letter
from schemas import topics
from schemas.lean import ActionData, DecisionData, Envelope
from schemas.times import from_millis


class _Identity(Struct, frozen=True):
    """What tells two events apart; all that is read of one here."""

    source: str
    id: str


Place = tuple[str, int, int]
_identity = msgspec.json.Decoder(_Identity).decode
_decision = msgspec.json.Decoder(Envelope[DecisionData]).decode
_action = msgspec.json.Decoder(Envelope[ActionData]).decode
_ISSUED = "credit.action.issued"


class Seen(Struct, frozen=True):
    """A decision that says more than pass, with the organisation it is about."""

    uscc: str
    decision: DecisionData


class Flow:
    """Folds `credit.events.*`, members, decisions, actions and dead letters, in any order."""

    def __init__(self) -> None:
        self.events = 0  # messages on credit.events.*
        self.shares = 0  # messages on credit.members
        self.verdicts: Counter[tuple[str, str]] = Counter()  # (family, verdict)
        self.effects: Counter[tuple[str, str]] = Counter()  # (family, effect)
        self.polarities: Counter[tuple[str, str]] = Counter()  # (family, polarity)
        self.dead: Counter[str] = Counter()  # reason
        self.remarkable: dict[str, Seen] = {}  # by decision id
        self.actions: dict[str, list[ActionData]] = {}  # by decision id, newest of each
        self.decision_ms: list[int] = []  # from event to its decision in sight
        self.action_ms: list[int] = []  # from event to its action in sight
        self._sent: dict[_Identity, datetime] = {}
        self._early: list[tuple[_Identity, datetime, list[int]]] = []
        self._decided: set[_Identity] = set()
        self._set_aside: set[Place] = set()
        self._waiting: dict[_Identity, set[Place]] = {}

    @property
    def decided(self) -> int:
        """How many events and shares have a decision, each counted once."""
        return len(self._decided)

    @property
    def waiting(self) -> int:
        """How many events and shares are neither decided nor set aside."""
        return len(self._waiting)

    def actions_missing(self) -> int:
        """Return how many actions decisions name that are not in sight yet."""
        return sum(
            len({ref.action_id for ref in seen.decision.actions}) > len(self.actions.get(known, ()))
            for known, seen in self.remarkable.items()
        )

    def repeated(self) -> int:
        """Return how many messages were the same event once more, and had no second effect."""
        return self.events + self.shares - self.decided - self.dead.total() - self.waiting

    def fold(self, message: Message, seen_at: datetime) -> None:
        """Take in one message that came in sight at *seen_at*."""
        topic, raw = str(message.topic()), message.value() or b""
        if topic == topics.DECISIONS:
            self._fold_decision(_decision(raw), seen_at)
        elif topic == topics.ACTIONS:
            self._fold_action(_action(raw), seen_at)
        elif topic == topics.DEAD_LETTERS:
            letter = dead_letter(message)
            self.dead[letter.reason] += 1
            self._settle_place((letter.topic, letter.partition, letter.offset))
        else:
            self._fold_event(message, topic, raw)

    def _fold_event(self, message: Message, topic: str, raw: bytes) -> None:
        place = topic, int(message.partition() or 0), int(message.offset() or 0)
        try:
            identity = _identity(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            identity = _Identity("", "/".join(map(str, place)))  # will be set aside where it lies
        if topic == topics.MEMBERS:
            self.shares += 1  # its timestamp is the trigger's, so no latency is taken from it
        else:
            self.events += 1
            self._sent.setdefault(identity, from_millis(message.timestamp()[1]))
        if identity not in self._decided and place not in self._set_aside:
            self._waiting.setdefault(identity, set()).add(place)

    def _settle_place(self, place: Place) -> None:
        self._set_aside.add(place)
        for identity, places in list(self._waiting.items()):
            if place in places:
                places.discard(place)
                if not places:
                    del self._waiting[identity]
                return

    def _fold_decision(self, told: Envelope[DecisionData], seen_at: datetime) -> None:
        data = told.data
        identity = _Identity(data.event.source, data.event.id)
        family = _family(data.event.type)
        if identity not in self._decided:
            self._decided.add(identity)
            self.verdicts[family, data.verdict] += 1
            self._early.append((identity, seen_at, self.decision_ms))
        self._waiting.pop(identity, None)
        for member in data.members:
            share = _Identity(topics.TRIGGER_SOURCE, f"{data.event.id}/{member}")
            if share not in self._decided:
                self._waiting.setdefault(share, set())
        if data.verdict != "pass" or data.actions or data.members or data.consortium_of:
            self.remarkable[data.decision_id] = Seen(told.subject, data)

    def _fold_action(self, told: Envelope[ActionData], seen_at: datetime) -> None:
        action = told.data
        family = _family(action.event.type)
        kept = self.actions.setdefault(action.decision_id, [])
        kept[:] = [*(a for a in kept if a.action_id != action.action_id), action]
        if told.type == _ISSUED:
            self.effects[family, action.effect] += 1
            self.polarities[family, action.polarity] += 1
            identity = _Identity(action.event.source, action.event.id)
            self._early.append((identity, seen_at, self.action_ms))

    def measure(self) -> None:
        """Work out the times of what is known from both ends; a share has no sender of its own."""
        left = []
        for identity, seen_at, into in self._early:
            sent = self._sent.get(identity)
            if sent is None:
                left.append((identity, seen_at, into))
            else:
                into.append(round((seen_at - sent).total_seconds() * 1000))
        self._early = left


def percentile(values: list[int], share: float) -> int | None:
    """Return the value below which *share* of *values* lie (nearest rank), None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[
        min(len(ordered) - 1, max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1))
    ]


def _family(event_type: str) -> str:
    return event_type.split(".")[1]
