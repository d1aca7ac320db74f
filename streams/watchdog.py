"""Does the worker get on? Judged by what the broker says, never by Faust's own book-keeping.

Faust's agents have been seen to stall without a word, and its offsets to move although a commit
failed. So: a partition of ours whose committed offset stands still while committed records lie
behind it is stalled, and a worker that is stalled must end: the next one starts where it stood.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from infra import metrics
from infra.health import Health
from infra.kafka import consumer_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

log = structlog.get_logger("streams.watchdog")

Place = tuple[str, int]  # topic and partition
PATIENCE_S = 60.0
LOOK_EVERY_S = 5.0
_ANSWER_S = 5.0


class Stand(NamedTuple):
    """How far one partition is: the group's committed offset, and the end of the log."""

    committed: int
    end: int


class Progress:
    """Remembers since when each partition has stood still with something behind it; no clock."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._seen: dict[Place, tuple[int, float]] = {}

    def stalled(self, stands: Mapping[Place, Stand], now_s: float) -> list[Place]:
        """Return the partitions of *stands* that have not moved for the patience, though behind.

        A partition that is not in *stands* (given to another worker) is forgotten.
        """
        seen: dict[Place, tuple[int, float]] = {}
        for place, stand in stands.items():
            offset, since_s = self._seen.get(place, (stand.committed, now_s))
            moved = offset != stand.committed or stand.committed >= stand.end
            seen[place] = (stand.committed, now_s if moved else since_s)
        self._seen = seen
        return [
            place for place, (_, since_s) in seen.items() if now_s - since_s >= self._patience_s
        ]

    def forgive(self, place: Place) -> None:
        """Begin to count anew for *place*: there was nothing to do but to pass markers."""
        self._seen.pop(place, None)


class BrokerView:
    """Asks the broker, as a client that never joins *group*."""

    def __init__(self, kafka: str, group: str) -> None:
        config = consumer_config(kafka, group, enable_partition_eof=True)
        self._client = Consumer(config)

    def stands(self, places: Iterable[Place]) -> dict[Place, Stand]:
        """Return how far each of *places* is. Raises: KafkaException if the broker is away."""
        wanted = [TopicPartition(topic, number) for topic, number in places]
        if not wanted:
            return {}
        found: dict[Place, Stand] = {}
        for part in self._client.committed(wanted, timeout=_ANSWER_S):
            low, end = self._client.get_watermark_offsets(part, timeout=_ANSWER_S)
            found[part.topic, part.partition] = Stand(max(part.offset, low), end)
        return found

    def has_record(self, place: Place, offset: int) -> bool:
        """Tell whether a committed record lies at or behind *offset*: markers alone are none."""
        self._client.assign([TopicPartition(*place, offset)])
        try:
            message = self._client.poll(_ANSWER_S)
            return message is not None and message.error() is None
        finally:
            self._client.unassign()

    def close(self) -> None:
        """Leave the broker."""
        self._client.close()


class Watchdog:
    """Looks every few seconds from a thread of its own; `live` and `ready` are for `/healthz`.

    *places* returns the partitions that this worker owns now, *bark* is called once, from the
    thread, with the words why, when one of them has stalled.
    """

    def __init__(
        self,
        view: BrokerView,
        *,
        places: Callable[[], Iterable[Place]],
        now_s: Callable[[], float],
        bark: Callable[[str], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._view, self._places, self._now_s, self._bark = view, places, now_s, bark
        self._progress = Progress(patience_s)
        self._ended = threading.Event()
        self._why: str | None = None
        self._owned = 0
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()

    def live(self) -> Health:
        """Tell whether every partition of this worker moves or has nothing to do."""
        return Health(ok=self._why is None, why=self._why or "moving")

    def ready(self) -> Health:
        """Tell whether partitions have been assigned and none is stalled."""
        if self._why is not None or not self._owned:
            return Health(ok=False, why=self._why or "no partitions yet")
        return Health(ok=True, why=f"{self._owned} partitions")

    def close(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join(2 * _ANSWER_S)
        if not self._thread.is_alive():
            self._view.close()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S) and self._why is None:
            try:
                self._look()
            except KafkaException as err:
                # A broker that is away is no stall: a restart would not bring it back.
                code = err.args[0].code() if err.args else KafkaError.UNKNOWN
                log.warning("broker_does_not_answer", code=code)

    def _look(self) -> None:
        places = [*self._places()]
        stands = self._view.stands(places)
        self._owned = len(places)
        _show(stands)
        for place in self._progress.stalled(stands, self._now_s()):
            if not self._view.has_record(place, stands[place].committed):
                self._progress.forgive(place)
                continue
            self._why = f"stalled: {place[0]}/{place[1]} at {stands[place].committed}"
            log.error("stalled", topic=place[0], partition=place[1])
            self._bark(self._why)
            return


def _show(stands: Mapping[Place, Stand]) -> None:
    lags: dict[str, int] = {}
    for (topic, _), stand in stands.items():
        lags[topic] = lags.get(topic, 0) + max(0, stand.end - stand.committed)
    for topic, lag in lags.items():
        metrics.LAG.labels(topic).set(lag)
    metrics.PARTITIONS_OWNED.set(len(stands))
