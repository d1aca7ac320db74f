"""An officer's review onto `credit.reviews`, where the trigger reads it."""

import time
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import KafkaError, Message, Producer
from pydantic import ValidationError

from infra.kafka import producer_config
from schemas.errors import StopServiceError
from schemas.ids import identity
from schemas.incoming import refuse_natural_person, rejection
from schemas.review import Review
from schemas.times import format_instant
from schemas.topics import REVIEWS
from sources.publisher import HEADERS, missing_topic, reach
from sources.review_outcome import Outcome

SOURCE = "/credit-trigger/console"
RECORDED = "credit.review.recorded"
_DELIVER_MS = 30_000


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What an officer says about one action; reviewers are opaque staff ids, never names."""

    action_id: str
    outcome: Outcome
    reason: str
    basis: str | None
    reviewer: str
    reviewer_department: str
    second_reviewer: str | None


@dataclass(frozen=True)
class Written:
    """Where a review was acknowledged."""

    partition: int
    offset: int


def review_message(opinion: Opinion, subject: str, at: datetime) -> Review:
    """Return the message that records *opinion* about an action of *subject* at *at*.

    Raises: RejectRecordError, as the trigger would refuse it, natural persons included.
    """
    review_id = identity(
        "review", opinion.action_id, opinion.outcome, opinion.reviewer, format_instant(at)
    )
    data = {"review_id": review_id, "at": at, **vars(opinion)}
    envelope = {
        "specversion": "1.0",
        "id": review_id,
        "source": SOURCE,
        "type": RECORDED,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    try:
        review = Review.model_validate(envelope)
    except ValidationError as refused:
        raise rejection(refused, Review) from None
    refuse_natural_person(_bytes(review))
    return review


def write_review(bootstrap: str, review: Review) -> Written:
    """Write *review*, keyed by its subject, and return where all replicas have it.

    Raises: StopServiceError if it may not have arrived. Saying it again is safe: a review of
    something no longer open is answered with an alert, not applied.
    """
    told: list[Message | KafkaError] = []
    producer = Producer(producer_config(bootstrap, message_timeout_ms=_DELIVER_MS))
    if REVIEWS not in reach(producer, bootstrap):
        raise missing_topic(REVIEWS)
    producer.produce(
        REVIEWS,
        _bytes(review),
        review.subject.encode(),
        headers=HEADERS,
        timestamp=int(review.time.timestamp() * 1000),
        on_delivery=lambda error, message: told.append(message if error is None else error),
    )
    deadline = time.monotonic() + _DELIVER_MS / 1000 + 5
    while not told and time.monotonic() < deadline:
        producer.flush(1.0)  # a second at a time, so that Ctrl-C is heard
    answer = told[0] if told else None
    if not isinstance(answer, Message):
        why = "no answer" if answer is None else answer.name()
        raise StopServiceError(
            f"{REVIEWS}: 未确认写入 / not acknowledged ({why});"
            " 检查 Kafka 后再复核一次 / check Kafka, then review again: it never counts twice"
        )
    return Written(int(answer.partition() or 0), int(answer.offset() or 0))


def _bytes(review: Review) -> bytes:
    return review.model_dump_json(exclude_unset=True).encode()
