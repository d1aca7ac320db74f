import csv
import io
import zipfile
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from consumers.feedback.case_table import csv_bytes, xlsx_bytes
from consumers.feedback.union_case import COLUMNS, UnionCase

CASE = UnionCase(
    "a1", "a1/1/r1", "91210500MA0BX0015F", "本溪示例", "punish", "bidding-ban", "e1", 1, "ev", "t",
    "item", "p04", "v", "c", "[]", "11210500001234562F", "executed", "", "完成", 200, "", "",
    "auto", "", "", "block", "in_force", "2026-06-16T10:00:00+08:00",
)  # fmt: skip
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))
OTHER = replace(CASE, case_id="a2", idempotency_key="a2/1/r2")


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


@settings(max_examples=40, deadline=None)
@given(st.builds(str.__add__, st.sampled_from(["", "=", " +", "\n-", "\t@"]), ANY_TEXT))
def test_no_text_breaks_a_row_or_becomes_a_formula(text: str) -> None:
    case = replace(CASE, result_text=text)
    rows = _read(csv_bytes([case]))
    assert len(rows) == 2
    assert len(rows[1]) == len(COLUMNS)
    assert not rows[1][COLUMNS.index("result_text")].lstrip().startswith(("=", "+", "-", "@"))


def test_hostile_text_leaves_a_readable_workbook() -> None:
    case = replace(CASE, result_text="=cmd|' /C calc'!A0\n\ud800\x00" + "长" * 40_000)
    page = load_workbook(io.BytesIO(xlsx_bytes([case]))).worksheets[0]
    cell = page.cell(2, COLUMNS.index("result_text") + 1)
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'=cmd")
