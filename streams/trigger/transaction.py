"""One Kafka transaction a batch: decisions, actions, state and input offsets, or none of them."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from infra.kafka import producer_config
from schemas.errors import RetryLaterError

# The broker aborts what a dead worker left open after this long, if nobody takes over before.
TRANSACTION_TIMEOUT_MS = 15_000
_INIT_TIMEOUT_S = 30.0
# Longer than a broker's fail-over (3-6 s). librdkafka 2.16 waits for ever for a coordinator that
# died while it was sent the offsets, whatever limit it is given; after this long the broker has
# given the transaction up, and so do we.
_COMMIT_TIMEOUT_S = 15.0


_TURNS = ("", "-2")  # what the ids of a partition's two producers end with
# One message to write: topic, partition, key, value, headers. A plain tuple: there are two for
# every event.
Record = tuple[str, int, bytes | None, bytes | None, list[tuple[str, str | bytes | None]] | None]


class Landed(NamedTuple):
    """Where a partition's position record came to lie, and the broker's append time (ms).

    `appended_ms` is None where the topic keeps the producer's times.
    """

    offset: int
    appended_ms: int | None


class Transactions:
    """The two producers of one worker, used in turn.

    A transaction that one producer begins right behind its last meets that one's end, and waits 20
    ms for it. `transactional.id` is group + lowest owned partition, and the same with `-2`.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._producers: list[Producer] = []  # the one in use first
        self._landed: dict[int, Landed] = {}
        self._is_open = False

    def take_over(self, partitions: Iterable[int]) -> None:
        """Become the only writer of *partitions*.

        Initialises the ids of all of them, not ours alone: that aborts at once whatever a dead
        worker left open. Raises: RetryLaterError.
        """
        ids = [f"{self._group}-{p}{turn}" for p in sorted(partitions) for turn in _TURNS]
        self.forget()
        try:
            with ThreadPoolExecutor(max_workers=8) as pool:
                producers = list(pool.map(self._initialised, ids))
        except KafkaException as err:
            msg = "cannot become the writer of the owned partitions; trying again"
            raise RetryLaterError(msg) from err
        self._producers = producers[: len(_TURNS)]

    def forget(self) -> None:
        """Drop the producers; whatever they had open is aborted by the next take-over."""
        self._producers = []

    def begin(self) -> None:
        """Open a transaction. Raises: RetryLaterError when the batch must be dropped."""
        self._producers.reverse()
        producer = self._writer()
        self._landed = {}
        self._do(producer, producer.begin_transaction)
        self._is_open = True

    def write(self, records: Iterable[Record]) -> None:
        """Hand *records* to the open transaction; they are sent while more is made.

        Raises: RetryLaterError when the batch must be dropped.
        """
        producer = self._writer()

        def produce() -> None:
            for topic, partition, key, value, headers in records:
                while True:
                    try:
                        if headers is None:  # half the time of a call that names headers
                            producer.produce(topic, value, key, partition)
                        else:
                            producer.produce(topic, value, key, partition, headers=headers)
                    except BufferError:
                        producer.poll(0.05)
                    else:
                        break

        self._do(producer, produce)

    def write_positions(self, positions: Iterable[Record]) -> None:
        """Hand the *positions* to the open transaction, last; `commit` says where they lie.

        Raises: RetryLaterError when the batch must be dropped.
        """
        producer = self._writer()

        def produce() -> None:
            for topic, partition, key, value, _ in positions:
                producer.produce(topic, value, key, partition, on_delivery=self._note)

        self._do(producer, produce)

    def give_up(self) -> None:
        """Abort what is open and not on its way into Kafka: the batch will be decided again."""
        if self._is_open and self._producers:
            self._abort(self._producers[0])
        self._is_open = False

    def commit(self, offsets: list[TopicPartition], metadata: Any) -> dict[int, Landed]:
        """Commit what was written since `begin`, with the input offsets; say where positions lie.

        *metadata*: the group's, as of the poll of this batch: after a rebalance it is refused.
        Raises: RetryLaterError when nothing was written and the batch must be dropped.
        """
        producer = self._writer()
        self._is_open = False

        def commit() -> None:
            if offsets:
                producer.send_offsets_to_transaction(offsets, metadata, _COMMIT_TIMEOUT_S)
            producer.flush(_COMMIT_TIMEOUT_S)
            producer.commit_transaction(_COMMIT_TIMEOUT_S)

        self._do(producer, lambda: _in_time(commit))
        return self._landed

    def _do(self, producer: Producer, step: Callable[[], None]) -> None:
        """Take a *step* of the transaction. Raises: RetryLaterError, with the producers dropped."""
        try:
            _as_exceptions(step)
        except _OutOfTimeError as err:
            self.forget()  # and leave it be: whoever calls it now may wait as long
            msg = f"no commit within {_COMMIT_TIMEOUT_S:.0f} s; the batch will be decided again"
            raise RetryLaterError(msg) from err
        except KafkaException as err:
            self._abort(producer)
            msg = f"the batch was not committed ({err.args[0].name()}); it will be decided again"
            raise RetryLaterError(msg) from err

    def _writer(self) -> Producer:
        if not self._producers:
            msg = "no longer the writer of these partitions"
            raise RetryLaterError(msg)
        return self._producers[0]

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            kind, stamp = message.timestamp()
            appended = stamp if kind == _LOG_APPEND_TIME else None
            where = int(message.partition() or 0)
            self._landed[where] = Landed(int(message.offset() or 0), appended)

    def _abort(self, producer: Producer) -> None:
        """End the transaction; its producer is dropped, the take-over makes new ones."""
        self.forget()
        with contextlib.suppress(KafkaException):
            _as_exceptions(lambda: producer.abort_transaction(10))

    def _initialised(self, transactional_id: str) -> Producer:
        producer = Producer(
            producer_config(
                self._bootstrap,
                transactional_id=transactional_id,
                transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
                retry_backoff_ms=5,  # where a transaction still meets an end: wait briefly
                linger_ms=5,
                batch_num_messages=100_000,
                queue_buffering_max_messages=1_000_000,
                queue_buffering_max_kbytes=1_000_000,
            )
        )
        _as_exceptions(lambda: producer.init_transactions(_INIT_TIMEOUT_S))
        return producer


