"""One message that the trigger wrote, held to its contract as it is read."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message
from pydantic import BaseModel

from schemas.action import Action
from schemas.alert import Alert
from schemas.catalogue_version import CatalogueVersion
from schemas.decision import Decision
from schemas.department_event import MemberEvent
from schemas.state import Birth, Matter, PartitionState, SubjectEntries
from schemas.tally import Tally
from tests.trigger.messages import partition_of

CONTENT_TYPE = {"content-type": b"application/cloudevents+json"}
_ENVELOPED: dict[str, type[BaseModel]] = {
    "credit.decisions": Decision,
    "credit.actions": Action,
    "credit.members": MemberEvent,
    "credit.alerts": Alert,
    "credit.tallies": Tally,
}
_BY_ORGANISATION = {"credit.decisions", "credit.actions", "credit.members"}


@dataclass(frozen=True)
class Written:
    """One record; `body` is its model, None for a dead letter, `raw` the bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    raw: bytes | None
    headers: dict[str, bytes]
    body: Any

    @property
    def data(self) -> Any:
        return self.body.data

    @property
    def reason(self) -> str:
        """The reason of a dead letter."""
        return self.headers["dlq-reason"].decode()


def read_as(message: Message) -> Written:
    """Return *message* as its topic's model; a message that breaks its contract fails the test."""
    topic, partition = str(message.topic()), int(message.partition() or 0)
    raw: Any = message.value()
    key: Any = message.key()
    pairs: Any = message.headers() or ()
    headers = {name: bytes(value) for name, value in pairs}
    body: Any = None
    if topic in _ENVELOPED:
        body = _ENVELOPED[topic].model_validate_json(raw)
        assert headers == CONTENT_TYPE
        assert key == body.subject.encode()
        if topic != "credit.members":  # tests forge shares
            assert body.source == "/credit-trigger/trigger"
        if topic in _BY_ORGANISATION:
            assert partition == partition_of(body.subject)
    elif topic == "credit.state":
        body = None if raw is None else _state_of(key, raw)
        if not key.startswith(b"/"):
            assert partition == partition_of(key.partition(b"/")[0].decode())
    elif topic == "credit.catalogues":
        body = CatalogueVersion.model_validate_json(raw)
        assert key == body.version.encode()
    return Written(topic, partition, int(message.offset() or 0), key, raw, headers, body)


def _state_of(key: bytes, raw: bytes) -> BaseModel:
    if key == b"/birth":
        return Birth.model_validate_json(raw)
    if key == b"/position":
        return PartitionState.model_validate_json(raw)
    if key.split(b"/")[1] == b"entries":
        return SubjectEntries.model_validate_json(raw)
    return Matter.model_validate_json(raw)
