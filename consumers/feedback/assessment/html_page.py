"""A printable report as one HTML file: styles and charts inside, no script, nothing fetched."""

from collections.abc import Iterator
from html import escape
from itertools import chain

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

_STYLE = """
@page { size: A4; margin: 18mm 15mm;
  @bottom-center { content: counter(page) " / " counter(pages); } }
body { font: 10.5pt/1.5 "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC",
  sans-serif; color: #111; max-width: 180mm; margin: 0 auto; padding: 0 4mm; }
h1 { font-size: 19pt; margin: 8mm 0 0; text-align: center; }
h2 { font-size: 13pt; margin: 8mm 0 2mm; border-bottom: .4mm solid #1f4e79; break-after: avoid; }
p.subtitle { text-align: center; margin: 1mm 0 0; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0 4mm;
  font-size: 9pt; line-height: 1.3; table-layout: fixed; }
thead { display: table-header-group; }
tr, figure { break-inside: avoid; }
th, td { border: .2mm solid #999; padding: .8mm 1.5mm; overflow-wrap: anywhere; text-align: left; }
th { background: #dce6f0; font-weight: normal; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 3mm 0; }
figcaption { font-weight: bold; }
[lang=en] { color: #555; font-size: 85%; }
th [lang=en], td [lang=en] { display: block; line-height: 1.2; }
.blanks { display: flex; gap: 6mm; margin-top: 12mm; break-inside: avoid; }
.blanks span { flex: 1; border-bottom: .2mm solid #111; padding-bottom: 1mm; }
@media print { body { max-width: none; padding: 0; } }
"""
# Millimetres; one bar and the gap that follows it.
_WIDTH, _LABEL, _NUMBER, _BAR, _GAP, _KEY, _LETTERS = 180.0, 58.0, 16.0, 4.0, 2.5, 7.0, 3.2


def html_bytes(document: Document) -> bytes:
    """Return *document* as HTML in UTF-8; the same document gives the same bytes."""
    return "\n".join(_lines(document)).encode()


def _lines(document: Document) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    title = f"{document.title[0]} {document.subtitle[0]}"
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{_both(document.title, '<br>')}</h1>"
    yield f'<p class="subtitle">{_both(document.subtitle, "<br>")}</p>'
    yield from chain.from_iterable(map(_section, document.sections))
    blanks = "".join(f"<span>{_both(each)}</span>" for each in document.blanks)
    yield f'<div class="blanks">{blanks}</div>\n</body>\n</html>\n'


def _section(section: Section) -> Iterator[str]:
    yield f"<section>\n<h2>{_both(section.title)}</h2>"
    for part in section.parts:
        match part:
            case Paragraph():
                yield f"<p>{_both(part.text, '<br>')}</p>"
            case Table():
                yield from _table(part)
            case Bars():
                yield from _chart(part)
    yield "</section>"


def _table(table: Table) -> Iterator[str]:
    whole = sum(table.widths)
    yield "<table>"
    columns = "".join(f'<col style="width:{100 * w / whole:.2f}%">' for w in table.widths)
    yield f"<colgroup>{columns}</colgroup>"
    head = "".join(f'<th scope="col">{_both(each)}</th>' for each in table.head)
    yield f"<thead><tr>{head}</tr></thead>\n<tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(map(_cell, row))}</tr>"
    yield "</tbody>\n</table>"


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return '<td class="number">–</td>'
        case int():
            return f'<td class="number">{number_text(cell)}</td>'
        case Figure():
            return f'<td class="number">{escape(cell.text)}</td>'
        case str():
            return f"<td>{escape(cell)}</td>"
        case _:
            return f"<td>{_both(cell)}</td>"


def _chart(bars: Bars) -> Iterator[str]:
    """Yield *bars* as SVG, in millimetres; every number stands beside its bar as text."""
    step = len(bars.series) * _BAR + _GAP
    height = _KEY + len(bars.rows) * step
    room = _WIDTH - _LABEL - _NUMBER
    yield f"<figure>\n<figcaption>{_both(bars.title)}</figcaption>"
    label = escape(" / ".join(filter(None, bars.title)), quote=True)
    yield (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH:.0f} {height:.1f}" '
        f'width="100%" font-size="{_LETTERS}" fill="#111">'
    )
    for number, name in enumerate(bars.series):
        left = _LABEL + number * room / len(bars.series)
        yield f'<rect x="{left:.1f}" y="1" width="3" height="3" fill="{SHADES[number]}"/>'
        yield f'<text x="{left + 4:.1f}" y="3.7">{escape(" ".join(name))}</text>'
    for place, (name, numbers) in enumerate(bars.rows):
        top = _KEY + place * step
        middle = top + len(numbers) * _BAR / 2 + 1.1
        words = " ".join(filter(None, name))
        yield (
            f'<text x="{_LABEL - 2:.1f}" y="{middle:.1f}" text-anchor="end" '
            f'font-size="{_size(words):.2f}">{escape(words)}</text>'
        )
        for row, count in enumerate(numbers):
            width, y = room * count / bars.longest, top + row * _BAR
            yield (
                f'<rect x="{_LABEL:.1f}" y="{y:.1f}" width="{width:.2f}" '
                f'height="{_BAR - 0.6:.1f}" fill="{SHADES[row]}"/>'
            )
            beside = f'x="{_LABEL + width + 1:.2f}" y="{y + 2.9:.1f}"'
            yield f"<text {beside}>{number_text(count)}</text>"
    yield "</svg>\n</figure>"


def _size(label: str) -> float:
    """Return the size of letters at which *label* fits beside its bar."""
    wide = sum(1.0 if letter > "\u2e7f" else 0.6 for letter in label)
    return min(_LETTERS, (_LABEL - 4) / max(wide, 1.0))


def _both(text: Both, between: str = " ") -> str:
    zh, en = text
    if not en or zh == en:
        return escape(zh)
    return f'{escape(zh)}{between}<span lang="en">{escape(en)}</span>'
