"""What was read beside the events and not folded yet.

A provider that publishes 100,000 changes at once must not make every event wait for all of them:
all are read, those of the subjects whose events wait are folded ahead of their turn, and the rest
goes by share.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Message

from schemas import topics

MOST_AT_ONCE = 5_000  # folded together with a batch of events
SHARE = 2_000  # of the rest, beside events that wait or may come any moment
READ_AHEAD = 100_000  # while no event waits, so that the next one waits for the rest alone
MOST_HELD = 200_000  # some 300 MB; beyond it events wait after all

_Key = tuple[int | None, bytes | str | None]


class Beside(NamedTuple):
    """What to fold before the events of a batch.

    `lists` in their turn, `ahead` of theirs, and all `reviews`. `known`: by partition, the offset
    before which every change of the batch's subjects is known; empty where nothing is held back.
    """

    lists: list[Message]
    ahead: list[Message]
    reviews: list[Message]
    known: Mapping[int, int]

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self.lists) + len(self.ahead) + len(self.reviews)


NOTHING = Beside([], [], [], {})


class Backlog:
    """Messages of `credit.lists` and `credit.reviews` in the order in which they were read."""

    def __init__(self) -> None:
        self._lists: deque[Message] = deque()
        self._reviews: deque[Message] = deque()
        self._read: dict[int, int] = {}
        # Of what is held back: what nobody asked for yet. Made when it is needed first.
        self._by_key: dict[_Key, list[Message]] | None = None

    def __len__(self) -> int:
        """Return how many messages are held."""
        return len(self._lists) + len(self._reviews)

    @property
    def is_full(self) -> bool:
        """Tell whether something must be folded before more is read."""
        return len(self._lists) > MOST_HELD or len(self._reviews) > MOST_AT_ONCE

    def add(self, messages: Sequence[Message]) -> None:
        """Hold *messages*, as they were read."""
        reviews = [message for message in messages if message.topic() == topics.REVIEWS]
        lists = [m for m in messages if m.topic() != topics.REVIEWS] if reviews else messages
        self._reviews += reviews
        self._lists += lists
        self._read |= {m.partition() or 0: (m.offset() or 0) + 1 for m in lists}
        if self._by_key is not None:
            _file(lists, self._by_key)

    def take(self, waiting: Iterable[Message] = ()) -> Beside:
        """Return what to fold before the events *waiting*; without any, a share."""
        reviews = [self._reviews.popleft() for _ in range(min(len(self._reviews), MOST_AT_ONCE))]
        waiting = [*waiting, *reviews]
        held_back = bool(waiting) and len(self._lists) > MOST_AT_ONCE
        if held_back and self._by_key is None:
            self._by_key = {}
            _file(self._lists, self._by_key)
        share = MOST_AT_ONCE if waiting and not held_back else SHARE
        lists = [self._next() for _ in range(min(len(self._lists), share))]
        if not self._lists:
            self._by_key = None
        if not held_back:
            return Beside(lists, [], reviews, {})
        return Beside(lists, self._ahead(waiting), reviews, dict(self._read))

    def _next(self) -> Message:
        message = self._lists.popleft()
        if self._by_key is not None:
            where = message.partition(), message.key()
            same = self._by_key.get(where)
            if same and same[0] is message:
                del same[0]
                if not same:
                    del self._by_key[where]
        return message

    def _ahead(self, waiting: list[Message]) -> list[Message]:
        """Return the changes of the subjects of *waiting*, each but once."""
        if self._by_key is None:
            return []
        wanted = dict.fromkeys((message.partition(), message.key()) for message in waiting)
        return [message for where in wanted for message in self._by_key.pop(where, ())]


def _file(messages: Iterable[Message], by_key: dict[_Key, list[Message]]) -> None:
    for message in messages:
        by_key.setdefault((message.partition(), message.key()), []).append(message)
