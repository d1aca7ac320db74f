import msgspec
import pytest

from consumers.action_records import ActionRecord
from consumers.feedback.union_case import MASK, union_case
from schemas.lean import ActionData
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


def test_case_tells_what_was_decided_and_why_nothing_was_done() -> None:
    case = union_case(_record(), _receipt(), reviewed=False, name="本溪示例公司")
    assert (case.handle_type, case.not_executed_reason) == ("not_executed", "discretion_not_used")
    assert (case.legal_basis, case.decided_by) == ('["招标投标法 53"]', "auto")
    assert case.subject_name == "本溪示例公司"


def test_name_of_an_individual_business_is_masked() -> None:
    uscc = INDIVIDUAL_17 + check_character(INDIVIDUAL_17)
    assert union_case(_record(uscc), _receipt(), reviewed=False, name="某某店").subject_name == MASK


@pytest.mark.parametrize("text", ["{}", "已通知 {} 本人"])
def test_number_of_a_natural_person_cannot_pass(text: str) -> None:
    number = _resident_number()
    told = union_case(
        _record(), _receipt().model_copy(update={"result": text.format(number)}), reviewed=True
    )
    assert number not in str(told)
    assert told.result_text == MASK
