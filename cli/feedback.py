"""`credit-trigger feedback`: what the credit office reports upwards, as files."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import feedback_package, feedback_report
from cli.checked_options import day_option
from cli.feedback_rebuild import rebuild
from cli.feedback_show import listing, show
from cli.import_words import Words
from cli.prepared import prepare
from cli.topics_read import topics_read
from cli.whole_file import refuse_to_overwrite, write_whole
from consumers.feedback.case_table import Table, case_table, csv_bytes, xlsx_bytes
from consumers.feedback.mapping import UNION, Shape, load_shape
from consumers.feedback.told_cases import Period, ToldCases, cases_of
from infra.clock import SystemClock
from infra.data_files import data_dir
from infra.services import find_kafka
from schemas.times import SHANGHAI, legal_day
from streams.catalogue_in_force import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


_FINDING = 1
_UNION = "union"
_MANY_ROWS = 5_000  # a workbook of 10,000 takes 3 s
_WRITERS: dict[str, Callable[[Table], bytes]] = {".csv": csv_bytes, ".xlsx": xlsx_bytes}


@click.group("feedback")
def command() -> None:
    r"""定期反馈: 案例、期间报告、上报 / Feedback: cases, reports of periods, what goes upstream.

    \b
    Example:
      credit-trigger feedback list --period month
      credit-trigger feedback export --shape union \
        --from 2026-06-01 --until 2026-07-01 --out june.xlsx
      credit-trigger feedback report --half 2026-H1 --out 2026-H1.pdf
      credit-trigger feedback package --month 2026-06 --out 2026-06.zip
    """


for _verb in (listing, show, rebuild, feedback_report.command, feedback_package.command):
    command.add_command(_verb)


def _shape(_: click.Context, option: click.Parameter, text: str) -> Shape:
    """Return the shape that *text* names. Raises: click.BadParameter naming those that there are.

    A mapping file of one's own is taken, too; MappingFaultError says what is wrong with it.
    """
    if text == _UNION:
        return UNION
    known = {path.stem: path for path in sorted(data_dir("mappings").glob("*.yaml"))}
    own = Path(text)
    path = known.get(text) or (own if own.suffix == ".yaml" and own.is_file() else None)
    if path is None:
        names = ", ".join([_UNION, *known])
        raise click.BadParameter(
            f"没有这个格式 / no such shape; 可用 / there are: {names}, 或映射文件 / or FILE.yaml",
            param=option,
        )
    return load_shape(path)


def _file(_: click.Context, option: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in _WRITERS:
        raise click.BadParameter(
            "文件名应以 .csv 或 .xlsx 结尾 / the name must end in .csv or .xlsx", param=option
        )
    if not path.parent.is_dir():
        raise click.BadParameter("没有这个文件夹 / there is no such folder", param=option)
    return path


@command.command("export")
@click.option(
    "--shape",
    required=True,
    callback=_shape,
    metavar="NAME|FILE.yaml",
    help="union, transport-25414, chongqing, liaoning, 或自己的映射文件 / or a mapping of yours",
)
@click.option(
    "--from", "begin", required=True, callback=day_option, metavar="DATE", help="首日 / from"
)
@click.option(
    "--until",
    "end",
    required=True,
    callback=day_option,
    metavar="DATE",
    help="截止日, 不含当日 / the first day that is out of it",
)
@click.option(
    "--out",
    required=True,
    callback=_file,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=".csv 或 / or .xlsx",
)
@click.option("--yes", is_flag=True, help="覆盖已有文件 / also where FILE exists already")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def export(  # noqa: PLR0913  # one a flag
    *, shape: Shape, begin: date, end: date, out: Path, yes: bool, as_json: bool
) -> None:
    r"""导出一个期间的奖惩案例 / Write the cases of a period that are new or have changed in it.

    同一期间再次导出得到相同的文件, 除非有迟到的回执 / The same period gives the same file again,
    unless receipts came late. A case reported before comes again, with correction_of, when its
    action or its receipt has changed; an empty handle_type: no department has answered.
    没有案例也写文件(零报告) / A period without cases gives a file with its head alone (nil return).
    Exit code 1 if receipts stand in no case, 3 if nothing runs.

    \b
    Example:
      credit-trigger feedback export --shape union \
        --from 2026-06-01 --until 2026-07-01 --out june.xlsx
      credit-trigger feedback export --shape transport-25414 \
        --from 2026-01-01 --until 2026-07-01 --out 25414.csv --json
    """
    if begin >= end:
        raise click.UsageError("--from 应早于 --until / --from must be before --until")
    refuse_to_overwrite(out, yes=yes)
    settings = prepare("feedback")
    say = Words(settings.lang)
    catalogue = load_catalogue(settings)
    bootstrap, _ = find_kafka(settings)
    if end > legal_day(SystemClock()()):
        click.echo(
            say(
                "期间尚未结束, 结束后请再次导出", "the period is not over yet: export it again then"
            ),
            err=True,
        )
    with topics_read(bootstrap, say) as read:
        told = cases_of(read, catalogue, Period(_midnight(begin), _midnight(end)))
    table = case_table(shape, told.cases)
    if len(table.rows) > _MANY_ROWS:
        click.echo(f"{out.name}: {say('写入', 'writing')} {len(table.rows) - 1:,}", err=True)
    written = _WRITERS[out.suffix.lower()](table)
    write_whole(out, written)
    _tell(told, table, out, hashlib.sha256(written).hexdigest(), say, as_json=as_json)
    if told.findings:
        sys.exit(_FINDING)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time.min, SHANGHAI)


def _tell(  # noqa: PLR0913  # what is told, of what, in which words
    told: ToldCases, table: Table, out: Path, digest: str, say: Words, *, as_json: bool
) -> None:
    count = len(table.rows) - 1
    by_answer = Counter(case.handle_type or "unanswered" for case in told.cases)
    corrections = sum(bool(case.correction_of) for case in told.cases)
    if as_json:
        summary = {
            "file": out.name,
            "rows": count,
            "cases": len(told.cases),
            "corrections": corrections,
            "left_out": table.left_out,
            "by_handle_type": dict(sorted(by_answer.items())),
            "receipts_unreadable": told.unreadable,
            "receipts_without_action": told.without_action,
            "receipts_of_others": told.of_others,
            "sha256": digest,
        }
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        nil = "" if told.cases else f" ({say('零报告', 'nil return')})"
        click.echo(f"{out.name}: {count} {say('行', 'rows')}{nil}, SHA-256 {digest}")
        answers = ", ".join(f"{name} {n}" for name, n in sorted(by_answer.items())) or "0"
        click.echo(
            f"  {say('案例', 'cases')}: {answers}; {say('其中更正', 'of them corrections')}"
            f" {corrections}"
        )
    for number, zh, en in (
        (table.left_out, "个案例不适用于该格式, 未写入", "cases have no place in this shape"),
        (told.unreadable, "条回执无法读取", "receipts cannot be read; ask who sent them"),
        (told.without_action, "项措施不存在却有回执", "actions have receipts but are not known"),
        (told.of_others, "条回执来自其他部门, 未采用", "receipts of other departments, not taken"),
    ):
        if number:
            click.echo(f"  {number} {say(zh, en)}", err=True)
