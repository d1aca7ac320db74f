import csv
import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from consumers.feedback.case_table import Table, case_table
from consumers.feedback.case_table import csv_bytes as table_csv
from consumers.feedback.case_table import xlsx_bytes as table_xlsx
from consumers.feedback.mapping import UNION
from consumers.feedback.union_case import COLUMNS, UnionCase
from schemas.errors import StopServiceError

BLANK: dict[str, Any] = dict.fromkeys(COLUMNS, "")
CASE = UnionCase(
    **BLANK
    | {
        "case_id": "a1",
        "idempotency_key": "a1/1/r1",
        "subject_uscc": "91210500MA0BX0015F",
        "subject_name": "本溪示例",
        "side": "punish",
        "list_code": "bidding-ban",
        "list_title": "投标资格限制",
        "list_domain": "bidding",
        "list_entry_id": "e1",
        "list_entry_revision": 1,
        "recogniser_name": "本溪市住房和城乡建设局",
        "recognition_basis": "招标投标法 53",
        "recognised_from": "2026-05-01",
        "recognised_until": "2027-04-30",
        "measure_code": "p04",
        "measure_title": "取消投标资格",
        "executing_dept_name": "本溪市财政局",
        "handle_type": "executed",
        "result_text": "完成",
        "amount_fen": 200,
        "status": "in_force",
        "reported_at": "2026-06-16T10:00:00.000+08:00",
    }
)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))
OTHER = replace(CASE, case_id="a2", idempotency_key="a2/1/r2")


def csv_bytes(cases: list[UnionCase]) -> bytes:
    return table_csv(case_table(UNION, cases))


def xlsx_bytes(cases: list[UnionCase]) -> bytes:
    return table_xlsx(case_table(UNION, cases))


def _read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_same_cases_in_any_order_are_the_same_bytes() -> None:
    assert csv_bytes([CASE, OTHER]) == csv_bytes([OTHER, CASE])
    assert xlsx_bytes([CASE, OTHER]) == xlsx_bytes([OTHER, CASE])


def test_workbook_holds_no_time_of_its_writing() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes([CASE]))) as book:
        assert {part.date_time[0] for part in book.infolist()} == {1980}
        assert book.read("docProps/core.xml").count(b">1980-01-01T00:00:00Z<") == 2


def test_columns_head_the_file_and_amount_stays_a_number() -> None:
    assert _read(csv_bytes([]))[0] == list(COLUMNS)
    page = load_workbook(io.BytesIO(xlsx_bytes([CASE]))).worksheets[0]
    assert page.cell(2, COLUMNS.index("amount_fen") + 1).value == 200


@settings(max_examples=25, deadline=None)
@given(st.builds(str.__add__, st.sampled_from(["", "=", " +", "\n-", "\t@"]), ANY_TEXT))
def test_no_text_breaks_a_row_or_becomes_a_formula(text: str) -> None:
    case = replace(CASE, result_text=text)
    rows = _read(csv_bytes([case]))
    assert len(rows) == 2
    assert len(rows[1]) == len(COLUMNS)
    assert not rows[1][COLUMNS.index("result_text")].lstrip().startswith(("=", "+", "-", "@"))


def test_hostile_text_leaves_a_readable_workbook() -> None:
    case = replace(CASE, result_text="=cmd|' /C calc'!A0\n\ud800\x00" + "长" * 16_000)
    page = load_workbook(io.BytesIO(xlsx_bytes([case]))).worksheets[0]
    cell = page.cell(2, COLUMNS.index("result_text") + 1)
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'=cmd")
    assert str(cell.value).endswith("长" * 16_000)


def test_what_a_workbook_cannot_hold_is_refused_and_never_cut() -> None:
    long = replace(CASE, result_text="长" * 40_000)
    assert "长" * 40_000 in csv_bytes([long]).decode("utf-8-sig")
    for table in (case_table(UNION, [long]), Table("t", [["x"]] * 1_048_577, 0)):
        with pytest.raises(StopServiceError, match=r"\.csv"):
            table_xlsx(table)