class _OutOfTimeError(Exception):
    """A call of librdkafka did not come back."""


def _in_time(step: Callable[[], None]) -> None:
    """Take *step* in a thread that is left alone with it if it does not come back in time."""
    raised: list[BaseException] = []

    def take() -> None:
        try:
            _as_exceptions(step)
        except BaseException as err:  # noqa: BLE001  # raised where it is waited for
            raised.append(err)

    thread = threading.Thread(target=take, name="commit-step", daemon=True)
    thread.start()
    thread.join(_COMMIT_TIMEOUT_S)
    if thread.is_alive():
        raise _OutOfTimeError
    if raised:
        raise raised[0]


def _as_exceptions(call: Callable[[], None]) -> None:
    """Call, so that whatever goes wrong is an exception. Raises: KafkaException.

    Where our logger runs while a fatal error is on its way, confluent-kafka 2.16 throws the
    KafkaError itself, which is none: a pool would lose it and its caller wait for ever. Nothing may
    be raised where it is caught either, hence the flag. And where a call returns with the
    KafkaException of a callback set beside its result, Python says SystemError.
    """
    thrown = False
    try:
        call()
    except SystemError as err:
        if not isinstance(err.__cause__, KafkaException):
            raise
        raise KafkaException(*err.__cause__.args) from err
    except BaseException:
        raise
    except:  # noqa: E722
        thrown = True
    if thrown:
        raise KafkaException(KafkaError(KafkaError._FENCED))  # noqa: SLF001


_LOG_APPEND_TIME = 2
