"""The demo's own world: servers, topics and roles, on a day of the demo's choosing.

Nothing of it is anybody else's: what `CREDIT_KAFKA`, `CREDIT_REDIS` or `.env` name is not even
read, so that no synthetic punishment can reach production.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.readiness import is_ready
from cli.topics import topics_of
from infra.child_process import ChildProcess
from infra.clock import Clock, SimulatedClock
from infra.embedded import EmbeddedServices, free_port
from infra.services import Endpoints, recorded
from infra.settings import Settings, environment_of
from infra.topics import Topics
from schemas.errors import StopServiceError
from schemas.times import format_instant
from sources.demo_day.calendar_day import NOW

Say = Callable[[str, str], None]  # Chinese, English


class DemoStage:
    """Starts everything on entering and stops everything on leaving, whatever happens.

    `folder` holds logs and rejects; it goes with the stage unless something went wrong.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._stack = ExitStack()
        self._roles: dict[str, ChildProcess] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="credit-trigger-demo-"))
        self.settings = _clean_settings(self.folder)
        self.clock: Clock = SimulatedClock(NOW)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if error is None or not isinstance(error, Exception):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        self._servers = self._stack.enter_context(EmbeddedServices(self.folder))
        kafka, redis = self._servers.kafka, self._servers.redis
        self._say(f"内置 Kafka {kafka}", f"embedded Kafka {kafka}")
        self._say(f"内置 Redis {redis}", f"embedded Redis {redis}")
        self.endpoints = Endpoints(kafka, redis, embedded=True)
        self._stack.enter_context(recorded(self.folder, self.endpoints))
        topics = topics_of(self.settings, brokers=1, embedded=True)
        Topics(kafka).apply(topics)
        self._say(f"{len(topics)} 个主题", f"{len(topics)} topics")
        self.trigger = self._started("trigger", self.settings, self.clock())
        now, port = format_instant(self.clock()), self.settings.metrics_port_of("trigger")
        address = f"http://127.0.0.1:{port}/metrics"
        self._say(f"触发器 (模拟时间 {now}) {address}", f"trigger (its day is simulated) {address}")

    def start_streams(self, now: datetime) -> None:
        """Start role `streams`, which lives from the instant *now* on."""
        settings = self.settings.model_copy(update={"metrics_port": free_port()})
        self._started("streams", settings, now)

    def _started(self, role: str, settings: Settings, now: datetime) -> ChildProcess:
        command = ("run", role, "--clock", format_instant(now))
        child = ChildProcess(
            (sys.executable, "-P", "-m", "cli.main", *command),
            self.folder / f"{role}.log",
            environment_of(settings),
        )
        self._stack.callback(child.stop)
        self._roles[role] = child
        return child

    def is_ready(self) -> bool:
        """Tell whether the trigger decides. Raises: StopServiceError as `look` does."""
        self.look()
        return is_ready(self.settings.metrics_port_of("trigger"))

    def look(self) -> None:
        """Make sure that everything still runs.

        Raises: StopServiceError naming what has ended and where to read why.
        """
        for role, child in self._roles.items():
            code = child.exit_code()
            if code is not None:
                raise StopServiceError(
                    f"demo: {role} 已退出 / has ended with {code}: "
                    f"{child.last_line()[:300]}; 日志 / log: {child.log_path}"
                )
        if (log := self._servers.dead_server()) is not None:
            raise StopServiceError(
                f"demo: 内置服务已退出 / an embedded server has ended; 日志 / log: {log}"
            )


def _clean_settings(folder: Path) -> Settings:
    """Return settings that name every field, so that nothing of the environment shows through."""
    return Settings(
        kafka=None,
        redis=None,
        database=None,
        catalogue=None,
        state_dir=folder,
        partitions=4,
        group="credit-trigger-demo",
        slot=None,
        http="127.0.0.1",
        metrics_port=free_port(),
        log="json",
        log_level="info",
        lang="both",
        bench_kafka=None,
        bench_redis=None,
        require_signatures=False,
        feedback_grace_minutes=360,
    )
