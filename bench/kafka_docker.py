"""Apache Kafka as one container, where a Docker engine runs."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import LeftOutError
from bench.kafka_ready import wait_for_kafka
from infra.embedded import free_port

IMAGE = "apache/kafka:4.1.0"
LABEL = "credit-trigger.bench"
START_WAIT_S = 90.0
_PULL_LIMIT_S = 600


@dataclass(frozen=True)
class DockerBroker:
    """A running container."""

    bootstrap: str
    image: str
    container: str

    def stop(self) -> None:
        """Remove the container with its data."""
        _docker("rm", "-f", "-v", self.container)


def start_in_docker(say: Callable[[str], None]) -> DockerBroker:
    """Return a broker that answers. Raises: LeftOutError without an engine, image or answer."""
    if shutil.which("docker") is None:
        msg = "no docker command on the path"
        raise LeftOutError(msg)
    _docker("info")
    _remove_leftovers()
    say(f"starting {IMAGE} in Docker")
    port = free_port()
    container = _docker(*_run_arguments(port))
    broker = DockerBroker(f"127.0.0.1:{port}", IMAGE, container)
    if not wait_for_kafka(broker.bootstrap, START_WAIT_S, alive=lambda: _is_running(container)):
        words = _docker("logs", "--tail", "1", container) or "no output"
        broker.stop()
        msg = f"{IMAGE} started but does not answer: {words[:200]}"
        raise LeftOutError(msg)
    return broker


def _is_running(container: str) -> bool:
    return _docker("inspect", "-f", "{{.State.Running}}", container) == "true"


def _run_arguments(port: int) -> list[str]:
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
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    variables = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
    labelled = ["--label", f"{LABEL}={os.getpid()}"]
    # As root: where the image was built from read-only files, its own user may not write them anew.
    user = ["--user", "0"]
    return ["run", "-d", *user, "-p", f"127.0.0.1:{port}:{port}", *labelled, *variables, IMAGE]


def _remove_leftovers() -> None:
    """Remove the containers of benches that were killed: their process is no more."""
    listed = _docker(
        "ps",
        "-aq",
        "--filter",
        f"label={LABEL}",
        "--format",
        f'{{{{.ID}}}} {{{{.Label "{LABEL}"}}}}',
    )
    for line in listed.splitlines():
        container, _, pid = line.partition(" ")
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _docker("rm", "-f", "-v", container)


def _docker(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["docker", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if arguments[0] == "logs" else subprocess.PIPE,
            text=True,
            check=False,
            timeout=_PULL_LIMIT_S,
        )
    except subprocess.TimeoutExpired as err:
        msg = f"docker {arguments[0]} took longer than {_PULL_LIMIT_S} s"
        raise LeftOutError(msg) from err
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        msg = f"docker {arguments[0]}: {said[-1][:200]}"
        raise LeftOutError(msg)
    return done.stdout.strip()
