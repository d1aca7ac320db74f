"""A printable report as PDF with its Chinese font inside: the same report gives the same bytes.

Made by fpdf2, in Python alone. Only the characters that occur are embedded, so a report has some
thirty kilobytes and looks the same on a machine without any Chinese font.
"""

import struct
from datetime import datetime, time
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from consumers.feedback.assessment.page import (
    SHADES,
    Bars,
    Both,
    Cell,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    number_text,
)
from schemas.errors import StopServiceError
from schemas.times import SHANGHAI

try:
    from fontTools.ttLib import TTLibError
    from fpdf import FPDF
    from fpdf.enums import Align, TableBordersLayout, WrapMode
    from fpdf.errors import FPDFException
    from fpdf.fonts import FontFace
except ImportError as err:  # the extra `report` is left out where nobody prints
    raise StopServiceError(
        "缺少 fpdf2, 不能生成 PDF / fpdf2 is missing, which makes PDF; "
        "请安装 / install: pip install 'credit-trigger[report]'; 或用 .html / or take .html"
    ) from err

if TYPE_CHECKING:
    from collections.abc import Sequence

_FONT = "report"
_FONT_PACKAGE, _FONT_FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
# Millimetres, sizes in points.
_MARGIN, _LINE, _TEXT, _SMALL = 15.0, 5.0, 10.0, 8.0
_LABEL, _NUMBER, _BAR, _GAP = 58.0, 16.0, 4.0, 2.5
_HEAD_FILL = (220, 230, 240)


class _Pages(FPDF):
    """Pages with their number at the foot."""

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-12)
        self.set_font(_FONT, size=_SMALL)
        self.cell(0, 6, f"{self.page_no()} / {{nb}}", align=Align.C)


def pdf_bytes(document: Document, font: Path | None = None) -> bytes:
    """Return *document* as PDF. *font*: a TrueType or OpenType file with Chinese of one's own.

    Raises: StopServiceError if there is no such font, or it cannot be used.
    """
    if font is not None:
        return _written(document, font)
    try:
        kept = files(_FONT_PACKAGE) / _FONT_FILE
    except ModuleNotFoundError as err:
        raise StopServiceError(
            f"缺少字体包 / the package of fonts is missing: {_FONT_PACKAGE}; 请安装 / install: "
            "pip install 'credit-trigger[report]'; 或用 --font / or name a file with --font"
        ) from err
    with as_file(kept) as path:
        return _written(document, path)


def _written(document: Document, font: Path) -> bytes:
    pages = _Pages(format="A4")
    # A clock's time would make no two files equal; it is the period's end that dates a report.
    pages.set_creation_date(datetime.combine(document.as_of, time.min, SHANGHAI))
    try:
        pages.add_font(_FONT, fname=font)
    except (FPDFException, TTLibError, OSError, ValueError, LookupError, struct.error) as err:
        raise StopServiceError(
            f"{font.name}: 不能用作字体 / cannot be used as a font; "
            "应为 .ttf 或 .otf / give a .ttf or .otf with Chinese"
        ) from err
    pages.set_margins(_MARGIN, _MARGIN)
    pages.set_auto_page_break(auto=True, margin=_MARGIN + 3)
    pages.set_title(f"{document.title[0]} {document.subtitle[0]}")
    pages.set_lang("zh-CN")
    pages.add_page()
    _centred(pages, document.title, 17)
    _centred(pages, document.subtitle, 11)
    for section in document.sections:
        _heading(pages, section)
        for part in section.parts:
            match part:
                case Paragraph():
                    _paragraph(pages, part.text)
                case Table():
                    _table(pages, part)
                case Bars():
                    _chart(pages, part)
    _blanks(pages, document.blanks)
    return bytes(pages.output())


def _centred(pages: FPDF, text: Both, size: float) -> None:
    for words, points in zip(text, (size, size * 0.7), strict=True):
        pages.set_font(_FONT, size=points)
        pages.multi_cell(0, points * 0.5, words, align=Align.C, new_x="LMARGIN", new_y="NEXT")


def _heading(pages: FPDF, section: Section) -> None:
    first = section.parts[0]
    below = _tall(first) if isinstance(first, Bars) else 16.0
    _keep_together(pages, 14.0 + below)  # never alone at the foot of a page
    pages.ln(4)
    pages.set_font(_FONT, size=13)
    pages.cell(0, 7, _both(section.title), new_x="LMARGIN", new_y="NEXT")
    pages.set_draw_color(31, 78, 121)
    pages.line(_MARGIN, pages.get_y(), pages.w - _MARGIN, pages.get_y())
    pages.ln(2)


