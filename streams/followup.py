"""Follow-up: waits for the receipt of every action, and tells departments what they still owe.

It also follows the entries of focus lists, whose term is one for putting things right.

A message is folded into the table of organisations and acknowledged when the changelog has it.
Nothing is told then, but in ticks: of organisations that were touched, and of those whose day has
come. So whatever order messages come in, what is told follows from what is known on a day.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog
from faust.types import TP

from infra import metrics
from schemas import followed, topics
from schemas.cloudevent import CONTENT_TYPE
from schemas.errors import RetryLaterError
from schemas.lean import encode
from schemas.times import legal_day
from streams.app import consume, sent
from streams.catalogue_in_force import load_catalogue
from streams.due_index import DueIndex
from streams.followup_intake import read
from streams.organisation_table import OrganisationTable
from streams.rules import following
from streams.rules.following import NOTHING, Telling
from streams.rules.reminders import cleared, raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    import faust

    from infra.settings import Settings
    from schemas.followed import Followed
    from schemas.lean import AlertData, Outgoing
    from streams.app import StreamsApp
    from streams.rules.duty import Law

log = structlog.get_logger("followup")

TABLE = "followup"
TICK_S = 1.0
_INPUTS = (topics.ACTIONS, topics.RECEIPTS, topics.LISTS)
_SLICE = 500  # organisations told of at a time: the loop has to serve messages meanwhile
# A worker that reads history meets actions long before their receipts: it would raise thousands of
# alerts only to clear them. So it is silent while that many messages lie before it and it moves.
_BEHIND = 1000
_STANDS_AFTER_S = 10.0
_HEADERS = {"content-type": CONTENT_TYPE.encode()}


def register(app: StreamsApp, settings: Settings) -> None:
    """Add follow-up to *app*. Raises: StopServiceError where the catalogue has faults."""
    FollowUp(app, load_catalogue(settings), settings.partitions)


class FollowUp:
    """The agent, its table, and the index of what is due; *law* is the catalogue in force."""

    def __init__(self, app: StreamsApp, law: Law, partitions: int) -> None:
        self._app, self._law, self._partitions = app, law, partitions
        self._table = OrganisationTable(app, TABLE, partitions=partitions, join=_joined)
        self._alerts = app.topic(topics.ALERTS, key_serializer="raw", value_serializer="raw")
        self._index = DueIndex()
        self._touched: set[bytes] = set()
        self._handled: dict[TP, tuple[int, float]] = {}  # next offset, and when it was reached
        self._recovered_s = time.monotonic()
        self._table.on_recover(self._recovered)
        consume(app, TABLE, _INPUTS, self._fold)
        app.timer(TICK_S, name=TABLE)(self._tick)

    async def _recovered(self) -> None:
        """Look at every organisation once: nobody knows what became of it in the meantime."""
        self._index = DueIndex()
        self._touched = set(self._table.held)
        self._handled.clear()
        self._recovered_s = time.monotonic()
        log.info("recovered", organisations=len(self._touched))

    async def _fold(self, event: faust.types.EventT[Any]) -> None:
        message = event.message
        self._handled[message.tp] = message.offset + 1, time.monotonic()
        taken = read(message, self._law, self._partitions)
        if taken is None:
            return
        subject, fold = taken
        key = subject.encode()
        before = self._known(key)
        after = fold(before)
        if after is not before:
            self._touched.add(key)
            await self._table.put(key, followed.encode(after))

    async def _tick(self) -> None:
        """Tell what is due now; whatever fails is tried again by the next tick."""
        if self._app.rebalancing or not self._app.rebalancing_count:
            return
        try:
            await self.tell(self._app.clock_now())
        except RetryLaterError as err:
            log.warning("retry_later", why=str(err))
        except Exception as err:  # noqa: BLE001 - a timer that raises ends without a word
            log.error("tick_failed", kind=type(err).__name__)  # noqa: TRY400 - no values
            self._app.give_up(err)

    async def tell(self, now: datetime) -> None:
        """Raise and clear what follows, at *now*, from what is known."""
        day = legal_day(now)
        wanted = self._touched.union(self._index.due(day))
        speaking = {p for p in self._owned() if not self._is_behind(p)} if wanted else set()
        keys = sorted(key for key in wanted if self._table.partition_of(key) in speaking)
        for start in range(0, len(keys), _SLICE):
            if self._app.rebalancing:
                return
            await self._tell(keys[start : start + _SLICE], day, now)
            await asyncio.sleep(0)  # messages have their turn also where nothing was to be told

    async def _tell(self, keys: Sequence[bytes], day: date, now: datetime) -> None:
        said: dict[bytes, Telling] = {}
        messages: list[Outgoing[AlertData]] = []
        writes = []
        for key in keys:
            before = self._known(key)
            known = following.without_ended(before, self._law, day)
            telling = following.to_tell(known, self._law, day, now)
            if telling.raised or telling.cleared:
                said[key] = telling
                messages += self._messages(key.decode(), known, telling, now)
                known = following.telling(known, telling)
            if known is not before or key in self._table.mended:
                writes.append(self._put(key, known))
            self._touched.discard(key)
            self._index.put(key, following.next_look(known, self._law, day))
        try:
            # The intent first: whoever takes over then knows what was perhaps told.
            await asyncio.gather(*writes)
            await asyncio.gather(*map(self._send, messages))
        except BaseException:
            self._touched.update(keys)
            raise
        # An organisation that went to another worker meanwhile is no longer held: it will say it
        # again. While that is being decided, nothing is known of it.
        if not self._app.rebalancing:
            mine = {key: each for key, each in said.items() if key in self._table.held}
            await asyncio.gather(
                *(self._put(k, following.told(self._known(k), each)) for k, each in mine.items())
            )

    def _messages(
        self, subject: str, known: Followed, telling: Telling, now: datetime
    ) -> Iterator[Outgoing[AlertData]]:
        for alert_id, told in telling.raised.items():
            yield raised(subject, alert_id, told, known, self._law)
        for alert_id, told in telling.cleared.items():
            yield cleared(raised(subject, alert_id, told, known, self._law), now)

    async def _send(self, message: Outgoing[AlertData]) -> None:
        key, value = message.data.department.encode(), encode(message)
        await sent(self._alerts.send(key=key, value=value, partition=0, headers=_HEADERS))
        metrics.ALERTS.labels(message.data.kind).inc()

    def _known(self, key: bytes) -> Followed:
        raw = self._table.held.get(key)
        return NOTHING if raw is None else followed.decode(raw)

    def _put(self, key: bytes, known: Followed) -> Any:
        return self._table.put(key, None if known == NOTHING else followed.encode(known))

    def _owned(self) -> Iterable[int]:
        return {tp.partition for tp in self._app.consumer.assignment() if tp.topic in _INPUTS}

    def _is_behind(self, partition: int) -> bool:
        consumer: Any = self._app.consumer
        now_s = time.monotonic()
        for topic in _INPUTS:
            tp = TP(topic, partition)
            # Faust's own book-keeping serves where nothing was handled since the assignment.
            read = consumer._read_offset.get(tp) or 0  # noqa: SLF001 - as above
            handled, moved_s = self._handled.get(tp, (read, self._recovered_s))
            end = consumer.highwater(tp)
            # What was aborted counts in the end, and nobody will ever be given it.
            moves = now_s - moved_s < _STANDS_AFTER_S
            if moves and (end is None or end - handled > _BEHIND):
                return True
        return False


def _joined(earlier: bytes, later: bytes) -> bytes:
    return followed.encode(following.joined(followed.decode(earlier), followed.decode(later)))
