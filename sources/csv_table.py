"""Rows of a CSV file: UTF-8 with or without BOM, UTF-16 with BOM, GB18030 (GBK); , ; or tab."""

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sources.errors import UnusableFileError
from sources.row import Row

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t"
_LINES_TO_SNIFF = 20
_CHUNK = 1 << 20


def csv_rows(path: Path, encoding: str = "auto") -> Iterator[Row]:
    """Yield the rows of *path*; blank lines are left out, and counted in `line`.

    Raises: UnusableFileError for bytes that are no text, or quotes that do not close.
    """
    codec = detect_encoding(path) if encoding == "auto" else _codec(path, encoding)
    with path.open(encoding=codec, newline="") as file:
        delimiter = _delimiter(list(islice(file, _LINES_TO_SNIFF)))
    with path.open(encoding=codec, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield Row(line, [cell.strip() for cell in cells])
                line = reader.line_num + 1
        except csv.Error as err:
            raise UnusableFileError(
                f"第 {line} 行起不是合法的 CSV / not CSV from line {line} on ({err});"
                " 检查引号 / check the quotes there, then import again: nothing counts twice"
            ) from err
        except UnicodeDecodeError as err:
            raise _not_text(codec) from err


def detect_encoding(path: Path) -> str:
    """Return the codec that reads all of *path*: by BOM, else UTF-8 if it is, else GB18030.

    Raises: UnusableFileError if it is neither.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for bom, codec in _BOMS:
        if start.startswith(bom):
            return _codec(path, codec)
    for codec in ("utf-8", "gb18030"):
        if _decodes(path, codec):
            return codec
    raise _not_text("utf-8, gb18030")


def _codec(path: Path, encoding: str) -> str:
    if not _decodes(path, encoding):
        raise _not_text(encoding)
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if b"\0" in chunk and codec != "utf-16":
                    return False
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _not_text(codec: str) -> UnusableFileError:
    return UnusableFileError(
        f"不是文本 / not text in {codec};"
        " 请另存为“CSV UTF-8” / save it as CSV UTF-8 and import again"
    )


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter that parts the first lines into the most cells."""

    def widest(delimiter: str) -> int:
        try:
            return max((len(row) for row in csv.reader(lines, delimiter=delimiter)), default=0)
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=widest)
