"""What is the same for everything that is decided in one partition in one batch."""

from copy import copy

from schemas import topics
from schemas.lean import Ahead, PartitionState, Position
from streams.rules.standing import Standing


class PartitionMoment:
    """The day that a partition lives in, how far its lists can be relied on, what it has read."""

    def __init__(self, partition: int, state: PartitionState, standing: Standing) -> None:
        self.partition = partition
        self.day = state.day
        self.day_text = state.day.isoformat()
        self.standing = standing
        self.list_position = Position(partition, state.inputs.get(topics.LISTS, 0))
        self.review_position = Position(partition, state.inputs.get(topics.REVIEWS, 0))
        self._watermarks = self.list_position

    def having_listed(self, until: int) -> "PartitionMoment":
        """Return the same moment with the subject's changes before the offset *until* read."""
        made = copy(self)
        made.list_position = Position(self.partition, max(until, self.list_position.offset))
        return made

    def placed(self, lists: Position, watermarks: Position, reviews: Position) -> "PartitionMoment":
        """Return the same moment at other positions."""
        made = copy(self)
        made.list_position, made.review_position = lists, reviews
        made._watermarks = watermarks  # noqa: SLF001 - of our own kind
        return made

    def positions_of(self, ahead: Ahead | None) -> tuple[Position, Position | None]:
        """Return how far the changes of a subject are known, and watermarks where that is less.

        *ahead*: what was folded ahead of its turn before this batch.
        """
        known = self.list_position
        if ahead is not None and ahead.until > known.offset:
            known = Position(self.partition, ahead.until)
        return known, None if known == self._watermarks else self._watermarks

    def having_read(self, reviews: int) -> "PartitionMoment":
        """Return the same moment with the reviews before the offset *reviews* read."""
        made = copy(self)
        made.review_position = Position(self.partition, reviews)
        return made
