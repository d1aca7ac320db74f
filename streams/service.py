"""Role `streams` as a process: the Faust worker put together, watched, and ended in time."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

import structlog

from infra import metrics
from infra.clock import Clock, SystemClock
from infra.health import Health, HealthServer
from infra.services import find_kafka
from infra.topics import Topics
from schemas.errors import StopServiceError
from streams.app import StreamsApp, make_app
from streams.watchdog import PATIENCE_S, BrokerView, Place, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.settings import Settings

log = structlog.get_logger("streams")

# Modules with `register(app: StreamsApp, settings: Settings) -> None`, which calls `consume`.
PROCESSORS: Final[tuple[str, ...]] = ("streams.followup", "streams.feedback")
STOP_S = 8.0  # of the 10 s that a service manager gives; then the process ends where it stands


def run(settings: Settings, *, clock: Clock | None = None) -> None:
    """Work until SIGTERM or SIGINT. Raises: StopServiceError (exit 3) where it cannot go on."""
    asyncio.run(serve(settings, PROCESSORS, clock or SystemClock()))


async def serve(
    settings: Settings, processors: Iterable[str], clock: Clock, *, patience_s: float = PATIENCE_S
) -> None:
    """Run *processors* until a signal comes, one of them fails or nothing moves for *patience_s*.

    Raises: StopServiceError where it ended without a signal, or a topic is missing.
    """
    kafka, _ = find_kafka(settings)
    folder = settings.state_dir / "streams"
    folder.mkdir(parents=True, exist_ok=True)  # Faust makes its own folders in it
    app = make_app(
        kafka,
        settings.group,
        partitions=settings.partitions,
        data_folder=folder,
        clock=clock,
    )
    for name in processors:
        importlib.import_module(name).register(app, settings)
    _check_topics(app, kafka)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)

    def bark(why: str) -> None:
        # The loop itself may be what hangs: then nobody but this thread ends the process.
        _end_after(STOP_S)
        loop.call_soon_threadsafe(app.give_up, StopServiceError(why))

    dog = Watchdog(
        BrokerView(kafka, app.conf.id),
        places=lambda: owned(app),
        now_s=time.monotonic,
        bark=bark,
        patience_s=patience_s,
    )

    def ready() -> Health:
        health = dog.ready()
        metrics.READY.set(health.ok)
        return health

    port = settings.metrics_port_of("streams")
    with HealthServer(live=dog.live, ready=ready, host=settings.host, port=port) as server:
        log.info("started", metrics_port=server.port)
        await _until_told(app, asked)
        metrics.READY.set(0)
        dog.close()
    log.info("stopped")
    if app.failed is not None:
        raise StopServiceError(f"streams: {_told(app.failed)}") from app.failed


def owned(app: StreamsApp) -> list[Place]:
    """Return the partitions of inputs that *app* owns now; changelogs are not committed."""
    if not app.rebalancing_count:  # the consumer is made by asking for it
        return []
    held = app.consumer.assignment()
    return [(tp.topic, tp.partition) for tp in held if not tp.topic.endswith("-changelog")]


def _check_topics(app: StreamsApp, kafka: str) -> None:
    """Refuse to wait without a word for topics that nobody has made."""
    wanted = app.inputs | set(app.tables.changelog_topics)
    if missing := sorted(wanted - set(Topics(kafka).found())):
        raise StopServiceError(
            f"没有主题 / no such topics: {', '.join(missing)}; 请先运行 / "
            "run `credit-trigger topics apply` first"
        )


async def _until_told(app: StreamsApp, asked: asyncio.Event) -> None:
    """Start *app*, wait for a signal, a failure or a crash of Faust, and stop it in time."""
    starting = asyncio.create_task(app.start())
    waits = [
        starting,
        *(asyncio.create_task(event.wait()) for event in (asked, app.failure)),
    ]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    while starting.done() and not (asked.is_set() or app.failure.is_set()):
        if starting.exception() or app.crashed:
            app.give_up(starting.exception() or app.crash_reason or RuntimeError("crashed"))
            break
        await asyncio.wait(waits[1:], timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
    _end_after(STOP_S, 3 if app.failed else 0)
    await app.stop()
    for task in waits:
        task.cancel()


def _end_after(seconds: float, code: int = 3) -> None:
    """End the process after *seconds*, whatever hangs: delivery is at least once."""

    def end() -> None:
        log.warning("ended_without_stopping", after_s=seconds)
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, StopServiceError) else type(error).__name__
