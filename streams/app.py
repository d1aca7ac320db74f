"""The Faust app: at least once, committed records alone, raw bytes in, refusals to dead letters.

What Faust would do by itself and must not: read uncommitted, acknowledge what an agent failed on,
declare topics, pickle, serve tables without authentication. Each is turned off here, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import faust
import structlog
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from faust.transport.drivers import aiokafka as driver

from infra import metrics
from schemas import topics
from schemas.dead_letter import header_list
from schemas.errors import RejectRecordError, RetryLaterError
from schemas.set_aside import Refused, set_aside

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from infra.clock import Clock

    Handle = Callable[["faust.types.EventT[Any]"], Awaitable[None]]

log = structlog.get_logger("streams")
_Sent = TypeVar("_Sent")
RETRY_S = 1.0
_SETTLES_S = 0.05


class StreamsApp(faust.App):
    """A Faust app that never sees what a transaction took back, and knows the time by *clock*."""

    def __init__(self, app_id: str, *, clock: Clock, **settings: Any) -> None:
        super().__init__(app_id, **settings)
        self.clock_now = clock
        self.failed: BaseException | None = None
        self.failure = asyncio.Event()
        self.inputs: set[str] = set()

    def _new_transport(self) -> Any:
        return _CommittedTransport(self.conf.broker_consumer, self)

    def FlowControlQueue(self, maxsize: int | None = None, **_: Any) -> Any:  # noqa: N802 - Faust's
        """Return a queue that Faust does not empty each time that the flow resumes.

        After a table's recovery Faust seeks the inputs while the flow is open already, and resumes
        once more: what had been fetched in between was thrown away and never came again, until the
        watchdog ended the worker (tried). What is left from before a rebalance `still_owns` sorts.
        """
        return super().FlowControlQueue(maxsize, clear_on_resume=False)

    async def still_owns(self, event: faust.types.EventT[Any]) -> bool:
        """Tell, once no rebalance is under way, whether the partition of *event* is ours.

        An acknowledgement of another's would be taken for one of ours if it came back.
        """
        while self.rebalancing:  # noqa: ASYNC110 - Faust has a flag and no event for it
            await asyncio.sleep(_SETTLES_S)
        return event.message.tp in self.consumer.assignment()

    def give_up(self, error: BaseException) -> None:
        """Ask the service to end the process: what is in hand stays unacknowledged."""
        self.failed = self.failed or error
        self.failure.set()


def make_app(
    kafka: str, group: str, *, partitions: int, data_folder: Path, clock: Clock
) -> StreamsApp:
    """Return the app of consumer group *group*`-streams` on *kafka*, without an agent yet.

    Its tables' changelogs are `<group>-streams-<table>-changelog`, of *partitions*: declared by
    `topics apply` like every topic, never by the worker.
    """
    return StreamsApp(
        f"{group}-streams",
        clock=clock,
        broker=[f"kafka://{server.strip()}" for server in kafka.split(",")],
        datadir=str(data_folder),
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",  # schemas/ alone parses; tables are "json", and nothing is pickled
        processing_guarantee="at_least_once",  # its exactly_once sends outside the transaction
        topic_allow_declare=False,
        topic_disable_leader=True,  # the leader topic would have to be declared
        topic_partitions=partitions,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        # The embedded broker waits a whole rebalance timeout on each join.
        broker_session_timeout=6.0,
        broker_rebalance_timeout=3.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=1.0,
        stream_wait_empty=False,  # shutting down would wait for streams that never get empty
        stream_publish_on_commit=False,
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_max_request_size=2_000_000,
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
    )


def consume(app: StreamsApp, name: str, names: Sequence[str], handle: Handle) -> None:
    """Register agent *name*: *handle* is given every message of topics *names*, one by one.

    An event is acknowledged when *handle* returns. RejectRecordError makes it a dead letter, then
    acknowledges; RetryLaterError tries it again after a second; anything else ends the process
    with the event unacknowledged. Delivery is at least once: what *handle* sends needs ids that
    are the same the next time, and `await sent(...)`, or a crash may lose it.
    """

    async def agent(stream: faust.types.StreamT[Any]) -> None:
        # By itself a stream acknowledges an event also when it is cancelled in the midst of it,
        # as every stop does (tried: a record was lost).
        quiet: Any = stream.noack()  # type: ignore[attr-defined]  # its interface leaves it out
        async for event in quiet.events():
            if not await app.still_owns(event):
                continue  # of a time before a rebalance: another worker is given it
            await _handled(app, handle, event)
            if await app.still_owns(event):
                await quiet.ack(event)

    app.inputs.update(names)
    app.agent(app.topic(*names, key_serializer="raw", value_serializer="raw"), name=name)(agent)


async def sent(sending: Awaitable[Awaitable[_Sent]]) -> _Sent:
    """Wait until the brokers have acknowledged what `topic.send(...)` sends."""
    try:
        return await (await sending)
    except KafkaError as err:
        raise RetryLaterError(f"Kafka: {type(err).__name__}") from err


async def _handled(app: StreamsApp, handle: Handle, event: faust.types.EventT[Any]) -> None:
    """Return when *event* may be acknowledged; after a failure of ours, never."""
    refused: RejectRecordError | None = None
    while True:
        try:
            if refused is None:
                await handle(event)
            else:
                await _set_aside(app, event, refused)
        except RejectRecordError as err:
            refused = err
        except RetryLaterError as err:
            log.warning("retry_later", why=str(err), topic=event.message.topic)
            await asyncio.sleep(RETRY_S)
        except Exception as err:  # noqa: BLE001 - an agent that raises would have it acknowledged
            message = event.message
            where = f"{message.topic}/{message.partition}/{message.offset}"
            # Without the trace's values: whatever the record held stays out of the log.
            log.error("agent_failed", kind=type(err).__name__, where=where)  # noqa: TRY400
            app.give_up(err)
            await asyncio.Event().wait()
        else:
            return


async def _set_aside(
    app: StreamsApp, event: faust.types.EventT[Any], fault: RejectRecordError
) -> None:
    """Send the message of *event* to credit.dead-letters with *fault*, as contracts G says."""
    message = event.message
    raw = message.headers or []
    refused = Refused(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        header_list([*(raw.items() if isinstance(raw, Mapping) else raw)]),
    )
    letter = set_aside(refused, fault, at=app.clock_now())
    topic = app.topic(topics.DEAD_LETTERS, key_serializer="raw", value_serializer="raw")
    await sent(topic.send(key=letter.key, value=letter.value, partition=0, headers=letter.headers))
    metrics.DEAD_LETTERS.labels(letter.reason.value).inc()


class _CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust reads uncommitted unless it is `exactly_once`; ours reads what was committed."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Read when the consumer starts. aiokafka has no public way to set it afterwards.
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - as above; tested by aborting
        return consumer


class _CommittedConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> Any:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)


class _CommittedTransport(driver.Transport):
    Consumer = _CommittedConsumer
