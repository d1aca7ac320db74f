"""Where a dead letter goes when it is put back, or why it stays where it is.

A message that was put back carries the header `dlq-replayed` with the id of its dead letter: so
the topic itself remembers what was put back, and a second replay can say so. Nothing is kept
elsewhere. A second copy would have no effect either: the trigger drops what it has decided.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from confluent_kafka import Message
from msgspec import Struct

from consumers.dead_letters import REPLAYED_HEADER, DeadLetter, LetterId
from infra.kafka import murmur2_partition
from schemas import topics
from schemas.dead_letter import Header, header_list
from schemas.errors import Reason
from schemas.list_change import PUBLISHED

# The same bytes can fare better: another place or key, a register that has been completed since,
# or simply later. All others are refused again until the sender corrects what he sends.
MAY_SUCCEED = frozenset(
    {
        Reason.WRONG_PARTITION,
        Reason.SUBJECT_KEY_MISMATCH,
        Reason.UNKNOWN_TYPE,
        Reason.UNKNOWN_DEPARTMENT,
        Reason.UNKNOWN_PROVIDER,
        Reason.UNKNOWN_LIST,
        Reason.TIME_IN_FUTURE,
    }
)
_PASSED_ON = frozenset({topics.DECISIONS, topics.ACTIONS, topics.ALERTS})
_MAY_SUCCEED = frozenset(reason.value for reason in MAY_SUCCEED)


class Stays(StrEnum):
    """Why a dead letter is not put back."""

    PERSON = "natural-person"
    NOTHING_LEFT = "nothing-left"
    REPLAYED = "replayed"
    REFUSED_AGAIN = "refused-again"
    HOPELESS = "same-bytes-refused-again"
    NO_SUBJECT = "no-subject"
    NO_TOPIC = "no-such-topic"
    NO_DEPARTMENT = "no-such-department"


class PutBack(Struct, frozen=True):
    """A message as it will be written: key, value and headers as they came, in the right place."""

    letter: DeadLetter
    topic: str
    partition: int
    key: bytes | None

    @property
    def headers(self) -> list[Header]:
        """The original headers, and the mark by which a second replay notices this one."""
        return [*self.letter.headers, (REPLAYED_HEADER, str(self.letter.id).encode())]


class LeftAlone(Struct, frozen=True):
    """A dead letter that is not put back, and why."""

    letter: DeadLetter
    why: Stays


class Replayed(Struct, frozen=True):
    """What was put back before: dead letters by id, and where their messages lie now."""

    places: Mapping[LetterId, str]

    def again(self, letter: DeadLetter) -> bool:
        """Tell whether *letter* is one that was put back and refused once more."""
        return letter.origin in self.places.values()


class Destinations(Struct, frozen=True):
    """What the cluster and the catalogue offer.

    *counts* of partitions by topic; *families*; *holders*: by department who has its duties now.
    """

    counts: Mapping[str, int]
    families: Collection[str]
    holders: Mapping[str, str] = {}

    def topic_of(self, letter: DeadLetter) -> str | None:
        """Return the topic that *letter* belongs on, None while its department has none.

        What dispatch could not pass on goes to the department. On the topic that it came from it
        would be a decision made twice.
        """
        if letter.topic in _PASSED_ON:
            holder = self.holders.get(_department(letter))
            return None if holder is None else topics.ANSWERS_PREFIX + holder
        if not letter.topic.startswith(topics.EVENTS_PREFIX):
            return letter.topic
        parts = _attribute(letter, "type").split(".")
        known = len(parts) == 3 and parts[0] == "credit" and parts[1] in self.families
        return topics.events_topic(parts[1]) if known else letter.topic


def replayed_in(messages: Iterable[Message]) -> Replayed:
    """Return what *messages* of the input topics say was put back."""
    places: dict[LetterId, str] = {}
    for message in messages:
        for name, value in header_list(message.headers()):
            partition, slash, offset = value.decode(errors="replace").partition("/")
            if name == REPLAYED_HEADER and slash and partition.isdigit() and offset.isdigit():
                place = f"{message.topic()}/{message.partition()}/{message.offset()}"
                places[LetterId(int(partition), int(offset))] = place
    return Replayed(places)


def plan_replay(
    letter: DeadLetter, destinations: Destinations, replayed: Replayed, *, try_anyway: bool
) -> PutBack | LeftAlone:
    """Return where *letter* goes, or why it stays. Depends on its arguments alone.

    *try_anyway*: also where the same bytes are bound to be refused again, because somebody asked
    for this reason or this letter by name.
    """
    if letter.reason == Reason.NATURAL_PERSON.value:
        return LeftAlone(letter, Stays.PERSON)
    if letter.value is None:
        return LeftAlone(letter, Stays.NOTHING_LEFT)
    if letter.id in replayed.places:
        return LeftAlone(letter, Stays.REPLAYED)
    if not try_anyway and replayed.again(letter):
        return LeftAlone(letter, Stays.REFUSED_AGAIN)
    if not try_anyway and letter.reason not in _MAY_SUCCEED:
        return LeftAlone(letter, Stays.HOPELESS)
    return _placed(letter, destinations)


def _placed(letter: DeadLetter, destinations: Destinations) -> PutBack | LeftAlone:
    topic = destinations.topic_of(letter)
    if topic is None:
        return LeftAlone(letter, Stays.NO_DEPARTMENT)
    count = destinations.counts.get(topic, 0)
    if count == 0 or topic == topics.DEAD_LETTERS:
        return LeftAlone(letter, Stays.NO_TOPIC)
    key = letter.key
    if letter.reason == Reason.SUBJECT_KEY_MISMATCH.value or key is None:
        subject = _attribute(letter, "subject")
        if not subject:
            return LeftAlone(letter, Stays.NO_SUBJECT)
        key = subject.encode()
    if _attribute(letter, "type") == PUBLISHED and 0 <= letter.partition < count:
        return PutBack(letter, topic, letter.partition, key)  # a copy lies in every partition
    return PutBack(letter, topic, murmur2_partition(key, count), key)


def _department(letter: DeadLetter) -> str:
    try:
        return str(json.loads(letter.value or b"")["data"]["department"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""


def _attribute(letter: DeadLetter, name: str) -> str:
    """Return a CloudEvents attribute, of the binary or the structured form; empty if unreadable."""
    for header, value in letter.headers:
        if header == f"ce_{name}":
            return value.decode(errors="replace")
    try:
        told = json.loads(letter.value or b"")
        found = told.get(name)
    except (ValueError, RecursionError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""
