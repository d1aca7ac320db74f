"""One case of reward or punishment as upstream systems ask for it: the union of their fields.

Columns follow the order of a feedback record (奖惩案例). `ack_no` is for the receiver's answer.
"""

import json
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from consumers.action_records import ActionRecord
from schemas.lean import ListChangeData
from schemas.receipt import ReceiptData
from schemas.registry import ListSpec
from schemas.times import format_instant
from schemas.uscc import holds_resident_number, is_individual_business, uscc_fault

MASK = "***"


@dataclass(frozen=True, slots=True)
class UnionCase:
    """One row; days are YYYY-MM-DD, instants RFC 3339, `amount_fen` whole fen, empty if unknown.

    `recognised_until` is the last day (有效期止, inclusive), as upstream systems count. An empty
    `handle_type` says that no department has answered yet. `correction_of` is the key under which
    the case stood in an earlier period.
    """

    case_id: str
    idempotency_key: str
    subject_uscc: str
    subject_name: str
    side: str
    list_kind: str
    list_domain: str
    list_code: str
    list_title: str
    list_entry_id: str
    list_entry_revision: int
    recogniser_uscc: str
    recogniser_name: str
    recognition_doc_no: str
    recognition_basis: str
    recognised_from: str
    recognised_until: str
    trigger_event_id: str
    trigger_event_type: str
    business_item_code: str
    measure_code: str
    measure_title: str
    measure_version: str
    catalogue_version: str
    legal_basis: str
    executing_dept_uscc: str
    executing_dept_name: str
    district_code: str
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
    correction_of: str
    reported_at: str
    ack_no: str


COLUMNS = tuple(field.name for field in fields(UnionCase))


@dataclass(frozen=True, slots=True)
class Beside:
    """What other topics and the catalogue tell of an action; all of it may be unknown.

    *reviewed*: a human confirmed, dismissed or overturned it at some time. *recogniser*: USCC of
    the department that is named as the recogniser.
    """

    reviewed: bool = False
    catalogue_version: str = ""
    entry: ListChangeData | None = None
    spec: ListSpec | None = None
    recogniser: str = ""
    department_name: str = ""
    correction_of: str = ""


def case_key(action_id: str, revision: int, receipt: ReceiptData | None) -> str:
    """Return the key that is new whenever the action or the department's last word is."""
    return f"{action_id}/{revision}/{'' if receipt is None else _safe(receipt.receipt_id)}"


def union_case(record: ActionRecord, receipt: ReceiptData | None, beside: Beside) -> UnionCase:
    """Return the case of *record*'s action, which *receipt* answers, or nobody yet.

    The record is the newest of its action, the receipt the department's last word. The name of an
    individual business (92…) is masked, also within the result; a text that holds the number of a
    natural person is masked whole, whichever column it stands in.
    """
    action, entry, spec = record.action, beside.entry, beside.spec
    basis = [f"{each.act} {each.article}" for each in action.legal_basis]
    name = "" if entry is None else entry.subject_name
    result = "" if receipt is None else receipt.result or ""
    if name and is_individual_business(record.uscc):
        name, result = MASK, result.replace(name, MASK)
    amount = None if receipt is None else receipt.amount_fen
    served = None if receipt is None else receipt.served_at
    case = UnionCase(
        case_id=action.action_id,
        idempotency_key=case_key(action.action_id, action.revision, receipt),
        subject_uscc=record.uscc,
        subject_name=name,
        side=action.polarity,
        list_kind="" if spec is None else spec.kind,
        list_domain="" if spec is None else spec.domain,
        list_code=action.entry.list_code,
        list_title=action.entry.list_code if spec is None else spec.title.zh,
        list_entry_id=action.entry.entry_id,
        list_entry_revision=action.entry.revision,
        recogniser_uscc=beside.recogniser,
        recogniser_name="" if entry is None else entry.recognised_by,
        recognition_doc_no="" if entry is None else entry.doc_no,
        recognition_basis="" if spec is None else f"{spec.basis.act} {spec.basis.article}",
        recognised_from="" if entry is None else str(entry.effective_from),
        recognised_until=_last_day(entry),
        trigger_event_id=action.event.id,
        trigger_event_type=action.event.type,
        business_item_code=action.item_code,
        measure_code=action.measure.id,
        measure_title=action.measure.title,
        measure_version=action.measure.version,
        catalogue_version=beside.catalogue_version,
        legal_basis=json.dumps(basis, ensure_ascii=False),
        executing_dept_uscc=action.department,
        executing_dept_name=beside.department_name,
        district_code=_district(action.department),
        handle_type="" if receipt is None else receipt.outcome,
        not_executed_reason="" if receipt is None else receipt.reason_code or "",
        result_text=result,
        amount_fen="" if amount is None else amount,
        started_at="" if receipt is None else str(receipt.started_on or ""),
        ended_at="" if receipt is None else str(receipt.ended_on or ""),
        decided_by="human" if beside.reviewed else "auto",
        notice_served_at="" if served is None else format_instant(served),
        objection_state=""
        if action.objection is None
        else action.objection.outcome or "objection_marked",
        effect=action.effect,
        status=action.state,
        correction_of=beside.correction_of,
        reported_at="" if receipt is None else format_instant(receipt.at),
        ack_no="",
    )
    return _without_persons(case)


def _last_day(entry: ListChangeData | None) -> str:
    if entry is None or entry.effective_until is None:
        return ""
    return str(entry.effective_until - timedelta(days=1))


def _district(department: str) -> str:
    """Return the division that a public body's own code names; never a subject's."""
    return department[2:8] if uscc_fault(department) is None and department[0] == "1" else ""


def _without_persons(case: UnionCase) -> UnionCase:
    texts = {column: getattr(case, column) for column in COLUMNS}
    masked: dict[str, Any] = {
        column: MASK for column, text in texts.items() if _safe(str(text)) == MASK
    }
    return replace(case, **masked) if masked else case


def _safe(text: str) -> str:
    return MASK if holds_resident_number(text) else text
