"""`credit-trigger lists`: list files in, and what is known of one organisation."""

import json
import sys
from datetime import date, datetime
from pathlib import Path

import click

from cli.checked_options import uscc_option
from cli.import_setup import FINDING, USAGE, load_crosswalk, load_formats, progress_bar
from cli.import_words import Words, list_lines
from cli.prepared import prepare
from infra.catalogue_files import read_catalogue
from infra.clock import SystemClock
from infra.data_files import data_dir
from infra.services import find_kafka
from infra.settings import Settings
from schemas.registry import ListSpec
from schemas.times import legal_day
from sources.errors import UnusableFileError
from sources.import_list import ListOptions, check_list, import_list
from sources.shown_entry import ShownEntry, show_entries
from streams.rules.catalogue import build_catalogue

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("lists")
def command() -> None:
    r"""名单: 导入与查询 / Lists: import them, look one organisation up.

    \b
    Example:
      credit-trigger lists import court.csv --list court-defaulter --full
    """


@command.command("import")
@click.argument("file", type=_FILE)
@click.option("--list", "list_code", required=True, metavar="CODE", help="名单代码 / lists.yaml")
@click.option("--full", is_flag=True, help="全量: 缺失的条目移出 / the whole list: absent ones go")
@click.option("--check", is_flag=True, help="只检查, 不写入 / say what it would do, write nothing")
@click.option("--yes", is_flag=True, help="确认大量移出 / also where many entries would go")
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
@click.option("--format", "format_name", metavar="NAME", help="格式名, 默认按表头识别 / by header")
@click.option(
    "--provider", metavar="SOURCE", help="提供单位, 默认为第一个 / default: the list's first"
)
@click.option("--rejects", type=click.Path(path_type=Path), help="拒收文件 / default: beside FILE")
@click.option("--crosswalk", type=_FILE, help="旧代码对照表 / legacy codes, see docs/formats.md")
@click.option("--formats", type=_FOLDER, help="另一格式目录 / a folder of further formats")
def import_command(  # noqa: PLR0913  # one a flag
    *,
    file: Path,
    list_code: str,
    format_name: str | None,
    provider: str | None,
    rejects: Path | None,
    crosswalk: Path | None,
    formats: Path | None,
    full: bool,
    check: bool,
    yes: bool,
    as_json: bool,
) -> None:
    r"""导入名单文件 / Bring a list to what FILE states; rows that agree write nothing.

    先与现有名单比较, 再在事务中写入变化和发布标记 / It is compared with what is known, then the
    changes and the publication are written in transactions. Exit code 1 if rows were refused.

    \b
    Example:
      credit-trigger lists import court.csv --list court-defaulter --full --check
      credit-trigger lists import court.csv --list court-defaulter --full
    """
    settings = prepare("lists")
    options = ListOptions(
        formats=load_formats(settings, formats),
        lists=_lists(settings),
        full=full,
        check=check,
        yes=yes,
        format_name=format_name,
        provider=provider,
        rejects=rejects,
        crosswalk=load_crosswalk(settings, crosswalk),
        group=settings.group,
    )
    try:
        check_list(list_code, options)
        bootstrap, _ = find_kafka(settings)
        with progress_bar([file], quiet=as_json) as progress:
            report = import_list(
                file,
                list_code,
                bootstrap=bootstrap,
                options=options,
                clock=SystemClock(),
                progress=progress,
            )
    except UnusableFileError as err:
        raise click.UsageError(str(err)) from err
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for line in list_lines(report, Words(settings.lang)):
            click.echo(line)
    sys.exit(USAGE if report.needs_yes else FINDING if report.findings else 0)


@command.command("show")
@click.argument("uscc", callback=uscc_option)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="哪一天, 默认今天 / default: today")
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 数组 / one JSON array on stdout")
def show(uscc: str, on: datetime | None, *, as_json: bool) -> None:
    r"""一个主体的全部名单条目 / Every entry of one organisation, active or not and why.

    \b
    Example:
      credit-trigger lists show 91210500MA0BX0015F --on 2026-06-16
    """
    settings = prepare("lists")
    day = on.date() if on is not None else legal_day(SystemClock()())
    bootstrap, _ = find_kafka(settings)
    entries = show_entries(uscc, bootstrap=bootstrap, lists=_lists(settings), on=day)
    if as_json:
        shown = [entry.as_json() for entry in entries]
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    say = Words(settings.lang)
    if not entries:
        click.echo(f"{uscc}: {say('不在任何名单上', 'on no list')} ({day})")
    for entry in entries:
        click.echo(_line(entry, day, say))


def _line(entry: ShownEntry, day: date, say: Words) -> str:
    mark = say("有效", "active") if entry.active else say("无效", "not active")
    return (
        f"{say(entry.title_zh, entry.title_en)} [{entry.list_code}] {day}: {mark},"
        f" {say(entry.why_zh, entry.why_en)}; {entry.entry_id}@{entry.revision},"
        f" {entry.subject_name}, {entry.doc_no}, {entry.recognised_by}"
    )


def _lists(settings: Settings) -> dict[str, ListSpec]:
    folder = data_dir("catalogue", settings.catalogue)
    return dict(build_catalogue(read_catalogue(folder)).lists)
