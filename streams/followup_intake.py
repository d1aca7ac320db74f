"""What may come into follow-up: the trigger's actions, departments' receipts, focus entries.

Raises, all of it: RejectRecordError, with the reason that the dead letter will carry. Of list
changes the trigger is the judge: what it refuses is left out here without another dead letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from infra.kafka import murmur2_partition
from schemas import incoming, topics
from schemas.action import Action
from schemas.dead_letter import header_list
from schemas.errors import Reason, RejectRecordError
from streams.rules.duty import answered_of, task_of
from streams.rules.following import with_answer, with_entry, with_task
from streams.rules.interviews import listed_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust.types import Message

    from schemas.dead_letter import Header
    from schemas.followed import Followed
    from schemas.receipt import Receipt
    from streams.rules.duty import Law

    Fold = Callable[[Followed], Followed]

_FUTURE_LIMIT_S = 600.0  # contracts G, as for every message


def read(message: Message, law: Law, partitions: int) -> tuple[str, Fold] | None:
    """Return about which organisation *message* is, and what it adds to what is known of it.

    None is returned for what does not concern follow-up.
    """
    raw = message.value
    if message.topic == topics.LISTS:
        return _entry(message, law, partitions)
    if not isinstance(raw, bytes):
        raise RejectRecordError(Reason.NOT_CLOUDEVENTS, "no value; send a CloudEvent")
    if message.topic == topics.ACTIONS:
        action = _action(raw)
        subject, data = action.subject, action.data
        task = task_of(data, action.time)

        def fold(known: Followed) -> Followed:
            return with_task(known, data.action_id, task)

    else:
        receipt = incoming.receipt(raw, lambda: _headers(message))
        _refuse_stranger(receipt, law)
        _refuse_future(receipt, message)
        subject, told = receipt.subject, receipt.data

        def fold(known: Followed) -> Followed:
            return with_answer(known, told.action_id, answered_of(told))

    _refuse_wrong_place(message, subject, partitions)
    return subject, fold


def _entry(message: Message, law: Law, partitions: int) -> tuple[str, Fold] | None:
    raw = message.value or b""
    codes = [code for code, spec in law.lists.items() if spec.kind == "focus"]
    if not any(code.encode() in raw for code in codes):
        return None  # most changes are of other lists: not even parsed
    try:
        change = incoming.list_change(raw, lambda: _headers(message))
        _refuse_wrong_place(message, change.subject, partitions)
    except RejectRecordError:
        return None
    spec = law.lists.get(change.data.list_code)
    # An entry of elsewhere is for those of elsewhere to see to.
    if spec is None or spec.kind != "focus" or change.source not in spec.providers:
        return None
    listed = listed_of(change)
    return change.subject, lambda known: with_entry(known, listed)


def _action(raw: bytes) -> Action:
    try:
        return Action.model_validate_json(raw)
    except ValidationError as refused:
        raise incoming.rejection(refused, Action) from None


def _headers(message: Message) -> list[Header]:
    raw: Any = message.headers or []
    return header_list([*(raw.items() if isinstance(raw, Mapping) else raw)])


def _refuse_stranger(receipt: Receipt, law: Law) -> None:
    if law.current_department(receipt.data.department) is None:
        raise RejectRecordError(
            Reason.UNKNOWN_DEPARTMENT,
            "data.department: not in departments.yaml; enter it, or send the receipt for the"
            " department to which the action is addressed",
        )


def _refuse_future(receipt: Receipt, message: Message) -> None:
    if receipt.time.timestamp() - message.timestamp > _FUTURE_LIMIT_S:
        raise RejectRecordError(
            Reason.TIME_IN_FUTURE,
            "time: more than 10 minutes after arrival; correct the sender's clock",
        )


def _refuse_wrong_place(message: Message, subject: str, partitions: int) -> None:
    key = subject.encode()
    if message.key != key:
        raise RejectRecordError(
            Reason.SUBJECT_KEY_MISMATCH,
            "the Kafka key must be the subject, UTF-8; set the key, then send again",
        )
    if murmur2_partition(key, partitions) != message.partition:
        raise RejectRecordError(
            Reason.WRONG_PARTITION,
            f"lies in partition {message.partition}, not where murmur2 puts its key; set the"
            " producer's partitioner to Kafka's default, then `dlq replay`",
        )
