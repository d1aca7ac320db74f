"""Rows that were refused, beside the input, for a clerk to correct and import again."""

import csv
import filecmp
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sources.errors import UnusableFileError
from sources.format_match import REJECT_COLUMNS
from sources.row_fault import RowFault

_LONG_NUMBER = 12  # Excel rounds longer digit strings unless it takes them for text


class RejectsFile:
    """A CSV in UTF-8 with BOM (Excel opens it), made only when there is a row for it.

    It holds the columns that the format describes, as they came, and what is wrong. Personal
    columns and columns that nobody described are left out. An existing file is never overwritten,
    as somebody may be correcting it: the next free number is taken, unless it is the same.
    """

    def __init__(self, path: Path, headers: Sequence[str], kept: Sequence[int]) -> None:
        self._wanted = path
        self._header = [*headers, *REJECT_COLUMNS]
        self._kept = kept
        self._draft = path.with_name(f".{path.name}.part")
        self._file: IO[str] | None = None
        self.path: Path | None = None
        self.count = 0

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def add(self, line: int, cells: Sequence[str], faults: Sequence[RowFault]) -> None:
        """Write the row that stands on *line* of the input with its *faults*."""
        if self._file is None:
            self._file = self._draft.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(self._header)
        shown = [_as_text(cells[at]) if at < len(cells) else "" for at in self._kept]
        reasons = "; ".join(fault.problem for fault in faults)
        cures = "; ".join(dict.fromkeys(fault.cure for fault in faults))
        csv.writer(self._file).writerow([*shown, str(line), reasons, cures])
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the file in its place, complete, whatever happened."""
        if self._file is None:
            return
        self._file.close()
        self.path = _free_or_same(self._wanted, self._draft)
        self._draft.replace(self.path)


def _as_text(cell: str) -> str:
    """Return *cell* so that a spreadsheet keeps every digit; blanks are dropped on import."""
    return f"\t{cell}" if len(cell) >= _LONG_NUMBER and cell.isdigit() else cell


def _free_or_same(wanted: Path, draft: Path) -> Path:
    number, path = 1, wanted
    while path.exists() and not filecmp.cmp(path, draft, shallow=False):
        number += 1
        path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return path


def check_place(path: Path) -> None:
    """Make sure that rejects can be written to *path*, before anything is sent.

    Raises: UnusableFileError with the way out.
    """
    folder = path.parent
    if not folder.is_dir():
        problem = "没有这个文件夹 / no such folder"
    elif not os.access(folder, os.W_OK | os.X_OK):
        problem = "不可写 / cannot be written"
    else:
        return
    raise UnusableFileError(
        f"{folder}: {problem}; 拒收文件请用 --rejects 指定别处 / name another place with --rejects"
    )


def rejects_path(path: Path, wanted: Path | None = None) -> Path:
    """Return where the rejects of *path* go: `<name>.rejects.csv` beside it.

    Or in *wanted*, if that is a folder, or under that very name.
    """
    name = f"{path.stem}.rejects.csv"
    if wanted is None:
        return path.with_name(name)
    return wanted / name if wanted.is_dir() else wanted
