"""Rows of an XLSX workbook: dates as cells, numbers as text without Excel's noise."""

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from sources.errors import UnusableFileError
from sources.row import Row

_BROKEN = (BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, EOFError, TypeError)
_WHOLE_FLOAT = 10**15  # beyond it a float in a cell has lost digits already


def xlsx_sheets(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield name and rows of each visible sheet; blank rows are left out, counted in `line`.

    Raises: UnusableFileError for what is no workbook.
    """
    book = _open(path)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                # Some writers store a wrong size, and read-only mode would believe it.
                getattr(sheet, "reset_dimensions", lambda: None)()
                yield sheet.title, _rows(sheet)
    finally:
        book.close()


def xlsx_row_count(path: Path) -> int | None:
    """Return how many rows the first visible sheet says it has."""
    book = _open(path)
    try:
        return next((s.max_row for s in book.worksheets if s.sheet_state == "visible"), None)
    finally:
        book.close()


def _open(path: Path) -> Workbook:
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except _BROKEN as err:
        raise _broken(err) from err


def _rows(sheet: object) -> Iterator[Row]:
    try:
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]
            cells = [cell_text(value) for value in values]
            if any(cells):
                yield Row(line, cells)
    except _BROKEN as err:
        raise _broken(err) from err


def _broken(err: Exception) -> UnusableFileError:
    return UnusableFileError(
        f"不是可读的 XLSX / not a readable XLSX ({type(err).__name__});"
        " 请在表格软件中打开后另存为 .xlsx 或 CSV / open it, save it as .xlsx or CSV"
    )


def cell_text(value: object) -> str:
    """Return what a clerk sees in the cell: days as YYYY-MM-DD, numbers with 15 digits at most."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return str(value).upper()
        case datetime():
            bare = value.time() == time()
            return value.strftime("%Y-%m-%d" if bare else "%Y-%m-%d %H:%M:%S")
        case float() if value.is_integer() and abs(value) < _WHOLE_FLOAT:
            return str(int(value))
        case _:
            return format(value, ".15g") if isinstance(value, float) else str(value)
