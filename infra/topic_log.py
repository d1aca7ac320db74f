"""A topic as a log: which one it is, where it begins and where it ends at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from infra.kafka import admin_config
from infra.reach import no_answer, unreachable
from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSWER_S = 10.0


@dataclass(frozen=True)
class TopicLog:
    """One topic of one cluster; by partition its first offset and its *uncommitted* end.

    `topic_id` tells it from an earlier topic of the same name: offsets of one mean nothing in the
    other.
    """

    bootstrap: str
    topic: str
    cluster_id: str
    topic_id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]


def find_log(bootstrap: str, topic: str) -> TopicLog:
    """Return *topic* as it is now. Raises: StopServiceError naming what is not there."""
    if why := unreachable(bootstrap):
        raise StopServiceError(no_answer(bootstrap, why))
    admin = AdminClient(admin_config(bootstrap))
    try:
        known = admin.list_topics(timeout=_ANSWER_S)
        if topic not in known.topics:
            raise StopServiceError(
                f"{topic}: 没有这个主题 / no such topic; "
                "先运行 / first run `credit-trigger topics apply`"
            )
        described = admin.describe_topics(TopicCollection([topic]), request_timeout=_ANSWER_S)
        topic_id = str(described[topic].result().topic_id)
        partitions = sorted(known.topics[topic].partitions)
        starts, ends = (
            _offsets(admin, topic, partitions, spec)
            for spec in (OffsetSpec.earliest(), OffsetSpec.latest())  # type: ignore[no-untyped-call]
        )
    except KafkaException as err:
        raise StopServiceError(no_answer(bootstrap, err.args[0].name())) from err
    return TopicLog(bootstrap, topic, str(known.cluster_id), topic_id, starts, ends)


def _offsets(admin: AdminClient, topic: str, partitions: list[int], spec: Any) -> dict[int, int]:
    asked = {TopicPartition(topic, partition): spec for partition in partitions}
    found = admin.list_offsets(asked, request_timeout=_ANSWER_S)
    return {place.partition: future.result().offset for place, future in found.items()}
