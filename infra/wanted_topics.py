"""The topics of the system as they should be: partitions, retention, compaction (design §4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas import topics

DAY_MS = 24 * 60 * 60 * 1000
FOR_EVER = "-1"
MAX_MESSAGE_BYTES = 2_000_000  # a message of 900 KB and what a dead letter adds to it
REPLICATED_FROM_BROKERS = 3
# Inputs whose arrival time counts (freshness, too late, in the future): the broker's clock tells
# it, not the sender's. On the state it is what the trigger compares its own clock with: days pass
# only while both agree. On the embedded broker a simulated day runs, so there the sender's does.
_ARRIVAL_COUNTS = (topics.LISTS, topics.REVIEWS, topics.RECEIPTS, topics.STATE)
_BY_ORGANISATION = (
    *(topics.MEMBERS, topics.LISTS, topics.REVIEWS, topics.DECISIONS),
    *(topics.ACTIONS, topics.STATE, topics.RECEIPTS),
)
_SINGLE = (topics.TALLIES, topics.FEEDBACK, topics.DEAD_LETTERS)


@dataclass(frozen=True)
class Topic:
    """One topic as it should be; `config` holds Kafka's own names and values."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def wanted_topics(
    families: Iterable[str],
    departments: Iterable[str],
    *,
    partitions: int,
    brokers: int,
    embedded: bool,
) -> tuple[Topic, ...]:
    """Return every topic, sorted by name.

    *families* are those of the catalogue, *departments* the USCCs that get an answers topic.
    Topics keyed by organisation have *partitions*; the others one, since a commit pays for each
    partition that it touches.
    """
    replicated = brokers >= REPLICATED_FROM_BROKERS

    def topic(name: str, count: int, **config: str) -> Topic:
        return Topic(
            name,
            count,
            3 if replicated else 1,
            {
                "cleanup.policy": "delete",
                "retention.ms": FOR_EVER,
                "message.timestamp.type": "CreateTime",
                "max.message.bytes": str(MAX_MESSAGE_BYTES),
                "min.insync.replicas": "2" if replicated else "1",
                "unclean.leader.election.enable": "false",
                **{key.replace("_", "."): value for key, value in config.items()},
            },
        )

    arrival = "CreateTime" if embedded else "LogAppendTime"
    events = [
        topic(topics.events_topic(family), partitions, message_timestamp_type=arrival)
        for family in families
    ]
    keyed = [
        topic(
            name,
            partitions,
            **({"message_timestamp_type": arrival} if name in _ARRIVAL_COUNTS else {}),
            **(_STATE if name == topics.STATE else {}),
        )
        for name in _BY_ORGANISATION
    ]
    others = [
        *(topic(name, 1) for name in _SINGLE),
        topic(topics.CATALOGUES, 1, cleanup_policy="compact"),
        topic(topics.ALERTS, 1, retention_ms=str(90 * DAY_MS)),
        *(
            topic(topics.ANSWERS_PREFIX + department, 1, retention_ms=str(30 * DAY_MS))
            for department in departments
        ),
    ]
    return tuple(sorted((*events, *keyed, *others), key=lambda each: each.name))


def table_topics(group: str, *, partitions: int, brokers: int) -> tuple[Topic, ...]:
    """Return the changelogs of the tables of role `streams` in consumer group *group*."""
    replicated = brokers >= REPLICATED_FROM_BROKERS
    config = {
        **{key.replace("_", "."): value for key, value in _TABLE.items()},
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "min.insync.replicas": "2" if replicated else "1",
        "unclean.leader.election.enable": "false",
    }
    return tuple(
        Topic(f"{group}-streams-{table}-changelog", partitions, 3 if replicated else 1, config)
        for table in _TABLES
    )


_TABLES = ("followup",)
# A worker that lost a partition without knowing it may write a last record that knows less than
# one before it. Both have to be there when the table is recovered: nothing is compacted for a day.
_TABLE = {
    "cleanup_policy": "compact",
    "segment_bytes": str(64 * 1024 * 1024),
    "segment_ms": str(6 * 60 * 60 * 1000),
    "min_compaction_lag_ms": str(DAY_MS),
    "delete_retention_ms": str(7 * DAY_MS),
}

# A restore reads the state from its beginning: it must stay near one record a key. Compaction
# leaves the open segment alone, hence small ones, rolled hourly. A worker that was away must still
# see deletions: they are kept for 7 days, and who is further behind rebuilds from nothing.
_STATE = {
    "cleanup_policy": "compact",
    "segment_bytes": str(64 * 1024 * 1024),
    "segment_ms": str(60 * 60 * 1000),
    "min_cleanable_dirty_ratio": "0.2",
    "min_compaction_lag_ms": "0",
    "delete_retention_ms": str(7 * DAY_MS),
}
