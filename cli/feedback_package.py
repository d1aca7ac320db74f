"""`credit-trigger feedback package`: all that goes up for a month, in one command."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path

import click

from cli.feedback_report import newest_reports, told_of
from cli.import_words import Words
from cli.prepared import prepare
from cli.topics_read import topics_read
from cli.whole_file import refuse_to_overwrite, write_whole
from cli.whole_folder import write_whole_folder
from consumers.feedback.assessment.spans import Span, month
from consumers.feedback.monthly_package import MANIFEST, package_files, zip_bytes
from consumers.feedback.told_cases import Period, cases_of
from infra.services import find_kafka
from schemas.times import SHANGHAI
from streams.catalogue_in_force import load_catalogue

_FINDING = 1


def _month(_: click.Context, option: click.Parameter, text: str) -> Span:
    try:
        return month(text)
    except ValueError as err:
        raise click.BadParameter(str(err), param=option) from err


def _out(_: click.Context, option: click.Parameter, path: Path) -> Path:
    if not path.absolute().parent.is_dir():
        raise click.BadParameter("没有这个文件夹 / there is no such folder", param=option)
    zipped = path.suffix.lower() == ".zip"
    if path.exists() and (path.is_dir() == zipped or (path.is_dir() and not _ours(path))):
        raise click.BadParameter(
            f"{path.name}: 已有别的内容 / something else stands there; 换名 / take another name",
            param=option,
        )
    return path


def _ours(folder: Path) -> bool:
    """Tell whether *folder* is an earlier package, or empty: nothing else is ever replaced."""
    return (folder / MANIFEST).is_file() or not any(folder.iterdir())


@click.command("package")
@click.option("--month", "span", required=True, callback=_month, metavar="2026-06", help="月份")
@click.option(
    "--out",
    required=True,
    callback=_out,
    type=click.Path(path_type=Path),
    metavar="FOLDER|FILE.zip",
    help="文件夹或 zip / a folder, or a zip",
)
@click.option("--yes", is_flag=True, help="覆盖已有的 / also where it exists already")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def command(*, span: Span, out: Path, yes: bool, as_json: bool) -> None:
    r"""一个月的上报包 / Everything of a month: cases, reports, a manifest with SHA-256 digests.

    cases.csv, cases.xlsx: 奖惩案例; reports.jsonl: 各报告最新版本; report.html 供打印 / Cases as
    `feedback export --shape union` gives them, the newest revision of each monthly report, the
    same to print. 同样的数据得到相同的文件 / The same topics give the same bytes.
    Exit code 1 if the month's report is not closed (nothing is written), or if receipts stand in
    no case or reports cannot be read (it is written); 3 if nothing runs.

    \b
    Example:
      credit-trigger feedback package --month 2026-06 --out 2026-06.zip
      credit-trigger feedback package --month 2026-06 --out 2026-06 --json
    """
    refuse_to_overwrite(out, yes=yes)
    settings = prepare("feedback")
    say = Words(settings.lang)
    catalogue = load_catalogue(settings)
    newest, unreadable = newest_reports(settings, None, say)
    reports = told_of(newest, span)
    if reports is None:
        missing = say("全市的月度报告尚未关闭", "the city's monthly report is not closed")
        cure = say("只要案例请用", "for the cases alone take")
        click.echo(f"{say(*span.name)}: {missing}; {cure}: feedback export", err=True)
        sys.exit(_FINDING)
    bootstrap, _ = find_kafka(settings)
    with topics_read(bootstrap, say) as read:
        cases = cases_of(read, catalogue, Period(_midnight(span.first), _midnight(span.end)))
    files = package_files(cases, reports, newest.messages_of(span), catalogue)
    if out.suffix.lower() == ".zip":
        write_whole(out, zip_bytes(f"{span.first:%Y-%m}", files))
    else:
        write_whole_folder(out, files)
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    if as_json:
        told = json.loads(files[MANIFEST])
        click.echo(json.dumps({"out": out.name, "manifest_sha256": digest, **told}))
    else:
        click.echo(f"{out.name}: {MANIFEST} SHA-256 {digest}")
        click.echo(
            f"  {say('案例', 'cases')} {len(cases.cases)}, "
            f"{say('报告', 'reports')} {len(reports.reports())}"
        )
    if cases.findings:
        words = say("项回执问题, 详见 feedback export", "receipts in no case; see feedback export")
        click.echo(f"  {cases.findings} {words}", err=True)
    if cases.findings or unreadable:
        sys.exit(_FINDING)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time.min, SHANGHAI)
