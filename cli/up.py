"""`credit-trigger up`: services, topics and the trigger, watched over until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import ExitStack
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

import click

from cli.topics import topics_of
from infra.child_process import ChildProcess
from infra.embedded import EmbeddedServices, free_port
from infra.health import Health, HealthServer
from infra.logs import configure_logs
from infra.services import Endpoints, recorded, sole
from infra.settings import Settings, environment_of, load_settings
from infra.topics import Topics
from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_STOP = 3
_LOOK_EVERY_S = 0.25
_BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STEADY_S = 60.0  # who has run that long has earned a quick restart again


@click.command("up")
def command() -> None:
    r"""启动 Kafka、Redis 和触发器 / Start Kafka, Redis and the trigger; Ctrl-C stops them.

    没有设置 CREDIT_KAFKA 或 CREDIT_REDIS 时使用内置的 (只在内存中) / Where one is not set, the
    embedded server is used, which keeps everything in memory. Other commands join them.

    \b
    Example:
      credit-trigger up
      CREDIT_STATE_DIR=./state credit-trigger up
    """
    settings = load_settings()
    configure_logs(settings, "up")
    with sole(settings.state_dir), ExitStack() as services:
        _refuse_taken_port(settings)
        stop = _until_stopped()
        endpoints, embedded = _services(settings, services)
        _say(f"Kafka {endpoints.kafka}{' (内置 / embedded)' if endpoints.embedded else ''}")
        _apply_topics(settings, endpoints)
        services.enter_context(recorded(settings.state_dir, endpoints))
        port = settings.metrics_port_of("trigger") or free_port()
        environment = environment_of(settings.model_copy(update={"metrics_port": port}))
        trigger = _Trigger(settings.state_dir / "trigger.log", environment, port)
        services.callback(trigger.stop)
        _say("Ctrl-C 停止 / stops")
        while not stop.wait(_LOOK_EVERY_S):
            trigger.look()
            if log_path := embedded.dead_server():
                raise StopServiceError(
                    "up: 内置服务已退出, 内存中的数据已丢失 / an embedded server has ended, "
                    f"what it held is gone; 请看 / see {log_path}, 再重新启动 / then start again"
                )
        _say("正在停止 / stopping")


def _until_stopped() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _refuse_taken_port(settings: Settings) -> None:
    """Stop before anything is started: whoever has the port would be taken for our trigger."""
    if port := settings.metrics_port_of("trigger"):
        nobody = Health(ok=False, why="starting")
        HealthServer(
            live=lambda: nobody, ready=lambda: nobody, host=settings.host, port=port
        ).close()


def _services(settings: Settings, stack: ExitStack) -> tuple[Endpoints, EmbeddedServices]:
    embedded = EmbeddedServices(
        settings.state_dir,
        with_kafka=settings.kafka is None,
        with_redis=settings.redis is None,
    )
    stack.enter_context(embedded)
    kafka = settings.kafka or embedded.kafka
    redis = settings.redis.get_secret_value() if settings.redis else embedded.redis
    return Endpoints(kafka, redis, embedded=settings.kafka is None), embedded


def _apply_topics(settings: Settings, endpoints: Endpoints) -> None:
    topics = Topics(endpoints.kafka)
    wanted = topics_of(settings, brokers=topics.brokers(), embedded=endpoints.embedded)
    found = topics.apply(wanted)
    if wrong := [f"{d.topic} {d.what} {d.found} != {d.wanted}" for d in found if not d.mendable]:
        raise StopServiceError(
            f"topics: {'; '.join(wrong)}; 无法自动修正 / cannot be mended here; 请运行 / run "
            "`credit-trigger topics apply --check`, 并核对 / and check CREDIT_PARTITIONS"
        )
    _say(f"{len(wanted)} 个主题就绪 / topics ready")


class _Trigger:
    """The trigger as a child process: started again when it dies, its readiness told on change."""

    def __init__(self, log_path: Path, environment: Mapping[str, str], port: int) -> None:
        self._log_path = log_path
        self._environment = environment
        self._address = f"{_reachable(environment['CREDIT_HTTP'])}:{port}"
        self._waits: Iterator[float] = iter(_BACKOFF_S)
        self._restart_at: float | None = None
        self._told = ""
        self._start()
        _say(f"触发器 / trigger: http://{self._address}/metrics, 日志 / log: {log_path}")

    def _start(self) -> None:
        command = (sys.executable, "-P", "-m", "cli.main", "run", "trigger")
        self._child = ChildProcess(command, self._log_path, self._environment)
        self._began = time.monotonic()
        self._restart_at = None

    def look(self) -> None:
        """Tell a change of readiness; start the trigger again when its time has come.

        Raises: StopServiceError if it ended with exit code 3: no restart would mend that.
        """
        code = self._child.exit_code()
        if code is None:
            self._tell(self._readiness())
        elif code == _STOP:
            raise StopServiceError(f"trigger: {self._child.last_line()} ({self._log_path})")
        elif self._restart_at is None:
            if time.monotonic() - self._began > _STEADY_S:
                self._waits = iter(_BACKOFF_S)
            wait = next(self._waits, _BACKOFF_S[-1])
            self._restart_at = time.monotonic() + wait
            self._tell(f"已退出 / ended with {code}, {wait:g} s 后重启 / until restart")
        elif time.monotonic() >= self._restart_at:
            self._start()

    def stop(self) -> None:
        """Stop it: SIGTERM, then a deadline."""
        self._child.stop()

    def _readiness(self) -> str:
        # Not urllib, which would ask a proxy of the environment for our own machine.
        connection = HTTPConnection(self._address, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            ready = "就绪 / ready" if answer.status == HTTPStatus.OK else "未就绪 / not ready"
            return f"{ready}: {answer.read().decode().strip()}"
        except (OSError, HTTPException):
            return "启动中 / starting"
        finally:
            connection.close()

    def _tell(self, state: str) -> None:
        if state != self._told:
            _say(f"触发器 / trigger: {state}")
            self._told = state


def _reachable(listen: str) -> str:
    host = listen.rsplit(":", 1)[0] if listen.count(":") == 1 else listen
    return "127.0.0.1" if host in ("0.0.0.0", "[::]") else host  # noqa: S104 - compared, not bound


def _say(text: str) -> None:
    click.echo(f"up: {text}")
