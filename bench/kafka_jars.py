"""Apache Kafka as one KRaft node, straight from its jars."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.child_process import ChildProcess
from bench.errors import LeftOutError
from bench.java import JavaTools
from bench.kafka_ready import wait_for_kafka
from infra.embedded import free_port

START_WAIT_S = 60.0
# Groups start without the wait for more members, and the inner topics are small: both shorten
# starting, neither touches what is measured. Everything else is the broker's default.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


@dataclass(frozen=True)
class JarsBroker:
    """A running broker."""

    bootstrap: str
    process: ChildProcess

    def stop(self) -> None:
        """End it; its data goes with the work folder."""
        self.process.stop()


def start_from_jars(tools: JavaTools, work: Path, say: Callable[[str], None]) -> JarsBroker:
    """Return a broker that answers. Raises: LeftOutError if it does not start."""
    say("starting Apache Kafka from jars")
    port, controller = free_port(), free_port()
    properties = work / "server.properties"
    properties.write_text(
        _PROPERTIES.format(port=port, controller=controller, data=work / "kafka-data")
    )
    java = [
        tools.java,
        "-Xms1G",  # the heap that Kafka's own start script gives
        "-Xmx1G",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        tools.classpath,
    ]
    storage = [*java, "kafka.tools.StorageTool", "format", "-t", _cluster_id()]
    formatted = subprocess.run(
        [*storage, "-c", str(properties)], capture_output=True, text=True, check=False
    )
    if formatted.returncode != 0:
        said = (formatted.stderr or formatted.stdout).strip().splitlines() or ["no output"]
        msg = f"formatting its storage failed: {said[-1][:200]}"
        raise LeftOutError(msg)
    process = ChildProcess([*java, "kafka.Kafka", str(properties)], log=work / "kafka.log")
    bootstrap = f"127.0.0.1:{port}"
    if not wait_for_kafka(bootstrap, START_WAIT_S, alive=lambda: process.exit_code is None):
        words = process.last_words()
        process.stop()
        msg = f"it did not answer within {START_WAIT_S:.0f} s: {words[:200]}"
        raise LeftOutError(msg)
    return JarsBroker(bootstrap, process)


def _cluster_id() -> str:
    """Kafka takes 16 bytes in URL-safe base64; 22 letters or digits are such."""
    return uuid4().hex[:22]
