"""What is the same for everything that is decided in one partition in one batch."""

from copy import copy

from schemas import topics
from schemas.lean import PartitionState, Position
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

    def having_read(self, reviews: int) -> "PartitionMoment":
        """Return the same moment with the reviews before the offset *reviews* read."""
        made = copy(self)
        made.review_position = Position(self.partition, reviews)
        return made
