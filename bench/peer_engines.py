"""The peers as engines: what each is started with."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.child_process import ChildProcess
from bench.java import JavaTools
from bench.peers.job import ACTION_TEXTS, CATALOGUE_VERSION
from bench.peers.wiring import Wiring
from bench.peers_environment import PeersEnvironment
from bench.redis_server import PEERS_DATABASE
from bench.stand import Stand

ENTRIES_TOPIC = "bench.entries"


class PeerEngine:
    """A peer process; `fresh` gives it a new prefix, and with it a new group, topics and state."""

    def __init__(  # noqa: PLR0913  # what differs between peers, by name
        self,
        name: str,
        words: str,
        *,
        stand: Stand,
        command: Sequence[str],
        env: Mapping[str, str],
        makes_actions: bool = True,
    ) -> None:
        self.name = name
        self.words = words
        self._stand = stand
        self._command = command
        self._env = env
        self._makes_actions = makes_actions
        self._run = 0

    @property
    def decisions(self) -> str:
        """See `Engine.decisions`."""
        return f"{self._prefix}.decisions"

    @property
    def actions(self) -> str | None:
        """See `Engine.actions`."""
        return f"{self._prefix}.actions" if self._makes_actions else None

    @property
    def paced_events(self) -> str:
        """See `Engine.paced_events`."""
        return f"{self._prefix}.paced"

    def fresh(self) -> None:
        """See `Engine.fresh`."""
        stale = {t for t in self._stand.topics.names() if t.startswith(f"bench.{self.name}.")}
        self._stand.topics.remove(stale)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._run += 1
        names = [self.decisions, self.paced_events]
        names += [self.actions] if self.actions else []
        self._stand.topics.make(names, self._stand.scenario.partitions)
        self._folder.mkdir(parents=True)

    def start(self, events: str) -> ChildProcess:
        """See `Engine.start`."""
        stand = self._stand
        wiring = Wiring(
            kafka=stand.kafka.bootstrap,
            redis=stand.redis.url(PEERS_DATABASE),
            events=events,
            prefix=self._prefix,
            state_dir=str(self._folder),
            partitions=stand.scenario.partitions,
        )
        return ChildProcess(
            self._command,
            log=stand.work / f"{self._prefix}.log",
            env={**wiring.to_environment(), **self._env},
            cwd=stand.work,
        )

    @property
    def _prefix(self) -> str:
        return f"bench.{self.name}.{self._run}"

    @property
    def _folder(self) -> Path:
        return self._stand.work / self._prefix


def faust_agent(stand: Stand, environment: PeersEnvironment) -> PeerEngine:
    """Return the stock Faust agent."""
    return _python_peer("faust", "faust-streaming agent, stock", stand, environment, "faust_agent")


def quix(stand: Stand, environment: PeersEnvironment) -> PeerEngine:
    """Return Quix Streams with exactly-once processing."""
    return _python_peer("quix", "Quix Streams, exactly-once", stand, environment, "quix")


def kafka_streams(stand: Stand, tools: JavaTools) -> PeerEngine:
    """Return Kafka Streams with `exactly_once_v2`."""
    texts = {"catalogue_version": CATALOGUE_VERSION, "action": ACTION_TEXTS}
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return PeerEngine(
        "kstreams",
        "Kafka Streams (Java), exactly_once_v2",
        stand=stand,
        command=[tools.java, quiet, "-cp", tools.classpath, "KafkaStreamsPeer"],
        env={"BENCH_ENTRIES_TOPIC": ENTRIES_TOPIC, "BENCH_TEXTS": json.dumps(texts)},
    )


def bare_copy(stand: Stand, sources: Path) -> PeerEngine:
    """Return the bound; it runs on the project's own confluent-kafka."""
    return PeerEngine(
        "bare",
        "bare transactional copy, the bound",
        stand=stand,
        command=[sys.executable, "-m", "bench.peers.bare_copy"],
        env={"PYTHONPATH": str(sources), "PYTHONSAFEPATH": "1"},
        makes_actions=False,
    )


def _python_peer(
    name: str, words: str, stand: Stand, environment: PeersEnvironment, module: str
) -> PeerEngine:
    return PeerEngine(
        name,
        words,
        stand=stand,
        command=[str(environment.python), "-m", f"bench.peers.{module}"],
        env={"PYTHONPATH": str(environment.sources), "PYTHONSAFEPATH": "1"},
    )
