"""One case of reward or punishment as upstream systems ask for it: the union of their fields.

Columns follow the order of a feedback record (奖惩案例), without those that only `credit.lists`
(recogniser, document number), the catalogue (department names, district) or the receiver
(acknowledgement number) tells.
"""

import json
from dataclasses import dataclass, fields

from consumers.action_records import ActionRecord
from schemas.receipt import ReceiptData
from schemas.uscc import holds_resident_number, is_individual_business

MASK = "***"


@dataclass(frozen=True, slots=True)
class UnionCase:
    """One row; days are YYYY-MM-DD, instants RFC 3339, `amount_fen` whole fen, empty if unknown."""

    case_id: str
    idempotency_key: str
    subject_uscc: str
    subject_name: str
    side: str
    list_code: str
    list_entry_id: str
    list_entry_revision: int
    trigger_event_id: str
    trigger_event_type: str
    business_item_code: str
    measure_code: str
    measure_version: str
    catalogue_version: str
    legal_basis: str
    executing_dept_uscc: str
    handle_type: str
    not_executed_reason: str
    result_text: str
    amount_fen: int | str
    started_at: str
    ended_at: str
    decided_by: str
    notice_served_at: str
    objection_state: str
    effect: str
    status: str
    reported_at: str


COLUMNS = tuple(field.name for field in fields(UnionCase))


def union_case(
    record: ActionRecord,
    receipt: ReceiptData,
    *,
    reviewed: bool,
    catalogue_version: str = "",
    name: str = "",
) -> UnionCase:
    """Return the case of *record*'s action that *receipt* answers.

    The record is the newest of its action, the receipt the department's last word; *reviewed* says
    that a human confirmed or dismissed the action at some time. *name* is the organisation's; that
    of an individual business (92…) is masked. A text that holds the number of a natural person is
    masked whole, wherever it came from.
    """
    action = record.action
    basis = [f"{each.act} {each.article}" for each in action.legal_basis]
    shown = MASK if name and is_individual_business(record.uscc) else name
    return UnionCase(
        case_id=action.action_id,
        idempotency_key=f"{action.action_id}/{action.revision}/{receipt.receipt_id}",
        subject_uscc=record.uscc,
        subject_name=_safe(shown),
        side=action.polarity,
        list_code=action.entry.list_code,
        list_entry_id=_safe(action.entry.entry_id),
        list_entry_revision=action.entry.revision,
        trigger_event_id=_safe(action.event.id),
        trigger_event_type=action.event.type,
        business_item_code=_safe(action.item_code),
        measure_code=action.measure.id,
        measure_version=action.measure.version,
        catalogue_version=catalogue_version,
        legal_basis=json.dumps(basis, ensure_ascii=False),
        executing_dept_uscc=action.department,
        handle_type=receipt.outcome,
        not_executed_reason=receipt.reason_code or "",
        result_text=_safe(receipt.result or ""),
        amount_fen="" if receipt.amount_fen is None else receipt.amount_fen,
        started_at=str(receipt.started_on or ""),
        ended_at=str(receipt.ended_on or ""),
        decided_by="human" if reviewed else "auto",
        notice_served_at="" if receipt.served_at is None else receipt.served_at.isoformat(),
        objection_state=""
        if action.objection is None
        else action.objection.outcome or "objection_marked",
        effect=action.effect,
        status=action.state,
        reported_at=receipt.at.isoformat(),
    )


def _safe(text: str) -> str:
    return MASK if holds_resident_number(text) else text
