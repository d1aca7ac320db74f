"""The loop: poll, barrier, fold, commit, cache. One after the other for each organisation.

While one batch is committed, the next is polled, parsed, looked up and folded over what that one
learnt, and no more: its records go to Kafka behind those of the one before, and it is committed
after that one or not at all.

Two conditions only. Flowing: batches are decided. Halted: after an assignment, or any trouble, the
worker stays a member, restores its partitions from `credit.state` and flows again. Nothing is
mended in place: what was not committed is read again.
"""

import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import msgspec
import redis
import structlog
from confluent_kafka import KafkaException, Message, TopicPartition
from msgspec.structs import replace

from infra.clock import Clock
from schemas import topics
from schemas.errors import RetryLaterError, StopServiceError
from schemas.lean import PartitionState, encode
from schemas.state import BIRTH_KEY, POSITION_KEY
from schemas.times import legal_day
from streams.rules.catalogue import Catalogue
from streams.trigger.agreed_clock import AgreedClock
from streams.trigger.backlog import MOST_AT_ONCE, NOTHING, READ_AHEAD, SHARE, Backlog, Beside
from streams.trigger.batch import Batches
from streams.trigger.cache import CacheMovedError, StateCache
from streams.trigger.folded import Folded, Owned
from streams.trigger.follower import Follower
from streams.trigger.inputs import EventInputs, Polled
from streams.trigger.items import Part
from streams.trigger.moves import CachePosition, Changes, Move
from streams.trigger.offsets import Ends, LogEnds
from streams.trigger.restore import Interrupted, Restore, Restored
from streams.trigger.sweeps import Agenda
from streams.trigger.telemetry import Telemetry
from streams.trigger.transaction import Landed, Record, Transaction, Transactions
from streams.trigger.working import Recent

log = structlog.get_logger("trigger")

