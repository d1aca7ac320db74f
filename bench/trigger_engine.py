"""Our own trigger as an engine: the real command, from outside, on the topics of the contract."""

import os
import subprocess
from itertools import count

import redis

from bench.child_process import ChildProcess
from bench.errors import BenchStopError
from bench.own_python import own_command, own_environment
from bench.redis_server import TRIGGER_DATABASE
from bench.stand import Stand
from schemas.topics import ACTIONS, DECISIONS, EVENTS_PREFIX, LISTS, MEMBERS, REVIEWS

_KEPT = {LISTS, MEMBERS, REVIEWS}  # inputs; everything else of ours is an output or state
_APPLY_LIMIT_S = 120
_RUNS = count(1)  # of the process: no group name comes twice, whoever asks


class TriggerEngine:
    """`credit-trigger run trigger`, with telemetry on and nothing tuned."""

    name = "trigger"
    words = "credit-trigger, one worker"
    decisions = DECISIONS
    actions: str | None = ACTIONS

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._run = next(_RUNS)

    @property
    def paced_events(self) -> str:
        """See `Engine.paced_events`."""
        return self._stand.events

    def fresh(self) -> None:
        """See `Engine.fresh`."""
        topics = self._stand.topics
        ours = {name for name in topics.names() if name.startswith("credit.")}
        topics.remove({n for n in ours if n not in _KEPT and not n.startswith(EVENTS_PREFIX)})
        self.apply_topics()
        client = redis.Redis.from_url(self._stand.redis.url(TRIGGER_DATABASE))
        client.flushdb()
        self._run = next(_RUNS)

    def apply_topics(self) -> None:
        """Make the topics of the contract where they are missing. Raises: BenchStopError."""
        done = subprocess.run(
            own_command("cli.main", "topics", "apply"),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_APPLY_LIMIT_S,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise BenchStopError(f"bench: `topics apply` failed: {said[-1][:300]}")
        if self._stand.kafka.is_apache:
            self._stand.topics.stamp_by_broker([DECISIONS, ACTIONS])

    def start(self, events: str) -> ChildProcess:
        """See `Engine.start`."""
        del events  # it reads the topics of the contract, prefilled and paced alike
        return ChildProcess(
            own_command("cli.main", "run", "trigger"),
            log=self._stand.work / f"trigger.{self._run}.log",
            env=self._environment(),
            cwd=self._stand.work,  # no .env of a user's folder shows through
            inherit=False,
        )

    def _environment(self) -> dict[str, str]:
        """Return the process's whole environment: this one's, with our own CREDIT_* alone."""
        kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("CREDIT_")}
        return {
            **kept,
            **own_environment(),
            "CREDIT_KAFKA": self._stand.kafka.bootstrap,
            "CREDIT_REDIS": self._stand.redis.url(TRIGGER_DATABASE),
            "CREDIT_STATE_DIR": str(self._stand.work / "trigger-state"),
            "CREDIT_PARTITIONS": str(self._stand.scenario.partitions),
            "CREDIT_GROUP": f"bench-{self._run}",
            "CREDIT_METRICS_PORT": "0",
        }
