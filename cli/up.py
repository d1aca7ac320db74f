"""`credit-trigger up`: services, topics, trigger, streams and dispatch, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack

import click

from cli.supervised_role import SupervisedRole
from cli.topics import topics_of
from infra.embedded import EmbeddedServices, free_port
from infra.health import Health, HealthServer
from infra.logs import configure_logs
from infra.services import Endpoints, recorded, sole
from infra.settings import Settings, environment_of, load_settings
from infra.topics import Topics
from schemas.errors import StopServiceError

_LOOK_EVERY_S = 0.25


@click.command("up")
def command() -> None:
    r"""启动全部服务和角色, Ctrl-C 停止 / Start servers and all roles; Ctrl-C stops.

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
        roles = _roles(settings, services)
        _say("Ctrl-C 停止 / stops")
        while not stop.wait(_LOOK_EVERY_S):
            for role in roles:
                role.look()
            if log_path := embedded.dead_server():
                raise StopServiceError(
                    "up: 内置服务已退出, 内存中的数据已丢失 / an embedded server has ended, "
                    f"what it held is gone; 请看 / see {log_path}, 再重新启动 / then start again"
                )
        _say("正在停止 / stopping")
        for role in roles:
            role.ask_to_stop()  # all at once: each has its own deadline


def _until_stopped() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _refuse_taken_port(settings: Settings) -> None:
    """Stop before anything is started: whoever has the port would be taken for one of ours."""
    nobody = Health(ok=False, why="starting")
    for port in filter(None, map(settings.metrics_port_of, _ports_given(settings))):
        HealthServer(
            live=lambda: nobody, ready=lambda: nobody, host=settings.host, port=port
        ).close()


def _ports_given(settings: Settings) -> tuple[str, ...]:
    """Return the roles whose port is not ours to choose: `CREDIT_METRICS_PORT` is the trigger's."""
    return ("trigger", "streams", "dispatch") if settings.metrics_port is None else ("trigger",)


def _roles(settings: Settings, stack: ExitStack) -> list[SupervisedRole]:
    given = _ports_given(settings)

    def started(role: str, title: str, *, vital: bool) -> SupervisedRole:
        port = (settings.metrics_port_of(role) if role in given else 0) or free_port()
        made = SupervisedRole(
            role,
            title,
            say=_say,
            log_path=settings.state_dir / f"{role}.log",
            environment=environment_of(settings.model_copy(update={"metrics_port": port})),
            port=port,
            vital=vital,
        )
        stack.callback(made.stop)
        return made

    return [
        started("trigger", "触发器 / trigger", vital=True),
        started("streams", "流处理 / streams", vital=False),
        started("dispatch", "分发 / dispatch", vital=False),
    ]


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


def _say(text: str) -> None:
    click.echo(f"up: {text}")
