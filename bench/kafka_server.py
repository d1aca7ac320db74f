"""Which Kafka the bench runs on: named, from jars, in Docker, or embedded; in that order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import LeftOutError
from bench.java import java_tools
from bench.kafka_docker import start_in_docker
from bench.kafka_jars import start_from_jars
from infra.embedded import EmbeddedServices

Say = Callable[[str], None]


@dataclass(frozen=True)
class KafkaServer:
    """A broker to measure on.

    `words` tells the reader what it is. `is_apache` is False on the embedded broker, where a
    figure says nothing about production. `passed_over` says why better ones were not taken.
    """

    bootstrap: str
    words: str
    is_apache: bool
    stop: Callable[[], None] = field(repr=False)
    passed_over: tuple[str, ...] = ()


def choose_kafka(named: str | None, work: Path, say: Say) -> KafkaServer:
    """Return a running broker; *named* is `CREDIT_BENCH_KAFKA`, *work* takes logs and data.

    Raises: StopServiceError if not even the embedded one starts.
    """
    if named:
        return KafkaServer(named, f"Kafka at {named}", is_apache=True, stop=lambda: None)
    passed_over: list[str] = []
    try:
        broker = start_from_jars(java_tools(say), work, say)
    except LeftOutError as reason:
        passed_over.append(f"Kafka from jars: {reason}")
    else:
        return KafkaServer(
            broker.bootstrap, "Apache Kafka from jars, one node", is_apache=True, stop=broker.stop
        )
    try:
        container = start_in_docker(say)
    except LeftOutError as reason:
        passed_over.append(f"Kafka in Docker: {reason}")
    else:
        return KafkaServer(
            container.bootstrap,
            f"{container.image} in Docker, one node",
            is_apache=True,
            stop=container.stop,
            passed_over=tuple(passed_over),
        )
    embedded = EmbeddedServices(work, with_redis=False)
    embedded.__enter__()  # its end is `stop`, called by the run's own exit stack
    return KafkaServer(
        embedded.kafka,
        "the embedded broker (memory only: figures do not carry over to Apache Kafka)",
        is_apache=False,
        stop=embedded.close,
        passed_over=tuple(passed_over),
    )
