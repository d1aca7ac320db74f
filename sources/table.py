"""The rows of a department's file as text, whatever the file is: CSV or XLSX."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sources.csv_table import csv_rows
from sources.errors import UnusableFileError
from sources.row import Row
from sources.xlsx_table import xlsx_row_count, xlsx_sheets

ENDINGS = (".csv", ".txt", ".tsv", ".xlsx")


@dataclass(frozen=True)
class Sheet:
    """One table: its name (empty in CSV) and its rows, read as they are asked for."""

    name: str
    rows: Iterator[Row]


def sheets(path: Path, encoding: str = "auto") -> Iterator[Sheet]:
    """Yield the tables of the file in their order; rows are lazy and read once.

    *encoding* (CSV alone): `auto`, `utf-8` or `gb18030`.
    Raises: UnusableFileError for what is no CSV or XLSX or cannot be read.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            for name, rows in xlsx_sheets(path):
                yield Sheet(name, rows)
        elif path.suffix.lower() in ENDINGS:
            yield Sheet("", csv_rows(path, encoding))
        else:
            raise UnusableFileError(
                f"不支持的文件类型 / not a file type that is read: {path.suffix or '-'};"
                f" 允许 / allowed: {', '.join(ENDINGS)}; 另存为其一 / save it as one"
            )
    except OSError as err:
        raise UnusableFileError(
            f"无法读取 / cannot be read ({err.strerror});"
            " 检查路径与权限 / check path and permissions"
        ) from err


def estimate_rows(path: Path) -> int | None:
    """Return about how many rows the file has, or None; for a progress bar alone."""
    try:
        if path.suffix.lower() == ".xlsx":
            return xlsx_row_count(path)
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    except (OSError, UnusableFileError):
        return None
