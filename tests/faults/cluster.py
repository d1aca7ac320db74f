"""Three Apache Kafka brokers in KRaft mode that can be killed, frozen and cut off one by one."""

import contextlib
import time
import uuid
from typing import Any

import docker
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.embedded import free_port

IMAGE = "apache/kafka:4.1.0"
BROKERS = (1, 2, 3)
_PATIENCE_S = 240.0  # a killed broker reads its logs again; others may use the machine
_INSIDE, _PEERS, _VOTES = 9092, 9094, 9093


class Cluster:
    """Clients reach broker *n* on a port that stays the same; peers talk over a network of theirs.

    Two networks on purpose: a broker that is cut off from its peers still answers its clients, as
    one behind a broken switch does.
    """

    def __init__(self) -> None:
        self._docker = docker.from_env()
        self._ports = {number: free_port() for number in BROKERS}
        self._containers: dict[int, Any] = {}
        self._peers: Any = None
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in self._ports.values())

    def start(self) -> None:
        """Start all three before waiting for any: a lone voter never gets ready."""
        self._peers = self._docker.networks.create(f"faults-{uuid.uuid4().hex[:8]}")
        for number in BROKERS:
            # As root: the configuration that the image writes when it starts may not be writable
            # for its own user where the image was built from read-only files.
            made = self._docker.containers.create(
                IMAGE,
                environment=self._environment(number),
                ports={f"{_INSIDE}/tcp": ("127.0.0.1", self._ports[number])},
                user="0",
                labels={"org.testcontainers": "true"},
            )
            self._containers[number] = made
            self._join(number)
            made.start()
        self.wait_whole()

    def remove(self) -> None:
        """Remove brokers, data and network."""
        for container in self._containers.values():
            with contextlib.suppress(docker.errors.APIError):  # not started, or gone already
                container.remove(force=True, v=True)
        if self._peers is not None:
            self._peers.remove()

    def kill(self, number: int) -> None:
        """Kill a broker without a word."""
        self._containers[number].kill()

    def start_again(self, number: int) -> None:
        """Start a killed broker with what is on its disk."""
        self._containers[number].start()

    def freeze(self, number: int) -> None:
        """Stop a broker in mid-sentence: its connections stay open and nobody answers."""
        self._containers[number].pause()

    def thaw(self, number: int) -> None:
        """Let a frozen broker go on as if nothing had happened."""
        self._containers[number].unpause()

    def cut_off(self, number: int) -> None:
        """Take a broker away from its peers; its clients still reach it."""
        self._peers.disconnect(self._containers[number])

    def join_again(self, number: int) -> None:
        """Give a broker that was cut off back to its peers."""
        self._join(number)

    def coordinator(self, group: str) -> int:
        """Return which broker coordinates *group*; right after a fault they may not know yet."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            admin = self._admin()  # to be kept: an answer dies with its client
            asked = admin.describe_consumer_groups([group], request_timeout=10)[group]
            try:
                return int(asked.result(20).coordinator.id)
            except (KafkaException, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.25)

    def wait_whole(self) -> None:
        """Wait until all brokers are there and every partition has all its replicas in step."""
        deadline = time.monotonic() + _PATIENCE_S
        while missing := self._missing():
            assert time.monotonic() < deadline, f"{missing}\n{self._last_words()}"
            time.sleep(0.25)

    def _last_words(self) -> str:
        """Return how each broker's process stands and what it said last."""
        told = []
        for number, container in self._containers.items():
            container.reload()
            said = container.logs(tail=5).decode(errors="replace")
            told.append(f"broker {number} {container.status}: {said}")
        return "\n".join(told)

    def _missing(self) -> str:
        """Return what is not whole. Each broker is asked: of one that was killed and started again
        within a session the others say that it never was away, while it still gets up.
        """
        for number in BROKERS:
            alone = AdminClient(
                {"bootstrap.servers": f"127.0.0.1:{self._ports[number]}", "log_level": 0}
            )
            try:
                seen = alone.list_topics(timeout=5)
            except KafkaException as err:
                return f"broker {number}: {err}"
            if len(seen.brokers) != len(BROKERS):
                return f"{len(seen.brokers)} brokers"
            lagging = [
                f"{topic.topic}/{partition.id}"
                for topic in seen.topics.values()
                for partition in topic.partitions.values()
                if partition.leader < 0 or len(partition.isrs) < len(partition.replicas)
            ]
            if lagging:
                return ", ".join(lagging[:5])
        return ""

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def _join(self, number: int) -> None:
        self._peers.connect(self._containers[number], aliases=[f"broker-{number}"])

    def _environment(self, number: int) -> dict[str, str]:
        outside = f"127.0.0.1:{self._ports[number]}"
        return {
            "KAFKA_NODE_ID": str(number),
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": ",".join(f"{n}@broker-{n}:{_VOTES}" for n in BROKERS),
            "KAFKA_LISTENERS": (
                f"OUTSIDE://0.0.0.0:{_INSIDE},PEERS://0.0.0.0:{_PEERS},VOTES://0.0.0.0:{_VOTES}"
            ),
            "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://{outside},PEERS://broker-{number}:{_PEERS}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
                "OUTSIDE:PLAINTEXT,PEERS:PLAINTEXT,VOTES:PLAINTEXT"
            ),
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PEERS",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "VOTES",
            "KAFKA_BROKER_SESSION_TIMEOUT_MS": "6000",
            "KAFKA_REPLICA_LAG_TIME_MAX_MS": "6000",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "3",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "3",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "2",
            "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
            "KAFKA_TRANSACTION_MAX_TIMEOUT_MS": "15000",  # as design §6 wants it
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_HEAP_OPTS": "-Xms192m -Xmx384m",
        }
