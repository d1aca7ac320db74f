"""A consortium's bid stands as its worst member (design §6); depends on its arguments alone."""

from collections.abc import Mapping

from msgspec import Struct

from consumers.department.answer import DecisionPart, Verdict

_STRICTNESS: dict[Verdict, int] = {"pass": 0, "hold": 1, "deny": 2}


class Share(Struct, frozen=True):
    """The newest decision on one member of a bid."""

    decision_id: str
    sequence: int
    verdict: Verdict


class Bid(Struct, frozen=True):
    """What is known of one bid. *leader* and *members* are unknown until the leader's decision."""

    leader: str | None
    members: tuple[str, ...]
    shares: Mapping[str, Share]


class Standing(Struct, frozen=True):
    """How the bid as a whole stands.

    *verdict*: the strictest of its members'; at least `hold` while one of them is undecided.
    *worst*: the members whose verdict that is. *waiting*: members without a decision as yet.
    """

    verdict: Verdict
    worst: tuple[str, ...]
    waiting: tuple[str, ...]
    members: Mapping[str, Verdict]

    @property
    def complete(self) -> bool:
        """Tell whether every member is decided."""
        return not self.waiting


def bid_of(decision: DecisionPart) -> str:
    """Return what a bid is known by: source and id of the department's own event."""
    parent = decision.consortium_of
    return f"{parent.source}\n{parent.id}" if parent else (
        f"{decision.event.source}\n{decision.event.id}"
    )  # fmt: skip


def with_decision(bid: Bid | None, subject: str, decision: DecisionPart) -> Bid:
    """Return *bid* with one more decision; an older sequence of a member changes nothing."""
    known = bid or Bid(None, (), {})
    share = Share(decision.decision_id, decision.sequence, decision.verdict)
    before = known.shares.get(subject)
    newer = before is None or before.sequence <= share.sequence
    shares = {**known.shares, subject: share} if newer else known.shares
    if decision.consortium_of is not None:
        return Bid(known.leader or decision.consortium_of.uscc, known.members, shares)
    return Bid(subject, tuple(m for m in decision.members if m != subject), shares)


def standing(bid: Bid) -> Standing:
    """Return how *bid* stands. *bid* has at least one share."""
    members = {uscc: share.verdict for uscc, share in sorted(bid.shares.items())}
    expected = [*([bid.leader] if bid.leader else []), *bid.members]
    waiting = tuple(uscc for uscc in expected if uscc not in members)
    strictest = max(members.values(), key=_STRICTNESS.__getitem__)
    verdict: Verdict = "hold" if waiting and strictest == "pass" else strictest
    worst = tuple(uscc for uscc, each in members.items() if each == verdict)
    return Standing(verdict, worst, waiting, members)
