"""Apache Kafka and Redis in containers, each on a port that stays the same when it starts again."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import redis
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from testcontainers.core.container import DockerContainer

from infra.embedded import free_port
from infra.topics import Topics
from infra.wanted_topics import Topic

KAFKA_IMAGE, REDIS_IMAGE = "apache/kafka:4.1.0", "redis:7"
_PATIENCE_S = 60.0


class Server:
    """One container that can be killed and started again with what is on its disk."""

    def __init__(self, container: DockerContainer, answers: Callable[[], bool]) -> None:
        self._container = container
        self._answers = answers

    def start(self) -> None:
        """Start and wait until it answers."""
        self._container.start()
        self._wait()

    def kill(self) -> None:
        """Kill it without a word."""
        self._container.get_wrapped_container().kill()

    def start_again(self) -> None:
        """Start the same container after `kill`."""
        self._container.get_wrapped_container().start()
        self._wait()

    def remove(self) -> None:
        """Remove the container and its data."""
        self._container.stop(force=True, delete_volume=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if time.monotonic() > deadline:
                words = self._container.get_logs()[0][-500:].decode(errors="replace")
                message = f"{self._container.image} does not answer: {words}"
                raise AssertionError(message)
            time.sleep(0.1)


@contextmanager
def kafka_with(counts: Mapping[str, int]) -> Iterator[str]:
    """Run a Kafka of one's own with topics of so many partitions; yield its address."""
    server, address = kafka_server()
    try:
        server.start()
        Topics(address).apply([Topic(name, n, 1, {}) for name, n in counts.items()])
        yield address
    finally:
        server.remove()


def kafka_server() -> tuple[Server, str]:
    """Return a single KRaft node, not started yet, and its address."""
    port = free_port()
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://0.0.0.0:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_MAX_TIMEOUT_MS": "60000",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    # As root: the configuration that the image writes when it starts may not be writable for its
    # own user where the image was built from read-only files.
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port).with_kwargs(user="0")
    for name, value in environment.items():
        container = container.with_env(name, value)
    address = f"127.0.0.1:{port}"

    def answers() -> bool:
        try:
            admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
            return bool(admin.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    return Server(container, answers), address


def redis_server() -> tuple[Server, str]:
    """Return a Redis, not started yet, and its address; it forgets all when it is killed."""
    port = free_port()
    container = DockerContainer(REDIS_IMAGE).with_bind_ports(6379, port)
    container = container.with_command("redis-server --save '' --appendonly no")
    address = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        client = redis.Redis.from_url(address, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    return Server(container, answers), address
