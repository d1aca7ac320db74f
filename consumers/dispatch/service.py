"""Dispatch as a process: take a batch, pass it on, wait for the acknowledgements, commit."""

import signal
import threading
import time

import structlog

from consumers.dispatch.address import answers_topic
from consumers.dispatch.intake import Intake
from consumers.dispatch.outlet import Outlet
from infra.clock import Clock, SystemClock
from infra.health import Health, HealthServer
from infra.metrics import DISPATCH_SECONDS, DISPATCHED, PARTITIONS_OWNED, READY
from infra.services import find_kafka
from infra.settings import Settings
from infra.topics import Topics, check_topics
from infra.wanted_topics import wanted_topics
from schemas.errors import RejectRecordError, RetryLaterError
from streams.catalogue_in_force import load_catalogue
from streams.rules.catalogue import Catalogue

log = structlog.get_logger("dispatch")

_POLL_S = 0.5
_STALLED_S = 60.0


class Dispatcher:
    """At least once, in order: offsets are committed after the writes are acknowledged."""

    def __init__(self, kafka: str, group: str, catalogue: Catalogue, clock: Clock) -> None:
        self._intake, self._outlet = Intake(kafka, group), Outlet(kafka)
        self._catalogue, self._clock = catalogue, clock
        self._stop = threading.Event()
        self._owned, self._turned_at = 0, time.monotonic()

    def stop(self) -> None:
        """Ask `run` to end after the batch in hand."""
        self._stop.set()

    def run(self) -> None:
        """Pass on until `stop`. Raises: StopServiceError where it cannot go on."""
        try:
            while not self._told_to_stop():
                self._turn()
        finally:
            self._intake.close()

    def live(self) -> Health:
        """Tell whether the loop still turns."""
        idle = time.monotonic() - self._turned_at
        return Health(ok=idle < _STALLED_S, why=f"last turn {idle:.0f} s ago")

    def ready(self) -> Health:
        """Tell whether partitions are assigned; a spare dispatcher has none and is not ready."""
        return Health(ok=self._owned > 0 and self.live().ok, why=f"{self._owned} partitions")

    def _told_to_stop(self) -> bool:
        """Asked in every wait, so it also tells that the loop lives while Kafka is away."""
        self._turned_at = time.monotonic()
        return self._stop.is_set()

    def _turn(self) -> None:
        try:
            batch = self._intake.take(_POLL_S, self._told_to_stop)
        except RetryLaterError as err:
            log.warning("kafka_away", detail=str(err))
            self._stop.wait(1.0)
            return
        self._owned = self._intake.owned()
        PARTITIONS_OWNED.set(self._owned)
        READY.set(self._owned > 0)
        if not batch:
            return
        for message in batch:
            try:
                self._outlet.pass_on(message, answers_topic(message.value(), self._catalogue))
            except RejectRecordError as fault:
                self._outlet.set_aside(message, fault, self._clock())
        if not self._outlet.settled(self._told_to_stop):
            return
        self._intake.commit(batch)
        now_ms = time.time() * 1000
        for message in batch:
            DISPATCHED.labels(topic=str(message.topic())).inc()
            DISPATCH_SECONDS.observe(max(0.0, (now_ms - message.timestamp()[1]) / 1000))


def run(settings: Settings, *, clock: Clock | None = None) -> None:
    """Work until SIGTERM or SIGINT. Raises: StopServiceError (exit 3) where it cannot go on."""
    catalogue = load_catalogue(settings)
    kafka, embedded = find_kafka(settings)
    wanted = wanted_topics(
        catalogue.families,
        catalogue.departments,
        partitions=settings.partitions,
        brokers=Topics(kafka).brokers(),
        embedded=embedded,
    )
    check_topics(kafka, wanted)
    group = f"{settings.group}-dispatch"
    dispatcher = Dispatcher(kafka, group, catalogue, clock or SystemClock())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: dispatcher.stop())
    port = settings.metrics_port_of("dispatch")
    with HealthServer(
        live=dispatcher.live, ready=dispatcher.ready, host=settings.host, port=port
    ) as server:
        log.info("started", metrics_port=server.port, group=group)
        dispatcher.run()
    log.info("stopped")