def _paragraph(pages: FPDF, text: Both) -> None:
    pages.set_font(_FONT, size=_TEXT)
    for words, wrap in zip(text, (WrapMode.CHAR, WrapMode.WORD), strict=True):
        if words:
            pages.multi_cell(
                0, _LINE, words, align=Align.L, wrapmode=wrap, new_x="LMARGIN", new_y="NEXT"
            )
        pages.set_font(_FONT, size=_SMALL)
    pages.ln(1.5)


def _table(pages: FPDF, table: Table) -> None:
    pages.set_font(_FONT, size=_SMALL)
    pages.set_draw_color(150, 150, 150)
    pages.set_fill_color(255)
    whole = sum(table.widths)
    rooms = [pages.epw * wide / whole - 3.0 for wide in table.widths]
    with pages.table(
        col_widths=tuple(table.widths),
        line_height=4.2,
        padding=0.8,
        borders_layout=TableBordersLayout.ALL,
        headings_style=FontFace(emphasis=None, fill_color=_HEAD_FILL),
        repeat_headings=1,
        text_align=Align.L,
    ) as drawn:
        for row in (table.head, *table.rows):
            line = drawn.row()
            for cell, room in zip(row, rooms, strict=True):
                line.cell(*_cell(pages, cell, room))
    pages.ln(3)


def _cell(pages: FPDF, cell: Cell, room: float) -> tuple[str, Align]:
    match cell:
        case None:
            return "–", Align.R
        case int():
            return number_text(cell), Align.R
        case Figure():
            return cell.text, Align.R
        case str():
            return cell, Align.L
        case _:
            beside = _both(cell)
            fits = pages.get_string_width(beside) <= room
            return beside if fits else "\n".join(cell), Align.L


def _chart(pages: FPDF, bars: Bars) -> None:
    """Draw *bars*; a chart longer than a page goes on, on the next one."""
    step = _step(bars)
    _keep_together(pages, _tall(bars))
    pages.set_font(_FONT, size=_TEXT)
    pages.cell(0, 6, _both(bars.title), new_x="LMARGIN", new_y="NEXT")
    room = pages.epw - _LABEL - _NUMBER
    pages.set_font(_FONT, size=_SMALL)
    for number, name in enumerate(bars.series):
        left = _MARGIN + _LABEL + number * room / len(bars.series)
        pages.set_fill_color(SHADES[number])
        pages.rect(left, pages.get_y() + 1, 3, 3, style="F")
        pages.text(left + 4, pages.get_y() + 3.6, _both(name))
    pages.ln(6)
    for name, numbers in bars.rows:
        _keep_together(pages, step)
        top = pages.get_y()
        label = _both(name)
        pages.set_font(_FONT, size=_SMALL)
        wide = pages.get_string_width(label)
        if wide > _LABEL - 3:
            pages.set_font(_FONT, size=_SMALL * (_LABEL - 3) / wide)
            wide = pages.get_string_width(label)
        pages.text(_MARGIN + _LABEL - 2 - wide, top + len(numbers) * _BAR / 2 + 1, label)
        pages.set_font(_FONT, size=_SMALL)
        for row, count in enumerate(numbers):
            left, long = _MARGIN + _LABEL, room * count / bars.longest
            pages.set_fill_color(SHADES[row])
            pages.rect(left, top + row * _BAR, long, _BAR - 0.6, style="F")
            pages.text(left + long + 1, top + row * _BAR + 2.9, number_text(count))
        pages.set_y(top + step)
    pages.ln(2)


def _step(bars: Bars) -> float:
    return len(bars.series) * _BAR + _GAP


def _tall(bars: Bars) -> float:
    """Return how much of a page the chart asks for; what is longer may be cut between bars."""
    return min(14.0 + len(bars.rows) * _step(bars), 120.0)


def _blanks(pages: FPDF, blanks: "Sequence[Both]") -> None:
    _keep_together(pages, 24)
    pages.ln(12)
    pages.set_font(_FONT, size=_SMALL)
    pages.set_draw_color(0, 0, 0)
    wide = pages.epw / len(blanks)
    for number, text in enumerate(blanks):
        left = _MARGIN + number * wide
        pages.text(left, pages.get_y(), _both(text))
        pages.line(left, pages.get_y() + 1.5, left + wide - 5, pages.get_y() + 1.5)


def _keep_together(pages: FPDF, tall: float) -> None:
    """Begin a new page where *tall* millimetres are not left on this one."""
    if pages.will_page_break(tall):
        pages.add_page()


def _both(text: Both) -> str:
    return " ".join(dict.fromkeys(filter(None, text)))
