"""Files as departments really produce them: encodings, delimiters, titles, Excel cells."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from sources.cell_dates import read_day, read_end_day, read_instant
from sources.cell_values import read_fen
from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.import_events import ImportOptions, import_events
from sources.reports import FileReport
from sources.row_fault import CellFaultError
from sources.table import sheets
from tests.sources.conftest import CASE_HEADER, case_row, now


def check(path: Path, formats: dict[str, FileFormat]) -> FileReport:
    return import_events([path], bootstrap=None, options=ImportOptions(formats), clock=now).files[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_the_encoding_is_told_by_the_bytes_and_changes_no_event(
    formats: dict[str, FileFormat], case_file: Callable[..., Path], encoding: str
) -> None:
    plain = check(case_file(case_row()), formats).examples
    assert check(case_file(case_row(), encoding=encoding), formats).examples == plain
    assert plain[0]["data"]["item_name"] == "食品经营许可"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_by_the_first_lines(
    formats: dict[str, FileFormat], tmp_path: Path, delimiter: str
) -> None:
    path = tmp_path / "cases.csv"
    text = f"{CASE_HEADER}\n{case_row()}\n".replace(",", delimiter)
    path.write_text(text, encoding="utf-8")
    assert check(path, formats).by_type == {"credit.approval.accepted": 1}


def test_a_workbook_with_a_merged_title_and_date_cells_says_the_same_event_as_a_csv(
    formats: dict[str, FileFormat], tmp_path: Path, case_file: Callable[..., Path]
) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["本溪市办件表"])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=11)
    page.append(["单位:件"])
    page.append(CASE_HEADER.split(","))
    cells: list[object] = list(case_row().split(","))
    cells[8:10] = [datetime(2026, 6, 16, 8, 0), datetime(2026, 6, 16, 9, 30)]  # noqa: DTZ001
    page.append(cells)
    path = tmp_path / "cases.xlsx"
    book.save(path)
    from_book, from_text = check(path, formats), check(case_file(case_row()), formats)
    assert from_book.examples[0].pop("line") == 4
    assert from_text.examples[0].pop("line") == 2
    assert from_book.examples == from_text.examples


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/06/16", date(2026, 6, 16)),
        ("2026-6-16", date(2026, 6, 16)),
        ("20260616", date(2026, 6, 16)),
        ("2026年6月16日", date(2026, 6, 16)),
        ("46189", date(2026, 6, 16)),
        ("2026-06-16 23:59:59", date(2026, 6, 16)),
        ("2026-06-16T20:00:00Z", date(2026, 6, 17)),
    ],
)
def test_days_are_read_in_every_way_departments_write_them(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize("text", ["2026-02-30", "16/06/2026", "soon", "2026-06-16 25:00", "1"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(CellFaultError):
        read_instant(text)


@pytest.mark.parametrize("text", ["2099/12/31", "2099-12-31", "长期", "9999-12-31"])
def test_the_last_day_of_2099_means_no_end(text: str) -> None:
    assert read_end_day(text) is None
    assert read_end_day("2099-12-30") == date(2099, 12, 30)


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("0.2", "wanyuan", 200_000),
        ("0.000001", "wanyuan", 1),
        ("1,234.56", "yuan", 123_456),
        ("￥12元", "wanyuan", 1_200),
        ("120.5万元", "yuan", 120_500_000),
    ],
)
def test_money_becomes_whole_fen_once_and_exactly(text: str, unit: str, fen: int) -> None:
    assert read_fen(text, unit) == fen  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["0.001", "-5", "many", "1e3", "99999999999999999"])
def test_what_is_no_whole_number_of_fen_is_refused_not_rounded(text: str) -> None:
    with pytest.raises(CellFaultError):
        read_fen(text, "yuan")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\xff\xfe\xff\xff\x00"),
        ("a.csv", b"\x81\x30"),
        ("a.csv", b'x,"y\n'),
        ("a.xlsx", b"not a zip"),
        ("a.xls", b"\xd0\xcf\x11\xe0"),
        ("a.csv", b""),
    ],
)
def test_a_file_that_is_no_table_is_one_line_with_a_cure(
    tmp_path: Path, formats: dict[str, FileFormat], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnusableFileError) as refused:
        check(path, formats)
    assert "\n" not in str(refused.value)
    assert name in str(refused.value)
    assert " / " in str(refused.value)


def test_line_numbers_are_the_files_own_with_blank_lines_and_quoted_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n\n"1\n2",x\n,\n3,y\n', encoding="utf-8")
    (sheet,) = sheets(path)
    assert [(row.line, row.empty) for row in sheet.rows] == [
        (1, False), (3, False), (5, True), (6, False),
    ]  # fmt: skip
