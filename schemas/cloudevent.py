"""The CloudEvents 1.0 envelope in which every message of this system travels."""

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints

from schemas.base import MAX_NAME, MAX_SHORT, Model, Short
from schemas.times import Instant
from schemas.uscc import Uscc

CONTENT_TYPE = "application/cloudevents+json"

Source = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]


class CloudEvent(Model):
    """Envelope attributes; unknown extension attributes are carried, not refused.

    `source` + `id` identify a message, `time` is business time, `subject` equals the Kafka key.
    """

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: EventId
    source: Source
    type: Short
    subject: Uscc
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, StringConstraints(max_length=MAX_NAME)] | None = None
    traceparent: Annotated[str, StringConstraints(max_length=MAX_SHORT)] | None = None


class DepartmentKeyedEvent(CloudEvent):
    """Envelope of what is keyed by a department, by `city`, or by a list instead of a subject."""

    subject: Short
