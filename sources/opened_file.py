"""A department's file with its format found: what stands below the header, row by row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.format_match import Match, find_match
from sources.row import Row
from sources.table import Sheet, sheets

HEAD_ROWS = 10  # a title, a unit and a date may stand above the header, seldom more


@dataclass(frozen=True)
class OpenedFile:
    """One file: where its header stands, and the rows below it that hold anything."""

    path: Path
    match: Match
    rows: Iterator[Row]


def open_file(
    path: Path,
    formats: Mapping[str, FileFormat],
    *,
    format_name: str | None = None,
    department_given: bool = False,
) -> OpenedFile:
    """Return *path* with the one format of *formats* that fits it, or with *format_name*.

    The first sheet whose header fits counts. Raises: UnusableFileError naming the file.
    """
    chosen = _choose(path, formats, format_name)
    refused: list[UnusableFileError] = []
    try:
        for sheet in sheets(path):
            try:
                opened = _lay_over_sheet(path, sheet, chosen, department_given=department_given)
            except UnusableFileError as err:
                refused.append(err)
                continue
            return _in_its_encoding(opened, department_given=department_given)
    except UnusableFileError as err:
        raise UnusableFileError(f"{path.name}: {err}") from err
    if not refused:
        raise UnusableFileError(
            f"{path.name}: 空文件 / the file is empty; 检查导出 / check how it was exported"
        )
    raise UnusableFileError(f"{path.name}: {refused[0]}") from refused[0]


def _choose(
    path: Path, formats: Mapping[str, FileFormat], name: str | None
) -> Mapping[str, FileFormat]:
    if name is None:
        return formats
    if name not in formats:
        raise UnusableFileError(
            f"{path.name}: --format {name}: 没有这种格式 / no such format;"
            f" 可选 / choose among: {', '.join(sorted(formats))}"
        )
    return {name: formats[name]}


def _lay_over_sheet(
    path: Path, sheet: Sheet, formats: Mapping[str, FileFormat], *, department_given: bool
) -> OpenedFile:
    head = list(islice(sheet.rows, HEAD_ROWS))
    if not head:
        raise UnusableFileError("空文件 / the file is empty; 检查导出 / check how it was exported")
    match, at = find_match(formats, [row.cells for row in head], department_given=department_given)
    below = (row for row in chain(head[at + 1 :], sheet.rows) if not row.empty)
    return OpenedFile(path, match, below)


def _in_its_encoding(opened: OpenedFile, *, department_given: bool) -> OpenedFile:
    """Return the file read again in the encoding on which its format insists."""
    found = opened.match.format
    if found.encoding == "auto" or opened.path.suffix.lower() == ".xlsx":
        return opened
    sheet = next(iter(sheets(opened.path, found.encoding)))
    formats = {found.format: found}
    return _lay_over_sheet(opened.path, sheet, formats, department_given=department_given)
