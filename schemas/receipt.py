"""What a department did about an action, or why it did nothing."""

from typing import Literal

from schemas.base import Fen, Model, Short, Text
from schemas.cloudevent import CloudEvent
from schemas.times import Day, Instant
from schemas.uscc import Uscc


class ReceiptData(Model):
    """`data` of a receipt; `served_at` and `served_by` say when and by whom notice was served."""

    receipt_id: Short
    action_id: Short
    department: Uscc
    outcome: Literal["executed", "not_executed", "other"]
    reason_code: (
        Literal[
            "already_decided",
            "no_longer_applies",
            "discretion_not_used",
            "legal_obstacle",
            "subject_withdrew",
            "objection_pending",
            "other",
        ]
        | None
    ) = None
    result: Text | None = None
    amount_fen: Fen | None = None
    started_on: Day | None = None
    ended_on: Day | None = None
    served_at: Instant | None = None
    served_by: Short | None = None
    at: Instant


class Receipt(CloudEvent):
    """A message on `credit.receipts`."""

    type: Literal["credit.receipt.recorded"]
    data: ReceiptData
