"""The two books of a partition, decisions and actions, compared with what the replay brings."""

from collections.abc import Callable

from confluent_kafka import Message

from streams.replay.differences import (
    Difference,
    Findings,
    Kind,
    compare_fields,
    id_of,
    matter_of,
)
from streams.replay.stream import Stream, offset_of
from streams.trigger.transaction import Record

_LOOKAHEAD = 5_000  # messages looked through for one that does not come next


class Book:
    """One output partition, read beside what is expected of it, in order.

    *counts*: tells whether what is compared now is to be told of.
    """

    def __init__(
        self, stream: Stream, name: str, findings: Findings, counts: Callable[[], bool]
    ) -> None:
        self.reproduced = 0
        self.stream = stream
        self._name = name  # topic/partition
        self._findings = findings
        self._counts = counts

    def origin(self, message: Message) -> str:
        """Return where *message* lies."""
        return f"{self._name}/{offset_of(message)}"

    def expect(self, record: Record, most: int = _LOOKAHEAD) -> bool:
        """Compare the next message with *record*; tell whether they are the same, byte for byte.

        What stands before the one with its id, *most* messages ahead, is told of as unreproduced.
        """
        head = self.stream.head()
        if head is not None and _is_same(record, head):
            self._count(self.stream.take())
            return True
        wanted = id_of(record[3])
        place = self.stream.find(lambda message: id_of(message.value()) == wanted, most)
        if place is None:
            self.tell(Kind.MISSING, wanted, self._end(), matter_of(record[3], wanted))
            return False
        for _ in range(place):
            self.refuse(self.stream.take())
        found = self.stream.take()
        if _is_same(record, found):
            self._count(found)
            return True
        self.tell_difference(record, found)
        return False

    def refuse(self, message: Message, kind: Kind = Kind.UNREPRODUCED) -> None:
        """Tell of a message that nothing in the log brings about."""
        origin = self.origin(message)
        told = id_of(message.value())
        self.tell(kind, told, origin, matter_of(message.value(), origin))

    def tell_difference(self, record: Record, found: Message) -> None:
        """Tell how *found* differs from *record*."""
        fields = compare_fields(record[3], found.value())
        if not self._counts():
            return
        origin = self.origin(found)
        difference = Difference(Kind.DIFFERS, origin, id_of(record[3]), fields)
        self._findings.add(difference, matter_of(record[3], origin))

    def tell(self, kind: Kind, told: str, origin: str, matter: str) -> None:
        """Tell of one difference that has no fields to compare."""
        if self._counts():
            self._findings.add(Difference(kind, origin, told), matter)

    def _count(self, message: Message) -> None:
        del message
        if self._counts():
            self.reproduced += 1

    def _end(self) -> str:
        head = self.stream.head()
        return f"{self._name}/end" if head is None else self.origin(head)


def _is_same(record: Record, message: Message) -> bool:
    _, _, key, value, headers = record
    return (
        message.value() == value
        and message.key() == key
        and list(message.headers() or ()) == list(headers or ())
    )
