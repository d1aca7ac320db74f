"""`credit-trigger feedback report`: the printable assessment of a half-year."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.import_words import Words
from cli.prepared import prepare
from cli.topics_read import topics_read
from cli.whole_file import refuse_to_overwrite, write_whole
from consumers.feedback.assessment.content import Told, assessment
from consumers.feedback.assessment.html_page import html_bytes
from consumers.feedback.assessment.newest_reports import NewestReports, read_report
from consumers.feedback.assessment.spans import Span, half_year
from infra.services import find_kafka
from schemas.errors import RejectRecordError
from schemas.topics import FEEDBACK
from streams.catalogue_in_force import load_catalogue
from streams.rules.feedback_report import CITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from consumers.feedback.assessment.page import Document
    from infra.settings import Settings

_FINDING = 1
_SUFFIXES = (".html", ".pdf")


def _half(_: click.Context, option: click.Parameter, text: str) -> Span:
    try:
        return half_year(text)
    except ValueError as err:
        raise click.BadParameter(str(err), param=option) from err


def _files(_: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in paths:
        if path.suffix.lower() not in _SUFFIXES:
            raise click.BadParameter(
                "文件名应以 .html 或 .pdf 结尾 / the name must end in .html or .pdf", param=option
            )
        if not path.parent.is_dir():
            raise click.BadParameter("没有这个文件夹 / there is no such folder", param=option)
    return paths


reports_option = click.option(
    "--reports",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.jsonl",
    help="读此文件而不读 Kafka / read these messages of credit.feedback, one a line, not Kafka",
)


@click.command("report")
@click.option("--half", "span", required=True, callback=_half, metavar="2026-H1", help="半年")
@click.option(
    "--out",
    "outs",
    required=True,
    multiple=True,
    callback=_files,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=".html 或 / or .pdf; 可多次 / may be given twice",
)
@reports_option
@click.option(
    "--font",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="PDF 用的中文字体 / a .ttf or .otf of your own for the PDF",
)
@click.option("--yes", is_flag=True, help="覆盖已有文件 / also where FILE exists already")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def command(  # noqa: PLR0913  # one a flag
    *,
    span: Span,
    outs: tuple[Path, ...],
    reports: Path | None,
    font: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    r"""半年评估报告, 供打印 / Print the half-year assessment: the city, departments, measures.

    取各报告的最新版本; 同样的报告得到相同的文件 / It takes the newest revision of each report; the
    same reports give the same bytes. Exit code 1 if the half-year is not closed, or a message
    cannot be read (the rest is written), 3 if nothing runs.

    \b
    Example:
      credit-trigger feedback report --half 2026-H1 --out 2026-H1.pdf --out 2026-H1.html
      credit-trigger feedback report --half 2026-H1 --out 2026-H1.pdf --reports closed.jsonl
    """
    refuse_to_overwrite(*outs, yes=yes)
    settings = prepare("feedback")
    say = Words(settings.lang)
    catalogue = load_catalogue(settings)
    newest, unreadable = newest_reports(settings, reports, say)
    told = told_of(newest, span)
    if told is None:
        closed = ", ".join(newest.first_days(span.period)) or "0"
        missing = say("全市的报告尚未关闭", "the city has no closed report")
        known = f"{say('已关闭的始于', 'closed ones begin on')}: {closed}"
        click.echo(f"{say(*span.name)}: {missing}; {known}", err=True)
        sys.exit(_FINDING)
    document = assessment(told, catalogue)
    contents = {out: _written(document, out, font) for out in outs}  # all, before one is written
    for out, content in contents.items():
        write_whole(out, content)
    digests = {out.name: hashlib.sha256(each).hexdigest() for out, each in contents.items()}
    if as_json:
        summary = {"files": digests, "reports": len(told.reports()), "unreadable": unreadable}
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for name, digest in digests.items():
            click.echo(f"{name}: SHA-256 {digest}")
    if unreadable:
        sys.exit(_FINDING)


def _written(document: Document, out: Path, font: Path | None) -> bytes:
    if out.suffix.lower() == ".html":
        return html_bytes(document)
    from consumers.feedback.assessment.pdf_page import pdf_bytes  # noqa: PLC0415 - an extra

    return pdf_bytes(document, font)


def told_of(newest: NewestReports, span: Span) -> Told | None:
    """Return the reports of *span*; None if that of the city is not there."""
    departments = dict(newest.of(span))
    city = departments.pop(CITY, None)
    if city is None:
        return None
    months = [(month, newest.of(month).get(CITY)) for month in span.months()]
    return Told(span, city, departments, months)


def newest_reports(
    settings: Settings, reports: Path | None, say: Words
) -> tuple[NewestReports, int]:
    """Return what lies on `credit.feedback` or in *reports*, and how much cannot be read.

    What cannot be read is told on stderr, the first with its place. Raises: StopServiceError.
    """
    newest, unreadable = NewestReports(), 0
    for place, value in _messages(settings, reports, say):
        try:
            newest.add(read_report(value))
        except RejectRecordError as err:
            unreadable += 1
            if unreadable == 1:
                click.echo(f"{place}: {err.detail}", err=True)
    if unreadable:
        click.echo(f"{unreadable} {say('条报告无法读取', 'reports cannot be read')}", err=True)
    return newest, unreadable


def _messages(settings: Settings, reports: Path | None, say: Words) -> Iterator[tuple[str, bytes]]:
    if reports is not None:
        lines: Sequence[bytes] = reports.read_bytes().splitlines()
        yield from ((f"{reports.name}:{n}", line) for n, line in enumerate(lines, 1) if line)
        return
    bootstrap, _ = find_kafka(settings)
    with topics_read(bootstrap, say) as read:
        records: Iterable[tuple[int, bytes, object]] = read(FEEDBACK)
        yield from ((f"{FEEDBACK} #{n}", value) for n, (_, value, _) in enumerate(records, 1))
