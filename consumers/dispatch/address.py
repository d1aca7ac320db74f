"""To which department's topic a message goes: `data.department`, or who holds its duties now."""

import msgspec
from msgspec import Struct

from schemas.errors import Reason, RejectRecordError
from schemas.topics import ANSWERS_PREFIX
from streams.rules.catalogue import Catalogue


class _Data(Struct):
    department: str


class _Addressed(Struct):
    data: _Data


_addressed = msgspec.json.Decoder(_Addressed).decode


def answers_topic(value: bytes | None, catalogue: Catalogue) -> str:
    """Return the topic that a decision, action or alert goes to; a successor's after a merger.

    Raises: RejectRecordError if *value* names no department, or one that is not registered.
    """
    try:
        department = _addressed(value or b"").data.department
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise RejectRecordError(
            Reason.NOT_CLOUDEVENTS,
            "没有 data.department / no data.department: 只有触发器应写此主题 / the trigger and "
            "follow-up alone should write this topic; check its ACL",
        ) from None
    holder = catalogue.current_department(department)
    if holder is None:
        raise RejectRecordError(
            Reason.UNKNOWN_DEPARTMENT,
            "data.department: 未登记 / not registered; 在 departments.yaml 中登记后运行 / enter it "
            "in departments.yaml, run `credit-trigger topics apply`, restart dispatch, then "
            "`credit-trigger dlq replay`",
        )
    return ANSWERS_PREFIX + holder.uscc
