"""A city on real servers: its topics, its departments that send, and its trigger processes."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

from confluent_kafka import Producer

from infra.embedded import free_port
from tests.real.servers import Server, kafka_server, redis_server
from tests.trigger.messages import Sent

CHECKOUT = Path(__file__).parents[2]
READY_S = 60.0


class City:
    """Kafka and Redis of its own, and every topic as `topics apply` makes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kafka_server, self.kafka = kafka_server()
        self.redis_server, self.redis = redis_server()
        self._triggers: list[Trigger] = []

    def start(self) -> None:
        """Start the servers and make the topics."""
        servers: list[Server] = [self.redis_server, self.kafka_server]
        for server in servers:
            server.start()
        applied = self.command("topics", "apply")
        assert applied.returncode == 0, applied.stderr

    def close(self) -> None:
        """Stop everything; leave nothing behind."""
        for trigger in self._triggers:
            trigger.kill()
        self.kafka_server.remove()
        self.redis_server.remove()

    def command(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one of our commands to its end."""
        return subprocess.run(
            _command(*words),
            env=self.environment(**settings),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def trigger(self, *, redis: str | None = None) -> "Trigger":
        """Start one more worker."""
        log = self._folder / f"trigger-{len(self._triggers)}.log"
        port = free_port()
        settings = {"CREDIT_METRICS_PORT": str(port)} | ({"CREDIT_REDIS": redis} if redis else {})
        started = Trigger(self.environment(**settings), log, port)
        self._triggers.append(started)
        return started

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the environment of a process of this city."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CREDIT_")}
        return kept | {
            "PYTHONPATH": str(CHECKOUT),
            "CREDIT_KAFKA": self.kafka,
            "CREDIT_REDIS": self.redis,
            "CREDIT_STATE_DIR": str(self._folder),
            **settings,
        }

    def producer(self) -> Producer:
        """Return a department's producer; what it sends first waits half a second for its id."""
        return Producer(producer_settings(self.kafka))

    def send(self, messages: Iterable[Sent], producer: Producer | None = None) -> None:
        """Publish *messages* in order, and wait until all are acknowledged."""
        producer = producer or self.producer()
        for message in messages:
            _produce(producer, message)
        assert producer.flush(60) == 0


class Feeder:
    """A thread that publishes *messages* evenly over *seconds*, as departments do."""

    def __init__(
        self,
        city: City,
        messages: Sequence[Sent],
        seconds: float,
        producer: Producer | None = None,
    ) -> None:
        self._messages, self._seconds = messages, seconds
        self.sent_at: list[float] = []  # seconds, wall clock
        self._producer = producer or city.producer()
        self._thread = threading.Thread(target=self._feed, name="feeder")
        self._thread.start()

    @property
    def done(self) -> bool:
        """Tell whether all was published."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until all was published."""
        self._thread.join()

    def _feed(self) -> None:
        began = time.monotonic()
        for number, message in enumerate(self._messages):
            due = began + self._seconds * number / len(self._messages)
            if (early := due - time.monotonic()) > 0.01:
                self._producer.poll(0)
                time.sleep(early)
            self.sent_at.append(time.time())
            _produce(self._producer, message)
        assert self._producer.flush(60) == 0


class Trigger:
    """One worker process."""

    def __init__(self, environment: dict[str, str], log: Path, port: int) -> None:
        self._log, self._port = log, port
        with log.open("w") as output:
            self._process = subprocess.Popen(
                _command("run", "trigger"),
                env=environment,
                cwd=log.parent,
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        """SIGKILL, as a lost machine would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def wait(self, timeout_s: float) -> int:
        """Return the exit code of a worker that ends by itself."""
        return self._process.wait(timeout_s)

    def said(self) -> str:
        """Return its log."""
        return self._log.read_text(errors="replace")

    def ready(self) -> bool:
        """Tell what /readyz says; a worker that does not serve yet is not ready."""
        return self._get("/readyz") is not None

    def metric(self, line: str) -> float | None:
        """Return the value of the metric whose line begins with *line*."""
        for each in (self._get("/metrics") or "").splitlines():
            if each.startswith(line + " "):
                return float(each.rpartition(" ")[2])
        return None

    def wait_ready(self, *, ready: bool = True) -> None:
        """Wait until /readyz says so."""
        deadline = time.monotonic() + READY_S
        while self.ready() is not ready:
            assert self._process.poll() is None, self.said()[-2000:]
            assert time.monotonic() < deadline, self.said()[-2000:]
            time.sleep(0.02)

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=5) as page:
                return str(page.read().decode())
        except (urllib.error.URLError, OSError):
            return None


def producer_settings(bootstrap: str) -> dict[str, str | int | bool]:
    """Return how a careful department publishes; librdkafka's own words stay out of the report."""
    return {
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "linger.ms": 5,
        "log_level": 0,
    }


def _command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "cli.main", *words]


def _produce(producer: Producer, message: Sent) -> None:
    while True:
        try:
            producer.produce(
                message.topic,
                message.value,
                message.key,
                message.partition,
                headers=list(message.headers),
            )
        except BufferError:
            producer.poll(0.05)
        else:
            return
