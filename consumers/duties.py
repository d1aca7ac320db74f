"""Every duty to report that there is, from the topics themselves: nothing that runs is asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from schemas import incoming, topics
from schemas.action import Action
from schemas.dead_letter import header_list
from schemas.errors import RejectRecordError
from streams.rules.duty import answered_of, task_of
from streams.rules.following import NOTHING, with_answer, with_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka import Message

    from schemas.dead_letter import Header
    from schemas.followed import Followed
    from streams.rules.duty import Law


def read_duties(read: Callable[[str], Iterable[Message]], law: Law) -> dict[str, Followed]:
    """Return what is known of each organisation, by USCC; *read* gives all messages of a topic.

    What follow-up refuses is left out here, too: it is a dead letter.
    """
    known: dict[str, Followed] = {}
    for message in read(topics.ACTIONS):
        try:
            action = Action.model_validate_json(message.value() or b"")
        except ValidationError:
            continue
        before = known.get(action.subject, NOTHING)
        task = task_of(action.data, action.time)
        known[action.subject] = with_task(before, action.data.action_id, task)
    for message in read(topics.RECEIPTS):
        try:
            receipt = incoming.receipt(message.value() or b"", partial(_headers, message))
        except RejectRecordError:
            continue
        data = receipt.data
        is_ours = message.key() == receipt.subject.encode() and law.current_department(
            data.department
        )
        if is_ours:
            before = known.get(receipt.subject, NOTHING)
            known[receipt.subject] = with_answer(before, data.action_id, answered_of(data))
    return known


def _headers(message: Any) -> list[Header]:
    return header_list(message.headers())