MOST_EVENTS = 5_000  # bounds a transaction well inside its timeout; batches below grow with load
IDLE_WAIT_S = 0.02
BARRIER_TIMEOUT_S = 30.0
# Small batches are committed before the next is polled: what arrives meanwhile then waits for one
# commit and not for two. Under load the overlap is worth more.
OVERLAP_FROM = 1_000
LOOK_EVERY_S = 5.0
_BESIDE = (topics.LISTS, topics.REVIEWS)  # read to their end before an event is decided
_RETRY_WAIT_S = 0.5
_REVOKE_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker works with; `check_cache` raises where Redis may throw keys away."""

    inputs: EventInputs
    lists: Follower
    states: Follower
    ends: LogEnds
    cache: StateCache
    transactions: Transactions
    batches: Batches
    check_cache: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Flight:
    """A batch on its way into Kafka: when it lands, where, and how long the commit took (s).

    Redis does not have it yet.
    """

    landing: "Future[tuple[dict[int, Landed], float]]"
    messages: list[Message]
    folded: Folded
    phases: dict[str, float]


class Worker:
    """One trigger worker. `run` returns when `stop` was called; all else is an error."""

    def __init__(
        self, parts: Parts, catalogue: Catalogue, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._inputs, self._lists, self._ends = parts.inputs, parts.lists, parts.ends
        self._cache, self._transactions = parts.cache, parts.transactions
        self._batches, self._check_cache = parts.batches, parts.check_cache
        self._catalogue, self._telemetry = catalogue, telemetry
        self._clock = AgreedClock(clock)
        self._restore = Restore(
            parts.cache,
            parts.ends,
            parts.states,
            meanwhile=self._still_ours,
            progress=telemetry.restoring,
        )
        self._owned: dict[int, Owned] = {}
        self._generation = -1
        self._catalogue_written = False
        self._stopping = False
        self._looked_s = 0.0
        self._last_size = 0
        self._slices_next = False
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._flights: deque[Flight] = deque()  # two, while the older one is settled
        self._recent = Recent()
        self._backlog = Backlog()
        self._first_lists: Ends | None = None
        parts.inputs.before_revoke = self._settle_before_revoke

    def stop(self) -> None:
        """End after the batch in hand; safe in a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped. Raises: StopServiceError."""
        try:
            while not self._stopping:
                self._step()
            self._settle()
            self._cache.drain()
        except (RetryLaterError, redis.RedisError, KafkaException) as trouble:
            # Not committed is not lost: whoever comes next reads it again.
            log.warning("stopped_before_commit", error=type(trouble).__name__)
        finally:
            self._pool.shutdown()
            self._inputs.close()
            self._lists.close()

    def _step(self) -> None:
        self._telemetry.turned()
        try:
            if not self._inputs.flowing:
                self._take_over()
            else:
                self._work()
                self._look_around()
        except (RetryLaterError, redis.RedisError, KafkaException) as trouble:
            self._halt(trouble)

    def _halt(self, trouble: Exception) -> None:
        """Drop the batch, stay a member, and let the next step restore what is ours."""
        wait([flight.landing for flight in self._flights])
        self._flights.clear()
        self._transactions.give_up()
        self._recent = Recent()
        self._cache.hang_up()
        self._inputs.halt()
        self._telemetry.halted(trouble)
        log.warning("halted", why=self._telemetry.ready().why)
        if not isinstance(trouble, CacheMovedError | Interrupted):
            time.sleep(_RETRY_WAIT_S)

    # Taking over

    def _take_over(self) -> None:
        self._settle()
        self._cache.drain()
        self._recent = Recent()
        self._inputs.keep_alive()
        if not self._inputs.owned:
            time.sleep(IDLE_WAIT_S)
            return
        if self._generation != self._inputs.generation:
            self._telemetry.assigned()
        self._generation = self._inputs.generation
        numbers = sorted(self._inputs.owned)
        self._telemetry.taking_over(numbers)
        self._transactions.take_over(numbers)
        self._still_ours()
        self._check_cache()
        restored = {number: self._restore.partition(number) for number in numbers}
        for found in restored.values():
            self._telemetry.restored(rebuilt=found.rebuilt)
        self._still_ours()
        self._owned = self._claim(restored)
        self._flow()
        self._telemetry.flowing(numbers)
        log.info("flowing", partitions=numbers)

    def _still_ours(self) -> None:
        """Keep the membership while waiting. Raises: Interrupted if the assignment changed."""
        self._inputs.keep_alive()
        if self._stopping or self._generation != self._inputs.generation:
            msg = "the assignment changed"
            raise Interrupted(msg)

    def _claim(self, restored: dict[int, Restored]) -> dict[int, Owned]:
        """Commit where we start from, and births of new logs; tells the broker's time as well."""
        beginnings = self._ends.beginnings(self._input_partitions(restored))
        logs = self._ends.topic_ids(self._input_topics())
        owned: dict[int, Owned] = {}
        births: list[Record] = []
        for number, found in restored.items():
            state = found.state or PartitionState({}, legal_day(self._clock.look()), {})
            _refuse_other_logs(state, logs)
            missing = {
                topic: offset
                for (topic, partition), offset in beginnings.items()
                if partition == number and topic not in state.inputs
            }
            state = replace(state, inputs=missing | state.inputs, logs=logs)
            agenda = Agenda(*self._cache.agenda(number, found.position))
            owned[number] = Owned(found.position, state, agenda)
            if found.is_new:
                birth = encode({"birth_id": found.position.birth_id})
                births.append((topics.STATE, number, BIRTH_KEY, birth, None))
        self._commit_positions(owned, births, new={n for n, r in restored.items() if r.is_new})
        return owned

    def _commit_positions(
        self, owned: dict[int, Owned], births: list[Record], *, new: Collection[int]
    ) -> None:
        """Commit where *owned* stands; the cache of *new* ones is begun, whatever it holds."""
        states = {number: each.state for number, each in owned.items()}
        # With offsets, though none moved: so a worker that lost its partitions is refused here too.
        offsets = [
            TopicPartition(topic, number, offset)
            for number, state in states.items()
            for topic, offset in state.inputs.items()
        ]
        transaction = self._begin()
        transaction.write(births)
        transaction.write_positions(_positions(states))
        landed = self._commit(transaction, offsets, self._inputs.metadata())
        moves = {}
        for number, each in owned.items():
            before = None if number in new else each.position
            after = self._after(each.position, landed[number])
            moves[number] = Move(before, after, each.state, Changes())
            each.position = after
        self._cache.write(moves)

    def _input_topics(self) -> tuple[str, ...]:
        return (*self._inputs.topics, *_BESIDE)

    def _input_partitions(self, numbers: dict[int, Any]) -> list[tuple[str, int]]:
        return [(topic, number) for topic in self._input_topics() for number in numbers]

    def _flow(self) -> None:
        events = {
            (topic, number): each.state.inputs[topic]
            for number, each in self._owned.items()
            for topic in self._inputs.topics
        }
        beside = {
            (topic, number): each.state.inputs[topic]
            for number, each in self._owned.items()
            for topic in _BESIDE
        }
        self._backlog = Backlog()
        self._lists.follow(beside)
        self._inputs.resume(events)
        is_first = any(not each.state.lists for each in self._owned.values())
        self._first_lists = self._ends.ask([*beside])() if is_first else None

    # Working

    def _work(self) -> None:
        if self._first_lists is not None:
            self._fold_first_lists(self._first_lists)
            return
        if self._last_size < OVERLAP_FROM and not self._owes():
            self._settle()
        if self._is_behind() or (self._slices_next and self._owes()):
            self._decide(Polled([], self._inputs.metadata()), NOTHING, {})
            return
        began = time.perf_counter()
        polled = self._inputs.poll(MOST_EVENTS, 0 if self._owes() else IDLE_WAIT_S)
        if self._generation != self._inputs.generation:
            self._telemetry.dropped("rebalance")
            return
        if not polled.messages:
            self._work_beside()
            return
        answer = self._ends.ask([(topic, number) for number in self._owned for topic in _BESIDE])
        polled_at = time.perf_counter()
        parts = self._batches.begin(polled.messages, self._owned)
        begun_at = time.perf_counter()
        ends = answer()
        for found in self._lists.read_to(
            ends, most=MOST_AT_ONCE, timeout_s=BARRIER_TIMEOUT_S, meanwhile=self._wait_for_lists
        ):
            self._backlog.add(found)
            if self._backlog.is_full:
                self._batches.drop()
                self._make_room(polled.metadata)
                parts = self._batches.begin(polled.messages, self._owned)
        phases = {"poll": polled_at - began, "barrier": time.perf_counter() - begun_at}
        phases["parse"] = begun_at - polled_at
        self._decide_begun(polled, parts, self._backlog.take(polled.messages), phases)

    def _wait_for_lists(self) -> None:
        self._telemetry.doing("waiting for the end of credit.lists and credit.reviews")

    def _work_beside(self) -> None:
        """Read ahead, or fold a share of what was read beside the events, while none wait."""
        if len(self._backlog) < READ_AHEAD:
            found = self._lists.take(READ_AHEAD)
            self._backlog.add(found)
            if len(found) > MOST_AT_ONCE:
                return  # a flood: what is read by now the next event need not wait for
        if self._backlog or self._owes():
            self._decide(Polled([], self._inputs.metadata()), self._backlog.take(), {})
        else:
            self._settle()

    def _make_room(self, metadata: Any) -> None:
        """Fold shares of what was read beside the events until more can be held."""
        while self._backlog.is_full:
            self._decide(Polled([], metadata), self._backlog.take(), {})

    def _fold_first_lists(self, ends: Ends) -> None:
        """Fold lists and reviews to the *ends* that they had at take-over, before any event.

        Where no list was ever published every event would be held, and decided again a moment
        later: nobody is served by going ahead of a city's first import.
        """
        self._settle()
        self._inputs.keep_alive()
        if not self._inputs.flowing:
            return
        self._backlog.add(self._lists.take(SHARE, IDLE_WAIT_S))
        if self._backlog or self._owes():
            self._decide(Polled([], self._inputs.metadata()), self._backlog.take(), {})
            read = sum(self._lists.position(*where) for where in ends)
            self._telemetry.folding_first_lists(read - len(self._backlog), sum(ends.values()))
        elif self._lists.has_reached(ends):
            self._first_lists = None
            self._telemetry.flowing(sorted(self._owned))

    def _owes(self) -> bool:
        """Tell whether running matters are to be decided again."""
        return any(each.agenda.owes(each.state) for each in self._owned.values())

    def _is_behind(self) -> bool:
        """Tell whether a day begins that some partition does not live in yet: before any event."""
        today = self._clock.day(self._clock.look())
        behind = any(each.state.day < today for each in self._owned.values())
        if behind:
            self._settle()
            self._inputs.keep_alive()
        return behind and self._inputs.flowing

    def _look_around(self) -> None:
        """Show lags, list ages and the day, and look whether Redis may throw keys away.

        Where our clock and the broker's differ it is asked for the time, or no day would ever pass.
        """
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        states = {number: each.state for number, each in self._owned.items()}
        self._telemetry.standings(states, self._clock.look())
        self._telemetry.clock(agrees=self._clock.agrees)
        if not self._clock.agrees:
            self._settle()
            self._inputs.keep_alive()
            if self._inputs.flowing:
                self._commit_positions(self._owned, [], new=())
        self._telemetry.lags(self._inputs.lags({n: s.inputs for n, s in states.items()}))
        self._check_cache()

    def _decide(self, polled: Polled, beside: Beside, phases: dict[str, float]) -> None:
        """Fold one batch, and leave its commit to run while the next one is polled and parsed."""
        parts = self._batches.begin(polled.messages, self._owned)
        self._decide_begun(polled, parts, beside, phases)

    def _decide_begun(
        self, polled: Polled, parts: list[Part], beside: Beside, phases: dict[str, float]
    ) -> None:
        """Fold one batch of which *parts* were checked and asked for.

        Messages and slices take turns, in batches of their own: a message then waits for one slice
        and not for two, the one that is on and the one that would be committed with it.
        """
        self._last_size = len(polled.messages) + len(beside)
        self._slices_next = self._last_size > 0
        self._telemetry.doing("waiting for Redis")
        parsed = self._batches.finish(parts, beside, self._owned)
        # What landed goes to Redis now, which writes while this batch is folded, and has done so
        # when the next one asks.
        if parsed.asks_for_more or all(flight.landing.done() for flight in self._flights):
            self._settle()
        now = self._clock.look()
        transaction = self._begin()
        self._telemetry.doing(f"deciding a batch{' behind a commit' if self._flights else ''}")
        folded = self._batches.fold(
            parsed,
            self._owned,
            self._recent,
            at=now,
            today=self._clock.day(now),
            sink=transaction.write,
        )
        offsets = [
            TopicPartition(topic, number, offset)
            for number, state in folded.states.items()
            for topic, offset in state.inputs.items()
            if self._owned[number].state.inputs.get(topic) != offset
        ]
        producing = time.perf_counter()
        folded.outbox.hand_on()
        transaction.write_positions(_positions(folded.states))
        for phase, took_s in folded.phases.items():
            phases[phase] = phases.get(phase, 0) + took_s
        phases["produce"] = time.perf_counter() - producing
        landing = self._pool.submit(self._commit_timed, transaction, offsets, polled.metadata)
        self._flights.append(Flight(landing, polled.messages, folded, phases))
        self._go_on_from(folded)
        self._settle(but=1)

    def _go_on_from(self, folded: Folded) -> None:
        """Let the next batch be folded over this one, which is on its way."""
        for number, state in folded.states.items():
            position = self._owned[number].position
            self._owned[number] = Owned(position, state, folded.agendas[number])
        self._recent = folded.recent

    def _commit_timed(
        self, transaction: Transaction, offsets: list[TopicPartition], metadata: Any
    ) -> tuple[dict[int, Landed], float]:
        """Commit one batch; the only thing that ever runs beside the loop."""
        committing = time.perf_counter()
        return self._commit(transaction, offsets, metadata), time.perf_counter() - committing

    def _settle(self, but: int = 0) -> None:
        """Wait until the batches in flight are committed, *but* the newest, and send them to Redis.

        Raises: what the commit raised. Redis is not waited for: whether it took a batch shows
        before the next but one is folded.
        """
        while len(self._flights) > but:
            flown = self._flights.popleft()
            self._telemetry.doing("waiting for a commit")
            landed, flown.phases["commit"] = flown.landing.result()
            caching = time.perf_counter()
            self._cache.send(self._moves(flown.folded, landed))
            flown.phases["redis_write"] = time.perf_counter() - caching
            self._telemetry.batch(flown.messages, flown.folded, flown.phases, self._clock.look())

    def _settle_before_revoke(self) -> None:
        """Let the batch in flight land while the group still counts us in."""
        wait([flight.landing for flight in self._flights], timeout=_REVOKE_WAIT_S)

    def _begin(self) -> Transaction:
        """Open a transaction; the first one says which catalogue its decisions rest on."""
        transaction = self._transactions.begin()
        if not self._catalogue_written:
            transaction.write([self._catalogue_record()])
        return transaction

    def _commit(
        self,
        transaction: Transaction,
        offsets: list[TopicPartition],
        metadata: Any,  # confluent's opaque group metadata
    ) -> dict[int, Landed]:
        landed = transaction.commit(offsets, metadata)
        self._catalogue_written = True
        self._compare_clocks(landed)
        return landed

    def _catalogue_record(self) -> Record:
        whole = {"version": self._catalogue.version, "files": dict(self._catalogue.files)}
        key = self._catalogue.version.encode()
        return (topics.CATALOGUES, 0, key, msgspec.json.encode(whole), None)

    def _moves(self, folded: Folded, landed: dict[int, Landed]) -> dict[int, Move]:
        """Return the steps of a batch that landed; what Redis stands at moves with them."""
        moves = {}
        for number, state in folded.states.items():
            owned = self._owned[number]
            after = self._after(owned.position, landed[number])
            moves[number] = Move(owned.position, after, state, folded.changes[number])
            owned.position = after
        return moves

    def _after(self, position: CachePosition, landed: Landed) -> CachePosition:
        return replace(position, offset=landed.offset + 1, at=time.time())

    def _compare_clocks(self, landed: dict[int, Landed]) -> None:
        """Let days pass only while the broker's clock says the same as ours."""
        stamps = [each.appended_ms for each in landed.values() if each.appended_ms is not None]
        if stamps:
            self._clock.compare(max(stamps))
            self._telemetry.clock(agrees=self._clock.agrees)


def _positions(states: dict[int, PartitionState]) -> list[Record]:
    return [
        (topics.STATE, number, POSITION_KEY, encode(state), None)
        for number, state in states.items()
    ]


def _refuse_other_logs(state: PartitionState, logs: dict[str, str]) -> None:
    """Stop where a topic was made anew: our position counts messages that are gone."""
    for topic, log_id in logs.items():
        if state.logs.get(topic, log_id) != log_id:
            msg = (
                f"{topic}: made anew since it was read, and our position is of the log before."
                " Nothing is skipped: restore the topic from a copy"
            )
            raise StopServiceError(msg)
