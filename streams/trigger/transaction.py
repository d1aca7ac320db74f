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


class Transaction:
    """What one batch writes, or nothing of it.

    Every method but `abort` may raise RetryLaterError: then nothing was written, and the batch must
    be dropped. *behind*: the one before, on its way into Kafka: this one's records lie behind all
    of its records, and it is not committed unless that one was.
    """

    def __init__(
        self, producer: Producer, behind: "Transaction | None", forget: Callable[[], None]
    ) -> None:
        self._producer = producer
        self._behind = behind
        self._forget = forget
        self._landed: dict[int, Landed] = {}
        self._sent = threading.Event()  # all of it is in the log, or never will be
        self._ended = threading.Event()
        self._failed = False
        self.is_open = True
        self._do(producer.begin_transaction)

    def write(self, records: Iterable[Record]) -> None:
        """Add *records*; they are sent while more is made."""
        if self._behind is not None:
            self._behind.wait_until_sent()

        def produce() -> None:
            add = self._producer.produce  # two for every event
            for topic, partition, key, value, headers in records:
                while True:
                    try:
                        if headers is None:
                            add(topic, value, key, partition)
                        else:  # by their place: to name them costs a quarter more
                            add(topic, value, key, partition, None, None, 0, headers)
                    except BufferError:
                        self._producer.poll(0.05)
                    else:
                        break

        self._do(produce)

    def write_positions(self, positions: Iterable[Record]) -> None:
        """Add the *positions*, last; `commit` says where they lie."""
        if self._behind is not None:
            self._behind.wait_until_sent()

        def produce() -> None:
            for topic, partition, key, value, _ in positions:
                self._producer.produce(topic, value, key, partition, on_delivery=self._note)

        self._do(produce)

    def commit(self, offsets: list[TopicPartition], metadata: Any) -> dict[int, Landed]:
        """Commit what was written, with the input offsets; say where positions lie.

        *metadata*: the group's, as of the poll of this batch: after a rebalance it is refused.
        """
        self.is_open = False

        def commit() -> None:
            if offsets:
                self._producer.send_offsets_to_transaction(offsets, metadata, _COMMIT_TIMEOUT_S)
            if self._producer.flush(_COMMIT_TIMEOUT_S):
                raise _OutOfTimeError
            self._sent.set()
            self._producer.commit_transaction(_COMMIT_TIMEOUT_S)

        try:
            if self._behind is not None:
                self._behind.wait_for_the_end()
                self._behind = None  # or each would keep all before it
            self._do(lambda: _in_time(commit))
        except BaseException:
            self._failed = True
            raise
        finally:
            self._end()
        return self._landed

    def abort(self) -> None:
        """End it, as if nothing was written; whatever cannot be ended the next take-over ends."""
        self.is_open = False
        self._failed = True
        self._forget()
        with contextlib.suppress(KafkaException):
            _as_exceptions(lambda: self._producer.abort_transaction(10))
        self._end()

    def wait_until_sent(self) -> None:
        """Wait until all of it is in the log."""
        self._wait(self._sent)

    def wait_for_the_end(self) -> None:
        """Wait until it is committed."""
        self._wait(self._ended)

    def _wait(self, event: threading.Event) -> None:
        if not event.wait(2 * _COMMIT_TIMEOUT_S) or self._failed:
            msg = "the batch before was not committed; both will be decided again"
            raise RetryLaterError(msg)

    def _end(self) -> None:
        self._sent.set()
        self._ended.set()

    def _do(self, step: Callable[[], None]) -> None:
        """Take a *step* of the transaction."""
        try:
            _as_exceptions(step)
        except _OutOfTimeError as err:
            self._forget()  # and leave it be: whoever calls it now may wait as long
            msg = f"no commit within {_COMMIT_TIMEOUT_S:.0f} s; the batch will be decided again"
            raise RetryLaterError(msg) from err
        except KafkaException as err:
            self.abort()
            msg = f"the batch was not committed ({err.args[0].name()}); it will be decided again"
            raise RetryLaterError(msg) from err

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            kind, stamp = message.timestamp()
            appended = stamp if kind == _LOG_APPEND_TIME else None
            where = int(message.partition() or 0)
            self._landed[where] = Landed(int(message.offset() or 0), appended)


class Transactions:
    """The two producers of one worker, used in turn: one commits while the next batch is folded.

    And a transaction that a producer begins right behind its last one meets that one's end, and
    waits 20 ms for it. `transactional.id` is group + lowest owned partition, and that with `-2`.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._producers: list[Producer] = []  # whose turn it is stands last
        self._last: Transaction | None = None

    def take_over(self, partitions: Iterable[int]) -> None:
        """Become the only writer of *partitions*.

        Initialises the ids of all of them, not ours alone: that aborts at once whatever a dead
        worker left open. Raises: RetryLaterError.
        """
        ids = [f"{self._group}-{p}{turn}" for p in sorted(partitions) for turn in _TURNS]
        self.forget()
        self._last = None
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

    def begin(self) -> Transaction:
        """Open a transaction. The last but one must have been committed, or have failed.

        Raises: RetryLaterError when the batch must be dropped.
        """
        if not self._producers:
            msg = "no longer the writer of these partitions"
            raise RetryLaterError(msg)
        self._producers.reverse()
        behind, self._last = self._last, None
        self._last = Transaction(self._producers[-1], behind, self.forget)
        return self._last

    def give_up(self) -> None:
        """Abort what is open and not on its way into Kafka: the batch will be decided again."""
        last, self._last = self._last, None
        if last is not None and last.is_open:
            last.abort()

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
