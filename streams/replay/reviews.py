"""Reviews in between: those that brought a decision, and those that were refused.

A refused review leaves nothing behind but its id, so where between two decisions it was refused is
not known; it need only have been refusable at one of the two.
"""

from collections.abc import Iterator

from schemas.lean import DecisionData, ReviewData
from streams.replay.inbox import Inbox
from streams.replay.known import Known
from streams.replay.refold import Brought, Refold
from streams.trigger.items import RejectedIn, ReviewIn


class Reviews:
    """The reviews of one partition."""

    def __init__(self, inbox: Inbox[ReviewIn | RejectedIn], known: Known, refold: Refold) -> None:
        self.inbox = inbox
        self._known = known
        self._refold = refold
        self._refusable = -1  # offset of the next review, once it would have been refused

    def pass_by(self, told: DecisionData, subject: str, name: str) -> Iterator[Brought]:
        """Fold the reviews before *told* that brought nothing; yield what they should have.

        The newest one that *told* knows of may still be about to be folded: a matter is brought
        up to date before a review of it is applied.
        """
        end = told.review_position.offset
        match told.cause:
            case "review":
                last = end - 1
            case "event":
                last = end
            case _:
                last = end - 1 if self._is_about(end - 1, subject, name) else end
        if end <= self.inbox.read_until:
            return
        yield from self.fold_before(last)
        head = self.inbox.head()
        if isinstance(head, ReviewIn) and head.offset < end and self._is_refused(head):
            self._refusable = head.offset

    def fold_before(self, end: int) -> Iterator[Brought]:
        """Fold the reviews before the offset *end*; yield what those bring that bring something."""
        for item in self.inbox.take_before(end):
            if not isinstance(item, ReviewIn):
                continue
            if item.offset == self._refusable:
                continue
            brought = self._apply(item.subject, item.told)
            if brought.decisions or brought.actions:
                yield brought

    def bring(self, subject: str, end: int) -> Brought:
        """Apply the review right before the offset *end*, of *subject*."""
        head = self.inbox.head()
        if isinstance(head, ReviewIn) and head.offset == end - 1 and head.subject == subject:
            self.inbox.take()
            return self._apply(subject, head.told)
        return Brought((), ())

    def _apply(self, subject: str, told: ReviewData) -> Brought:
        name = self._known.matter_of_action(subject, told.action_id)
        return Brought((), ()) if name is None else self._refold.review(subject, name, told)

    def _is_about(self, offset: int, subject: str, name: str) -> bool:
        place = self.inbox.peek_at(offset)
        return (
            isinstance(place, ReviewIn)
            and place.subject == subject
            and self._known.matter_of_action(subject, place.told.action_id) == name
        )

    def _is_refused(self, item: ReviewIn) -> bool:
        name = self._known.matter_of_action(item.subject, item.told.action_id)
        return name is None or not self._refold.would_change(item.subject, name, item.told)
