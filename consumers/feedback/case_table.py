"""Cases as CSV and XLSX: the same cases give the same bytes, in whatever order they came."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from openpyxl import Workbook

from consumers.feedback.mapping import Shape, Value
from consumers.feedback.union_case import UnionCase
from schemas.errors import StopServiceError

_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_STAMPED = re.compile(rb"<dcterms:(created|modified)([^>]*)>[^<]*</dcterms:")
_FIXED = rb"<dcterms:\1\2>1980-01-01T00:00:00Z</dcterms:"
_FORMULA = ("=", "+", "-", "@")
_CELL_LIMIT = 32_767  # characters in a cell of a workbook; a text of ours has at most 16,384
_ROW_LIMIT = 1_048_576  # rows of a sheet, with its head
_UNTITLED = re.compile(r"[\\/*?:\[\]]")  # what the name of a sheet cannot hold
# What XML 1.0 cannot hold, lone surrogates, and line ends: none may break a row or a workbook.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Table:
    """Head and rows of a shape, ordered by case; *left_out* cases have no place in it."""

    title: str
    rows: list[list[Value]]
    left_out: int


def case_table(shape: Shape, cases: Iterable[UnionCase]) -> Table:
    """Return *cases* under the names of *shape*. Raises: MappingFaultError, see `Shape.row`."""
    ordered = sorted(cases, key=lambda case: case.idempotency_key)
    taken = [case for case in ordered if shape.takes(case)]
    head: list[Value] = [field.name for field in shape.fields]
    rows = [[_cell(value) for value in shape.row(case).values()] for case in taken]
    return Table(shape.title, [head, *rows], len(ordered) - len(taken))


def csv_bytes(table: Table) -> bytes:
    """Return *table* as CSV, UTF-8 with BOM (spreadsheets ask for it), CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table.rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(table: Table) -> bytes:
    """Return *table* as a workbook of one sheet, with fixed times inside.

    Raises: StopServiceError for what a workbook cannot hold whole; nothing is ever cut.
    """
    if len(table.rows) > _ROW_LIMIT:
        raise _too_large(f"{len(table.rows)} 行 / rows")
    for number, row in enumerate(table.rows, 1):
        longest = max((len(value) for value in row if isinstance(value, str)), default=0)
        if longest > _CELL_LIMIT:
            raise _too_large(f"第 {number} 行有 {longest} 字 / row {number} has a long text")
    book = Workbook(write_only=True)
    page = book.create_sheet(_UNTITLED.sub(" ", table.title)[:31])
    for row in table.rows:
        page.append(row)
    raw = io.BytesIO()
    book.save(raw)
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(raw) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _STAMPED.sub(_FIXED, content)
            part = zipfile.ZipInfo(name, _ZIP_DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, content)
    return fixed.getvalue()


def _too_large(what: str) -> StopServiceError:
    return StopServiceError(f"{what}: 工作簿放不下 / too much for a workbook; 用 .csv / use .csv")


def _cell(value: Value) -> Value:
    """Return *value* so that no spreadsheet takes it for a formula and no row breaks at it."""
    if isinstance(value, int):
        return value
    plain = _UNFIT.sub(" ", value)
    return "'" + plain if plain.lstrip().startswith(_FORMULA) else plain
