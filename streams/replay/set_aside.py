"""Which inputs became dead letters: what one catalogue refused, the next may take."""

from schemas import topics
from streams.replay.stream import Log

_PLACE = ("dlq-topic", "dlq-partition", "dlq-offset")


class SetAside:
    """The inputs that lie in `credit.dead-letters`, by place."""

    def __init__(self, log: Log) -> None:
        self._places: set[tuple[bytes, ...]] = set()
        source = log.source(topics.DEAD_LETTERS, 0)
        while messages := source.poll():
            for message in messages:
                headers = dict(message.headers() or ())
                place = [headers.get(name) for name in _PLACE]
                self._places.add(tuple(part for part in place if isinstance(part, bytes)))

    def has(self, topic: str, partition: int, offset: int) -> bool:
        """Tell whether that message was set aside."""
        return (topic.encode(), b"%d" % partition, b"%d" % offset) in self._places
