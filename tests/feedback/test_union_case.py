from datetime import date

import msgspec
import pytest

from consumers.action_records import ActionRecord
from consumers.feedback.union_case import COLUMNS, MASK, Beside, union_case
from schemas.lean import ActionData, ListChangeData
from schemas.receipt import ReceiptData
from schemas.uscc import check_character

COMPANY = "91210500MA0BX0015F"
DEPARTMENT = "11210500001234562F"
INDIVIDUAL_17 = "92210502MA0BX0023"


def _resident_number() -> str:
    """Return a number made by the rule of GB 11643, of a day on which nobody we know was born."""
    first = "21050218900101001"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


def _record(uscc: str = COMPANY) -> ActionRecord:
    route = {"to": "x", "within": "x"}
    data = {
        "action_id": "a1", "revision": 2, "decision_id": "d1",
        "event": {"source": "/s", "id": "e1", "type": "credit.bidding.registered",
                  "time": "2026-06-16T09:00:00+08:00"},
        "entry": {"list_code": "bidding-ban", "entry_id": "b1", "revision": 1},
        "measure": {"id": "p04", "version": "v", "title": "x"},
        "polarity": "punish", "effect": "block", "proposed_effect": None, "force": "mandatory",
        "verified": True, "state": "in_force", "resumes_to": None,
        "legal_basis": [{"act": "招标投标法", "article": "53", "level": "law", "url": "x",
                         "jurisdiction": None}],
        "department": DEPARTMENT, "item_code": "i", "application_no": "n",
        "from": "2026-06-16", "until": None,
        "notice": {"lang": "zh", "facts": "x", "basis": "x", "measure": "x", "term": "x",
                   "remove": "x", "object": route, "reconsider": {"body": "x", "within": "x"},
                   "sue": {"court": "x", "within": "x"}, "repair": "x"},
        "due_on": None, "due_provisional": False, "review_due_on": None, "objection": None,
        "reason": None,
    }  # fmt: skip
    raw = msgspec.json.encode(data)
    action = msgspec.json.decode(raw, type=ActionData)
    return ActionRecord(uscc, "issued", "2026-06-16T09:00:01+08:00", action)


def _receipt(result: str = "完成") -> ReceiptData:
    raw = msgspec.json.encode(
        {
            "receipt_id": "r1",
            "action_id": "a1",
            "department": DEPARTMENT,
            "outcome": "not_executed",
            "reason_code": "discretion_not_used",
            "result": result,
            "at": "2026-06-17T09:00:00.000+08:00",
        }
    )
    return ReceiptData.model_validate_json(raw)


def _entry(name: str) -> ListChangeData:
    return ListChangeData(
        entry_id="b1",
        revision=1,
        list_code="bidding-ban",
        subject_name=name,
        doc_no="文 1 号",
        recognised_by="某局",
        effective_from=date(2026, 5, 1),
        effective_until=date(2027, 1, 1),
        facts="x",
    )


def test_case_tells_what_was_decided_and_why_nothing_was_done() -> None:
    case = union_case(_record(), _receipt(), Beside(entry=_entry("本溪示例公司")))
    assert (case.handle_type, case.not_executed_reason) == ("not_executed", "discretion_not_used")
    assert (case.legal_basis, case.decided_by) == ('["招标投标法 53"]', "auto")
    assert case.subject_name == "本溪示例公司"


def test_name_of_an_individual_business_is_masked() -> None:
    uscc = INDIVIDUAL_17 + check_character(INDIVIDUAL_17)
    case = union_case(_record(uscc), _receipt("已告知某某店"), Beside(entry=_entry("某某店")))
    assert (case.subject_name, case.result_text) == (MASK, f"已告知{MASK}")


@pytest.mark.parametrize("text", ["{}", "已通知 {} 本人"])
def test_number_of_a_natural_person_cannot_pass_whatever_column_it_came_in(text: str) -> None:
    told = text.format(_resident_number())
    record, receipt = _record(), _receipt(told)
    receipt = receipt.model_copy(update={"receipt_id": told, "reason_code": told})
    action = msgspec.structs.replace(
        record.action,
        action_id=told,
        item_code=told,
        event=msgspec.structs.replace(record.action.event, id=told, type=told),
        measure=msgspec.structs.replace(record.action.measure, id=told, title=told),
        legal_basis=(msgspec.structs.replace(record.action.legal_basis[0], article=told),),
    )
    entry = msgspec.structs.replace(_entry(told), recognised_by=told, doc_no=told)
    beside = Beside(
        entry=entry,
        department_name=told,
        recogniser=told,
        catalogue_version=told,
        correction_of=told,
    )
    case = union_case(msgspec.structs.replace(record, action=action), receipt, beside)
    assert _resident_number() not in str(case)
    assert sum(getattr(case, column) == MASK for column in COLUMNS) >= 14


def test_the_last_day_of_a_listing_is_told_inclusive_and_instants_with_milliseconds() -> None:
    case = union_case(_record(), _receipt(), Beside(entry=_entry("x")))
    assert (case.recognised_from, case.recognised_until) == ("2026-05-01", "2026-12-31")
    assert case.reported_at == "2026-06-17T09:00:00.000+08:00"


def test_what_nobody_answered_is_told_apart_from_what_was_left_undone() -> None:
    case = union_case(_record(), None, Beside())
    assert (case.handle_type, case.reported_at, case.idempotency_key) == ("", "", "a1/2/")
