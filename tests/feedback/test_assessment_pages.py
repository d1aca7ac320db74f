"""HTML and PDF of a report: self-contained, the same bytes again, all of its text in both."""

import os
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from consumers.feedback.assessment.html_page import html_bytes
from consumers.feedback.assessment.page import Bars, Document, Figure, Paragraph, Section, Table
from consumers.feedback.assessment.pdf_page import pdf_bytes
from schemas.errors import StopServiceError

ROOT = Path(__file__).parents[2]
CHART = Bars(
    ("逐月数量", "by month"),
    (("作出", "issued"), ("逾期", "overdue")),
    [(("1月", "January"), (40, 10)), (("二月份的名称很长很长很长很长很长很长很长", ""), (20, 0))],
)
TABLE = Table(
    (("部门", "department"), ("数量", "number")),
    [["本溪市财政局 <b>&", 1234567], [("零报告", "nil"), None], ["比率", Figure("66.7%")]] * 30,
    (70, 30),
)
DOCUMENT = Document(
    as_of=date(2026, 7, 1),
    title=("半年评估报告", "Half-year assessment"),
    subtitle=("上半年", "first half"),
    sections=[
        Section(("一 概况", "The city"), [Paragraph(("各项合计一致。", "All sums agree.")), TABLE]),
        Section(("二 逐月", "By month"), [CHART]),
    ],
    blanks=(("编制", "prepared by"), ("日期", "date")),
)


class Tags(HTMLParser):
    """Follows tags and fails on one that is closed out of turn."""

    VOID = frozenset(["meta", "br", "col", "rect"])

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_fetches_nothing_runs_nothing_and_closes_what_it_opens() -> None:
    page = html_bytes(DOCUMENT).decode()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "b"}
    assert not re.search(r"https?:|url\(|@import|javascript:", page)
    assert not any(name.startswith(("on", "src", "href")) for _, has in tags.seen for name in has)
    assert "本溪市财政局 &lt;b&gt;&amp;" in page
    assert page.count("<tr>") == 91


def test_bars_are_as_long_as_their_numbers() -> None:
    page = html_bytes(DOCUMENT).decode()
    svg = page[page.index("<svg") : page.index("</svg>")]
    widths = [
        float(w) for w in re.findall(r'<rect x="58.0"[^>]* width="([\d.]+)" height="3.4"', svg)
    ]
    assert [round(width / widths[0], 3) for width in widths] == [1, 0.25, 0.5, 0]
    for number in ("40", "10", "20", "0"):
        assert f">{number}</text>" in svg


def test_pdf_holds_its_font_and_all_of_its_text() -> None:
    raw = pdf_bytes(DOCUMENT)
    assert b"/FontFile3" in raw  # no reader needs a Chinese font of its own
    read = PdfDocument(raw)
    pages = [page.get_textpage().get_text_bounded() for page in read]
    text = "\n".join(pages)
    flat = re.sub(r"\s", "", text)
    for words in (
        "半年评估报告", "Half-yearassessment", "本溪市财政局<b>&", "1,234,567", "66.7%",
        "各项合计一致。",
        "作出issued", "1月January", "40", "编制preparedby",
    ):  # fmt: skip
        assert words in flat
    assert len(pages) > 1
    assert all("部门" in page for page in pages[:2])  # the head goes on
    assert read.get_metadata_dict()["CreationDate"].startswith("D:20260701000000")


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_report_gives_the_same_bytes_in_another_process(seed: str) -> None:
    code = (
        "import sys; from tests.feedback.test_assessment_pages import *;"
        "sys.stdout.buffer.write(html_bytes(DOCUMENT) + pdf_bytes(DOCUMENT))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"},
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == html_bytes(DOCUMENT) + pdf_bytes(DOCUMENT)


def test_a_font_that_is_none_is_named(tmp_path: Path) -> None:
    font = tmp_path / "none.ttf"
    font.write_bytes(b"no font")
    with pytest.raises(StopServiceError, match=r"none\.ttf"):
        pdf_bytes(DOCUMENT, font)
