"""One partition of one topic, read in order, with a look at what comes next."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from confluent_kafka import Message


class Source(Protocol):
    """One partition of one topic, read_committed, from its first message on."""

    def poll(self) -> list[Message]:
        """Return what comes next, in order; nothing at the end that the log has now."""

    def has_grown(self) -> bool:
        """Tell whether something was written since this was made."""


class Log(Protocol):
    """A cluster's topics, each from its beginning."""

    def source(self, topic: str, partition: int) -> Source:
        """Return a reader of its own of one partition. Raises: StopServiceError."""

    def release(self) -> None:
        """Let go of every reader that was handed out."""


class Stream:
    """A source whose next messages can be looked at before they are taken."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ahead: deque[Message] = deque()

    def head(self) -> Message | None:
        """Return the next message and leave it there; None at the end."""
        if not self._ahead:
            self._ahead.extend(self._source.poll())
        return self._ahead[0] if self._ahead else None

    def second(self) -> Message | None:
        """Return the message behind the next one and leave it there; None at the end."""
        if len(self._ahead) < 2:
            self._ahead.extend(self._source.poll())
        return self._ahead[1] if len(self._ahead) > 1 else None

    def take(self) -> Message:
        """Return the message that `head` shows, and go on behind it."""
        return self._ahead.popleft()

    def find(self, is_wanted: Callable[[Message], bool], most: int) -> int | None:
        """Return how many messages stand before the wanted one, looking at *most* of them."""
        place = 0
        while place < most:
            if place == len(self._ahead):
                self._ahead.extend(self._source.poll())
                if place == len(self._ahead):
                    return None
            if is_wanted(self._ahead[place]):
                return place
            place += 1
        return None


def offset_of(message: Message) -> int:
    """Return where *message* lies in its partition."""
    return int(message.offset() or 0)
