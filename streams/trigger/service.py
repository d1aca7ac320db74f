"""The trigger as a process: put together, run until told to stop, left clean."""

import gc
import signal
from collections.abc import Callable

import structlog
from confluent_kafka.admin import AdminClient

from infra.clock import Clock, SystemClock
from infra.health import HealthServer
from infra.kafka import admin_config
from infra.redis import check_redis, connect_redis
from infra.services import Endpoints, connect
from infra.settings import Settings
from infra.topics import Topics, check_topics
from infra.wanted_topics import wanted_topics
from schemas import topics
from schemas.errors import StopServiceError
from streams.catalogue_in_force import load_catalogue
from streams.rules.catalogue import Catalogue
from streams.trigger.batch import Batches
from streams.trigger.cache import StateCache
from streams.trigger.follower import Follower
from streams.trigger.inputs import EventInputs
from streams.trigger.offsets import LogEnds
from streams.trigger.plain.ready import make_ready
from streams.trigger.telemetry import Telemetry
from streams.trigger.transaction import Transactions
from streams.trigger.worker import Parts, Worker

log = structlog.get_logger("trigger")

OFFICE_CLASS = "credit-office"


def run(settings: Settings, *, clock: Clock | None = None) -> None:
    """Work until SIGTERM or SIGINT. Raises: StopServiceError (exit 3) where it cannot go on."""
    catalogue = load_catalogue(settings)
    make_ready()
    endpoints = connect(settings)
    _check_topics(settings, catalogue, endpoints)
    # A batch is thousands of short-lived objects without cycles; the collector's default pace
    # would walk them again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    telemetry = Telemetry(catalogue)
    worker = make_worker(settings, catalogue, endpoints, telemetry, clock or SystemClock())
    stop_on_signals(worker.stop)
    port = settings.metrics_port_of("trigger")
    with HealthServer(
        live=telemetry.live, ready=telemetry.ready, host=settings.host, port=port
    ) as server:
        log.info("started", metrics_port=server.port, catalogue=catalogue.version[:12])
        worker.run()
    log.info("stopped")


def make_worker(
    settings: Settings,
    catalogue: Catalogue,
    endpoints: Endpoints,
    telemetry: Telemetry,
    clock: Clock,
) -> Worker:
    """Return a worker on the given servers; nothing flows before `run`."""
    kafka, group = endpoints.kafka, settings.group
    client = connect_redis(endpoints.redis, timeout_s=30)
    cache = StateCache(client, group)
    names = [topics.events_topic(family) for family in catalogue.families]
    parts = Parts(
        inputs=EventInputs(kafka, group, (*names, topics.MEMBERS)),
        lists=Follower(kafka, f"{group}-lists"),
        states=Follower(kafka, f"{group}-state"),
        ends=LogEnds(AdminClient(admin_config(kafka))),
        cache=cache,
        transactions=Transactions(kafka, group),
        batches=Batches(catalogue, cache, settings.partitions, _office(catalogue)),
        check_cache=lambda: check_redis(client),
    )
    return Worker(parts, catalogue, clock, telemetry)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call *stop* on SIGTERM and SIGINT; the batch in hand is finished first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _check_topics(settings: Settings, catalogue: Catalogue, endpoints: Endpoints) -> None:
    wanted = wanted_topics(
        catalogue.families,
        catalogue.departments,
        partitions=settings.partitions,
        brokers=Topics(endpoints.kafka).brokers(),
        embedded=endpoints.embedded,
    )
    check_topics(endpoints.kafka, wanted)


def _office(catalogue: Catalogue) -> str:
    """Return the credit office's USCC: it hears of lists and senders that are wrong."""
    for uscc, department in catalogue.departments.items():
        if department.class_ == OFFICE_CLASS:
            return uscc
    msg = f"departments.yaml: no department of class {OFFICE_CLASS}; enter the credit office"
    raise StopServiceError(msg)
