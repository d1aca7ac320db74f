"""Cases as CSV and XLSX: the same cases give the same bytes, in whatever order they came."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import astuple

from openpyxl import Workbook

from consumers.feedback.mapping import Shape
from consumers.feedback.union_case import COLUMNS, UnionCase

_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_STAMPED = re.compile(rb"<dcterms:(created|modified)([^>]*)>[^<]*</dcterms:")
_FIXED = rb"<dcterms:\1\2>1980-01-01T00:00:00Z</dcterms:"
_FORMULA = ("=", "+", "-", "@")
_CELL_LIMIT = 32_767  # characters in a cell of a workbook
# What XML 1.0 cannot hold, lone surrogates, and line ends: none may break a row or a workbook.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def csv_bytes(cases: Iterable[UnionCase]) -> bytes:
    """Return *cases* as CSV, UTF-8 with BOM (spreadsheets ask for it), CRLF, ordered by case."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows(cases))
    return text.getvalue().encode("utf-8-sig")


def shaped_csv_bytes(shape: Shape, cases: Iterable[UnionCase]) -> bytes:
    """Return *cases* as CSV under the names of *shape*, otherwise as `csv_bytes` writes them."""
    ordered = sorted(cases, key=lambda case: case.idempotency_key)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow([field.name for field in shape.fields])
    out.writerows([_cell(value) for value in shape.row(case).values()] for case in ordered)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(cases: Iterable[UnionCase]) -> bytes:
    """Return *cases* as a workbook of one sheet, with fixed times inside."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = "奖惩案例"
    for row in _rows(cases):
        page.append(row)
    raw = io.BytesIO()
    book.save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _STAMPED.sub(_FIXED, content)
            target.writestr(zipfile.ZipInfo(name, _ZIP_DAY), content)
    return fixed.getvalue()


def _rows(cases: Iterable[UnionCase]) -> list[list[str | int]]:
    ordered = sorted(cases, key=lambda case: case.idempotency_key)
    return [list(COLUMNS), *([_cell(value) for value in astuple(case)] for case in ordered)]


def _cell(value: str | int) -> str | int:
    """Return *value* so that no spreadsheet takes it for a formula and no row breaks at it."""
    if isinstance(value, int):
        return value
    plain = _UNFIT.sub(" ", value)
    guarded = "'" + plain if plain.lstrip().startswith(_FORMULA) else plain
    return guarded[:_CELL_LIMIT]
