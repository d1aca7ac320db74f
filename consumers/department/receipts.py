"""What a department says came of an action, onto `credit.receipts`: kept, sent until it is in.

The id of a receipt is made of what it says. The same one again is the same message, byte for byte,
with the time of the first: readers count it once.
"""

from datetime import datetime

from kafka import KafkaProducer
from kafka.errors import KafkaError
from pydantic import ValidationError

from consumers.department.journal import Journal
from infra.reach import no_answer, unreachable
from schemas.cloudevent import CONTENT_TYPE
from schemas.errors import RetryLaterError
from schemas.ids import identity
from schemas.incoming import refuse_natural_person, rejection
from schemas.receipt import Receipt, ReceiptData
from schemas.topics import RECEIPTS

SOURCE = "/credit-trigger/department"
RECORDED = "credit.receipt.recorded"
_SEND_S = 4.0  # a stop is not heard meanwhile; what is not in by then is sent again


def receipt_message(subject: str, at: datetime, **said: object) -> Receipt:
    """Return the receipt of *said* (the fields of `ReceiptData` without id and time).

    Raises: RejectRecordError naming the field that is wrong, natural persons included.
    """
    words = [f"{name}={said[name]}" for name in sorted(said) if said[name] is not None]
    receipt_id = identity("receipt", *words)
    envelope = {
        "specversion": "1.0",
        "id": receipt_id,
        "source": SOURCE,
        "type": RECORDED,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": {"receipt_id": receipt_id, "at": at, **said},
    }
    try:
        receipt = Receipt.model_validate(envelope)
    except ValidationError as refused:
        raise rejection(refused, Receipt) from None
    refuse_natural_person(_bytes(receipt))
    return receipt


def fault_of(data: ReceiptData) -> str | None:
    """Return what does not go together in *data*, None if all does."""
    if data.outcome == "not_executed" and data.reason_code is None:
        return "未执行须说明原因 / not_executed needs a reason_code"
    if data.outcome == "executed" and data.reason_code is not None:
        return "已执行不需原因 / executed goes without a reason_code"
    if data.started_on and data.ended_on and data.ended_on < data.started_on:
        return "结束早于开始 / ended_on lies before started_on"
    return None


class ReceiptSender:
    """Sends what the journal holds. Connects when there is something to send."""

    def __init__(self, bootstrap: str, journal: Journal) -> None:
        self._bootstrap, self._journal = bootstrap, journal
        self._producer: KafkaProducer | None = None

    def record(self, receipt: Receipt) -> None:
        """Keep *receipt*; it is sent by `send`, now or at the next start."""
        told_ms = round(receipt.time.timestamp() * 1000)
        self._journal.keep_receipt(
            receipt.data.receipt_id, receipt.subject, _bytes(receipt), told_ms
        )

    def send(self) -> int:
        """Send all that is unsent and return how many. Raises: RetryLaterError; nothing is lost."""
        waiting = self._journal.unsent()
        if not waiting:
            return 0
        if self._producer is None and (why := unreachable(self._bootstrap)):
            # Known before the client tries: it would tell the log of each of its attempts.
            raise RetryLaterError(no_answer(self._bootstrap, why))
        try:
            producer = self._connected()
            asked = [
                (
                    receipt_id,
                    producer.send(
                        RECEIPTS,
                        value=value,
                        key=subject.encode(),
                        headers=[("content-type", CONTENT_TYPE.encode())],
                    ),
                )
                for receipt_id, subject, value in waiting
            ]
            for receipt_id, answer in asked:
                answer.get(timeout=_SEND_S)
                self._journal.sent(receipt_id)
        except KafkaError as err:
            raise RetryLaterError(f"{RECEIPTS}: {type(err).__name__}") from err
        return len(waiting)

    def close(self) -> None:
        """Let go of the connection."""
        if self._producer is not None:
            self._producer.close(timeout=2)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            # Idempotent, acknowledged by all, and murmur2 like Java's: its own defaults.
            self._producer = KafkaProducer(
                bootstrap_servers=self._bootstrap.split(","),
                acks="all",
                enable_idempotence=True,
                allow_auto_create_topics=False,
                max_block_ms=int(_SEND_S * 1000),
                bootstrap_timeout_ms=int(_SEND_S * 1000),
            )
        return self._producer


def _bytes(receipt: Receipt) -> bytes:
    return receipt.model_dump_json(exclude_unset=True).encode()
