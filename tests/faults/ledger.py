"""The book of what goes in: every event, and what was acknowledged on the lists before it."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tests.trigger.messages import PARTITIONS

Place = Literal["application", "procurement"]


@dataclass
class Put:
    """One event that went in, or one member's share of a consortium's bid.

    `known`: of each partition of `credit.lists`, the offset before which everything was
    acknowledged when this was first published; empty until then. `stale_allowed`: the lists may
    look too old when this is decided, so that what would be denied waits for a human.
    """

    subject: str
    place: Place
    stale_allowed: bool = False
    known: tuple[int, ...] = ()


class Reviewed(NamedTuple):
    """What an officer said about an action that may be there or not."""

    action_id: str
    outcome: Literal["confirm", "dismiss", "overturn"]


@dataclass
class Ledger:
    """What one run has put in. One thread writes it.

    `shares`: the members' event ids. `reviews` by review id; no action is reviewed twice.
    """

    events: dict[str, Put] = field(default_factory=dict)
    shares: dict[str, list[str]] = field(default_factory=dict)
    reviews: dict[str, Reviewed] = field(default_factory=dict)
    known: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    list_changes: int = 0
    dead_letters: int = 0

    def acknowledged(self, partition: int, offset: int) -> None:
        """Note that a message on `credit.lists` came to lie at *offset*."""
        self.known[partition] = max(self.known[partition], offset + 1)

    def publish(self, event_id: str) -> None:
        """Note that an event is being published: what is acknowledged by now must be heeded."""
        now = tuple(self.known)
        for name in (event_id, *self.shares.get(event_id, ())):
            put = self.events[name]
            put.known = put.known or now
