"""Tables as the bytes of real file formats, the same bytes every time."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

from openpyxl import Workbook

Cell = str | int | float | date | datetime | None
Table = Sequence[Sequence[Cell]]
_ZIP_DAY = (2026, 6, 16, 0, 0, 0)
_STAMPED = re.compile(rb"<dcterms:(created|modified)([^>]*)>[^<]*</dcterms:")
_FIXED = rb"<dcterms:\1\2>2026-06-16T00:00:00Z</dcterms:"


def csv_bytes(rows: Table, encoding: str, delimiter: str = ",") -> bytes:
    """Return *rows* as CSV with CRLF, in *encoding* (`utf-8-sig` writes the BOM)."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Table, *, sheet: str, merged_title: str | None = None) -> bytes:
    """Return *rows* as a workbook of one *sheet*, below a merged title row if there is one.

    Stored uncompressed and with fixed times, so that the bytes depend on the rows alone.
    """
    book = Workbook()
    page = book.worksheets[0]
    page.title = sheet
    if merged_title is not None:
        page.append([merged_title])
        page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
    for row in rows:
        page.append([_naive(cell) for cell in row])
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


def _naive(cell: Cell) -> Cell:
    """Return an instant as a workbook holds it: without an offset."""
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
