"""Makes the topics, tells how they differ from what they should be, mends what can be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from infra.kafka import admin_config
from infra.reach import no_answer, unreachable
from schemas.errors import RetryLaterError, StopServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from infra.wanted_topics import Topic

_TIMEOUT_S = 15.0
_MENDABLE_MISSING = "missing"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be; only a count or replication cannot be mended here."""

    topic: str
    what: str
    found: str
    wanted: str

    @property
    def mendable(self) -> bool:
        """Whether `apply_topics` can put it right without moving or losing a message."""
        return self.what not in ("partitions", "replication")


class Topics:
    """The topics of one cluster. Raises RetryLaterError wherever the cluster does not answer."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient(admin_config(bootstrap))

    def brokers(self) -> int:
        """Return how many brokers the cluster has."""
        return len(self._metadata().brokers)

    def found(self) -> dict[str, tuple[int, int]]:
        """Return partition count and replication of every topic, by name."""
        return {
            name: (len(topic.partitions), min(len(p.replicas) for p in topic.partitions.values()))
            for name, topic in self._metadata().topics.items()
            if topic.partitions
        }

    def differences(self, wanted: Sequence[Topic]) -> tuple[Difference, ...]:
        """Return what differs from *wanted*, in its order; topics nobody asked for are ignored."""
        found = self.found()
        configs = self._configs([topic.name for topic in wanted if topic.name in found])
        differing: list[Difference] = []
        for topic in wanted:
            if topic.name not in found:
                differing.append(Difference(topic.name, "topic", _MENDABLE_MISSING, "present"))
                continue
            partitions, replication = found[topic.name]
            pairs = [
                ("partitions", str(partitions), str(topic.partitions)),
                ("replication", str(replication), str(topic.replication)),
                *((k, configs[topic.name].get(k, "unset"), v) for k, v in topic.config.items()),
            ]
            differing += [Difference(topic.name, what, f, w) for what, f, w in pairs if f != w]
        return tuple(differing)

    def apply(self, wanted: Sequence[Topic]) -> tuple[Difference, ...]:
        """Make what is missing, mend settings; return what was found before."""
        before = self.differences(wanted)
        missing = {each.topic for each in before if each.found == _MENDABLE_MISSING}
        if new := [_new_topic(topic) for topic in wanted if topic.name in missing]:
            self._wait(self._admin.create_topics(new, operation_timeout=_TIMEOUT_S).values())
        mended: dict[str, list[ConfigEntry]] = {}
        for each in before:
            if each.mendable and each.topic not in missing:
                entry = ConfigEntry(
                    each.what, each.wanted, incremental_operation=AlterConfigOpType.SET
                )
                mended.setdefault(each.topic, []).append(entry)
        if mended:
            resources = [
                ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
                for name, entries in mended.items()
            ]
            self._wait(self._admin.incremental_alter_configs(resources).values())
        return before

    def _configs(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        asked = self._admin.describe_configs(
            [ConfigResource(ResourceType.TOPIC, name) for name in names]
        )
        self._wait(asked.values())
        return {
            resource.name: {entry.name: entry.value for entry in answer.result().values()}
            for resource, answer in asked.items()
        }

    def _metadata(self) -> Any:
        if why := unreachable(self._bootstrap):
            raise RetryLaterError(no_answer(self._bootstrap, why))
        try:
            return self._admin.list_topics(timeout=_TIMEOUT_S)
        except KafkaException as err:
            raise self._away(err) from err

    def _wait(self, answers: Iterable[Any]) -> None:
        for answer in answers:
            try:
                answer.result(_TIMEOUT_S)
            except KafkaException as err:
                if err.args[0].retriable() or err.args[0].code() < 0:
                    raise self._away(err) from err
                raise StopServiceError(
                    f"topics: {self._bootstrap}: Kafka 拒绝 / Kafka refuses: "
                    f"{err.args[0].str()}; 请检查权限和集群设置 / check rights and cluster settings"
                ) from err

    def _away(self, err: KafkaException) -> RetryLaterError:
        return RetryLaterError(no_answer(self._bootstrap, err.args[0].name()))


def check_topics(bootstrap: str, wanted: Sequence[Topic]) -> None:
    """Refuse to work on topics that are missing or have another partition count than *wanted*.

    A wrong count puts an organisation's messages in partitions of different owners, so nothing
    about it would happen in one order any more.
    Raises: StopServiceError naming each such topic; RetryLaterError if Kafka does not answer.
    """
    found = Topics(bootstrap).found()
    wrong = [
        f"{topic.name}: {found[topic.name][0] if topic.name in found else 0} 个分区, 应为 / "
        f"partitions, not {topic.partitions}"
        for topic in wanted
        if topic.name not in found or found[topic.name][0] != topic.partitions
    ]
    if wrong:
        raise StopServiceError(
            "; ".join(wrong) + "; 请运行 / run `credit-trigger topics apply`, "
            "并核对 CREDIT_PARTITIONS / and check CREDIT_PARTITIONS"
        )


def _new_topic(topic: Topic) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, topic.replication, config=dict(topic.config))
