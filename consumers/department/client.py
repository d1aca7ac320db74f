"""The department's client: read on from the journal's place, combine, hand over, keep the place."""

from collections.abc import Callable
from typing import Any

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from consumers.alert_place import Place, resume
from consumers.department.answer import Answer, read_answer
from consumers.department.consortium import Standing, bid_of, standing, with_decision
from consumers.department.handing import Handed, Way
from consumers.department.journal import Journal
from consumers.department.receipts import ReceiptSender
from infra.topic_log import TopicLog, find_log
from schemas.errors import RejectRecordError, RetryLaterError, StopServiceError
from schemas.topics import ANSWERS_PREFIX

log = structlog.get_logger("department")

# Answers lie on their topic for 30 days, and the trigger knows an event again for 400: as long as a
# matter may be decided again, its bid is known here, too.
KEEP_DAYS, FEWEST_KEEP_DAYS = 400, 60
_DAY_MS = 24 * 60 * 60 * 1000
_POLL_S = 0.2  # how soon a stop is heard
_LONGEST_PAUSE_S = 30.0


class DepartmentClient:
    """Hands each answer of *department* to *way* once (see `handing` for what that means).

    Only the newest of each decision and action is handed over: one that arrives behind a newer
    `sequence` or `revision`, as after a replay of dead letters, is left out. One process at a time
    uses a journal, which forgets what answers told more than *keep_days* before the newest.
    """

    def __init__(
        self,
        bootstrap: str,
        department: str,
        journal: Journal,
        way: Way,
        *,
        keep_days: int = KEEP_DAYS,
    ) -> None:
        self._bootstrap, self._topic = bootstrap, ANSWERS_PREFIX + department
        self._journal, self._way = journal, way
        self._receipts = ReceiptSender(bootstrap, journal)
        self._keep, self._pruned_day = keep_days, 0

    def run(
        self, pause: Callable[[float], bool], *, once: bool = False, from_earliest: bool = False
    ) -> int:
        """Work until told to stop, or with *once* up to the end of now; return how many it handed.

        *pause* waits that many seconds and tells whether to stop. *from_earliest*: read all that is
        there again; what was acted on stays so.
        Raises: StopServiceError if it cannot go on, or if answers are gone that nobody has read.
        """
        self._journal.take_alone()
        self._way.recover(self._journal)
        for key, number in self._journal.in_doubt():
            log.warning("in_doubt", key=key, number=number)
        found = find_log(self._bootstrap, self._topic)
        positions = self._start(found, from_earliest=from_earliest)
        consumer = self._consumer(positions)
        try:
            return self._loop(consumer, found, positions, pause, once=once)
        except OffsetOutOfRangeError as err:
            raise _answers_gone(self._topic) from err
        finally:
            consumer.close()
            self._receipts.close()

    def _loop(
        self,
        consumer: Any,
        found: TopicLog,
        positions: dict[int, int],
        pause: Callable[[float], bool],
        *,
        once: bool,
    ) -> int:
        handed = 0
        while not pause(0.0):
            self._send_receipts()
            try:
                came = consumer.poll(timeout_ms=int(_POLL_S * 1000))
            except OffsetOutOfRangeError:
                raise
            except KafkaError as err:
                log.warning("kafka_away", error=type(err).__name__)
                pause(1.0)
                continue
            for place, messages in came.items():
                for message in messages:
                    answer = self._read(message)
                    if answer is not None and self._to_be_handed(answer):
                        if not self._hand_over(answer, pause):
                            return handed  # told to stop in between: it comes again
                        handed += 1
                    self._prune(message, answer)
                    positions[place.partition] = message.offset + 1
                self._journal.keep_place(Place(found.topic_id, dict(positions)))
            if once and not came and self._at_end(consumer, found):
                break
        return handed

    def _hand_over(self, answer: Answer, pause: Callable[[float], bool]) -> bool:
        """Hand over until it is done; False if told to stop before that."""
        told = Handed(answer, self._standing(answer))
        wait_s = 0.5
        while True:
            try:
                self._way.hand_over(told, self._journal)
            except RetryLaterError as err:
                log.warning("not_accepted", answer=told.name, detail=str(err), again_in_s=wait_s)
                if pause(wait_s):
                    return False
                wait_s = min(2 * wait_s, _LONGEST_PAUSE_S)
            else:
                return True

    def _standing(self, answer: Answer) -> Standing | None:
        if answer.decision is None:
            return None
        name = bid_of(answer.decision)
        bid = with_decision(self._journal.bid(name), answer.subject, answer.decision)
        if bid.members or answer.decision.consortium_of is not None:
            self._journal.keep_bid(name, bid, answer.told_ms)
        return standing(bid)

    def _to_be_handed(self, answer: Answer) -> bool:
        if not self._journal.is_new(answer.key, answer.number):
            return False
        if not self._journal.may_be_forgotten(answer.key, answer.told_ms):
            return True
        # Dispatch told all of it again, from topics that are kept for ever. Acted on long ago and
        # forgotten, or never seen: nobody here can say, so it is as one that was cut off.
        self._journal.note(answer.key, answer.number, "begun", answer.told_ms)
        log.warning("in_doubt", key=answer.key, number=answer.number, older_than_days=self._keep)
        return False

    def _prune(self, message: Any, answer: Answer | None) -> None:
        """Once for each day that answers come to, forget what is older than is kept.

        No clock of this machine has a say, and the answer's time none that the broker's does not
        confirm: a clock that jumped must not empty the journal.
        """
        if answer is None or answer.told_ms is None:
            return
        day = min(answer.told_ms, message.timestamp) // _DAY_MS
        if day > self._pruned_day:
            self._pruned_day = day
            forgotten = self._journal.prune((day - self._keep) * _DAY_MS)
            if forgotten:
                log.info("pruned", rows=forgotten, older_than_days=self._keep)

    def _read(self, message: Any) -> Answer | None:
        try:
            return read_answer(message.value)
        except RejectRecordError:
            # Only dispatch may write here, so there is nobody to send it back to.
            log.warning("not_an_answer", offset=message.offset)
            return None

    def _send_receipts(self) -> None:
        try:
            self._receipts.send()
        except RetryLaterError as err:
            log.warning("receipts_wait", detail=str(err))

    def _start(self, found: TopicLog, *, from_earliest: bool) -> dict[int, int]:
        kept = self._journal.place()
        if kept is None or from_earliest:
            return dict(found.starts)
        start = resume(kept, found)
        if start.lost == "retention":
            raise _answers_gone(self._topic)
        if start.lost is not None:
            log.warning("another_log", topic=self._topic)
        return dict(start.positions)

    def _consumer(self, positions: dict[int, int]) -> Any:
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","),
            isolation_level="read_committed",
            enable_auto_commit=False,  # the place is in the journal, beside what was done
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            fetch_max_wait_ms=100,
        )
        places = {TopicPartition(self._topic, p): offset for p, offset in positions.items()}
        consumer.assign(list(places))
        for place, offset in places.items():
            consumer.seek(place, offset)
        return consumer

    def _at_end(self, consumer: Any, found: TopicLog) -> bool:
        return all(
            consumer.position(TopicPartition(self._topic, p)) >= end
            for p, end in found.ends.items()
        )


def _answers_gone(topic: str) -> StopServiceError:
    return StopServiceError(
        f"{topic}: 有答复未读已过保存期 (30 天) / answers were deleted (30 days) before they were "
        "read: 请向信用办核对, 然后用 --from-earliest 继续 / ask the credit office what they were, "
        "then go on with --from-earliest"
    )
