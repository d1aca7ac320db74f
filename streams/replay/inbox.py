"""What lies in the input topics and was not folded yet, judged as the trigger judges it."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from confluent_kafka import Message

from streams.replay.stream import Source
from streams.trigger.intake import Intake
from streams.trigger.items import ChangeIn, EventIn, PublishedIn, RejectedIn, ReviewIn

# So many messages are looked at for an event that does not lie where its decision says.
LOOKAHEAD = 20_000

ListIn = ChangeIn | PublishedIn | RejectedIn
ItemT = TypeVar("ItemT", bound=EventIn | ChangeIn | PublishedIn | ReviewIn | RejectedIn)


class Inbox(Generic[ItemT]):
    """One input partition: its messages in order, each judged under the catalogue of the moment."""

    def __init__(
        self, source: Source, judge: Callable[[Intake, Sequence[Message]], Sequence[ItemT]]
    ) -> None:
        self.read_until = 0  # behind the last message that was taken
        self._source = source
        self._judge = judge
        self._intake: Intake | None = None
        self._items: deque[ItemT] = deque()
        self._shown = 0  # of the waiting ones, how many were shown ahead of their turn
        self._shown_until = 0  # all before this offset was shown

    def use(self, intake: Intake) -> None:
        """Judge by *intake* from now on, also what was read and not taken."""
        if intake is not self._intake:
            self._intake = intake
            self._items = deque(self._judge(intake, [item.message for item in self._items]))
            self._shown = self._shown_until = 0

    def take_before(self, end: int) -> Iterator[ItemT]:
        """Take the messages before the offset *end*, in order."""
        while self.read_until < end and self._fill(1) and self._items[0].offset < end:
            yield self.take()

    def take(self) -> ItemT:
        """Take the message that `head` shows."""
        item = self._items.popleft()
        self._shown = max(self._shown - 1, 0)
        self.read_until = item.offset + 1
        return item

    def show_before(self, end: int) -> Iterator[ItemT]:
        """Show the waiting messages before the offset *end* that were not shown yet.

        Asked for each decision, so a log that has ended is not asked each time whether it has.
        """
        if end <= self._shown_until:
            return
        while self._fill(self._shown + 1) and self._items[self._shown].offset < end:
            self._shown += 1
            yield self._items[self._shown - 1]
        self._shown_until = end

    def head(self) -> ItemT | None:
        """Return the next message and leave it there; None at the end."""
        return self._items[0] if self._fill(1) else None

    def peek_at(self, offset: int) -> ItemT | None:
        """Return the message at *offset* and leave it there; None if it was taken, or is none."""
        if offset < self.read_until:
            return None
        place = 0
        while self._fill(place + 1):
            item = self._items[place]
            if item.offset >= offset:
                return item if item.offset == offset else None
            place += 1
        return None

    def find(self, decision: str, offset: int) -> int | None:
        """Return how many messages stand before the event behind *decision*; None: it is not there.

        It is looked for at *offset* first, then around it.
        """
        place = 0
        while self._fill(place + 1) and place < LOOKAHEAD:
            item = self._items[place]
            if isinstance(item, EventIn) and item.decision_id == decision:
                return place
            if item.offset >= offset and place >= LOOKAHEAD // 10:
                return None
            place += 1
        return None

    def _fill(self, count: int) -> bool:
        """Read until *count* messages wait; tell whether they do."""
        while len(self._items) < count:
            messages = self._source.poll()
            if not messages:
                return False
            assert self._intake is not None  # noqa: S101  # `use` comes first
            self._items.extend(self._judge(self._intake, messages))
        return True


def judge_events(intake: Intake, messages: Sequence[Message]) -> list[EventIn | RejectedIn]:
    """Return departments' events or members' shares, judged."""
    return intake.events(messages)


def judge_lists(intake: Intake, messages: Sequence[Message]) -> list[ListIn]:
    """Return list changes and watermarks, judged."""
    intake.learn(messages)
    return intake.list_messages(messages)


def judge_reviews(intake: Intake, messages: Sequence[Message]) -> list[ReviewIn | RejectedIn]:
    """Return reviews, judged."""
    return [intake.review_message(message) for message in messages]
