"""`credit.feedback`: what was published, and publishing what was not, exactly once.

Whoever publishes has first made himself the only writer (one transactional id for all of a
group), then read the topic to its end. So nothing is published twice, whoever died or woke up
again meanwhile, and the reports of one period appear together or not at all.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import structlog
from confluent_kafka import KafkaException, Producer
from pydantic import ValidationError

from infra.kafka import producer_config
from schemas import topics
from schemas.cloudevent import CONTENT_TYPE
from schemas.errors import RetryLaterError, StopServiceError
from schemas.feedback import Feedback
from streams.reporting.log_reader import LogReader, ends_of, logs_of, start_of
from streams.reporting.report_message import numbers_of, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from confluent_kafka import Message

    from schemas.feedback import FeedbackData
    from streams.rules.periods import Period, Span

log = structlog.get_logger("streams.feedback")

HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE.encode())]
_ANSWER_S = 30.0
_PATIENCE_S = 30.0  # longer than the 15 s after which a broker aborts a stranger's transaction
_AT_ONCE = 1_000


class Published(NamedTuple):
    """The newest revision of one report; `data` where it was asked to be kept."""

    revision: int
    numbers: bytes
    data: FeedbackData | None


class ReportLog:
    """Reads what is published. *keep* tells of which periods (kind, first day) the whole is kept.

    Of the others it keeps revision and digest alone: there are thousands a year.
    """

    def __init__(
        self, bootstrap: str, keep: Callable[[Period, date], bool] = lambda _, __: False
    ) -> None:
        self._bootstrap = bootstrap
        self._keep = keep
        found = logs_of(bootstrap, [topics.FEEDBACK])
        self._reader = LogReader(bootstrap, start_of(found, {}))
        self._newest: dict[tuple[Period, date], dict[str, Published]] = defaultdict(dict)

    def refresh(self) -> None:
        """Read to the end that the topic has now. Raises: RetryLaterError if it cannot."""
        for report in self.reports():
            data = report.data
            of = self._newest[data.period, data.from_]
            known = of.get(data.department)
            if known is None or known.revision < data.revision:
                numbers = numbers_of(data.counts, data.measures, data.reconciled)
                kept = data if self._keep(data.period, data.from_) else None
                of[data.department] = Published(data.revision, numbers, kept)

    def reports(self) -> Iterator[Feedback]:
        """Yield what was published since the last time, in its order."""
        ends = ends_of(logs_of(self._bootstrap, [topics.FEEDBACK]))
        moved_s = time.monotonic()
        while not self._reader.reached(ends):
            before = dict(self._reader.positions)
            for message in self._reader.poll(_AT_ONCE, 0.2):
                yield from _parsed(message)
            if self._reader.positions != before:
                moved_s = time.monotonic()
            elif time.monotonic() - moved_s > _PATIENCE_S:
                raise RetryLaterError(
                    f"{topics.FEEDBACK}: 另一个写入者的事务未结束 / another writer's transaction "
                    "stays open; 稍后重试 / try again in a moment"
                )

    def published(self, span: Span) -> Mapping[str, Published]:
        """Return the newest report of *span* by department; nothing if it was never closed."""
        return self._newest.get((span.period, span.first), {})

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()


def _parsed(message: Message) -> Iterator[Feedback]:
    try:
        yield Feedback.model_validate_json(message.value() or b"")
    except ValidationError:
        log.warning("not_a_report", topic=message.topic(), offset=message.offset())


class ReportWriter:
    """The only one of its group that may write reports, until another is made."""

    def __init__(self, bootstrap: str, group: str) -> None:
        config = producer_config(
            bootstrap, transactional_id=f"{group}-feedback", transaction_timeout_ms=15_000
        )
        self._producer = Producer(config)
        try:
            self._producer.init_transactions(_ANSWER_S)
        except KafkaException as err:
            raise _trouble(err) from err

    def publish(self, reports: Iterable[Feedback]) -> None:
        """Publish *reports* in one transaction. Raises: RetryLaterError, and nothing is there.

        After an error this writer is of no use any more.
        """
        try:
            self._producer.begin_transaction()
            for report in reports:
                key = report.subject.encode()
                self._producer.produce(topics.FEEDBACK, to_bytes(report), key, 0, headers=HEADERS)
            self._producer.commit_transaction(_ANSWER_S)
        except KafkaException as err:
            raise _trouble(err) from err


def _trouble(err: KafkaException) -> RetryLaterError | StopServiceError:
    error = err.args[0]
    if error.name() in ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED"):
        return StopServiceError(
            f"{topics.FEEDBACK}: Kafka 拒绝 / Kafka refuses ({error.name()}); "
            "请检查权限 / check the rights of this group"
        )
    return RetryLaterError(
        f"{topics.FEEDBACK}: 未能发布 / not published ({error.name()}); "
        "另有写入者或 Kafka 没有响应, 稍后重试 / another writer, or Kafka does not answer: "
        "try again in a moment"
    )
