"""`credit-trigger events`: departments' files become events."""

import json
import sys
from pathlib import Path

import click

from cli.checked_options import uscc_option
from cli.import_setup import FINDING, load_crosswalk, load_formats, progress_bar
from cli.import_words import Words, event_lines
from cli.prepared import prepare
from infra.clock import SystemClock
from infra.services import find_kafka
from sources.errors import UnusableFileError
from sources.import_events import ImportOptions, import_events

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("events")
def command() -> None:
    r"""部门文件变为事件 / Departments' files become events.

    \b
    Example:
      credit-trigger events import cases.csv --check
    """


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--format", "format_name", metavar="NAME", help="格式名, 默认按表头识别 / by header")
@click.option(
    "--department",
    metavar="USCC",
    callback=uscc_option,
    help="文件中没有部门代码时 / where the rows tell none",
)
@click.option("--rejects", type=click.Path(path_type=Path), help="拒收文件 / default: beside FILE")
@click.option("--check", is_flag=True, help="只检查, 不发布 / say what it would do, touch nothing")
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
@click.option("--crosswalk", type=_FILE, help="旧代码对照表 / legacy codes, see docs/formats.md")
@click.option("--formats", type=_FOLDER, help="另一格式目录 / a folder of further formats")
def import_command(  # noqa: PLR0913  # one a flag
    *,
    files: tuple[Path, ...],
    format_name: str | None,
    department: str | None,
    rejects: Path | None,
    crosswalk: Path | None,
    formats: Path | None,
    check: bool,
    as_json: bool,
) -> None:
    r"""导入部门文件(CSV、XLSX) / Publish the rows of FILES as events.

    同一文件导入两次没有第二次效果 / The same file twice has no second effect. Rows that cannot be
    taken go to `<name>.rejects.csv` beside the file: correct them and import that file. Rows on
    natural persons are refused and never stored. Exit code 1 if there were any of either.

    \b
    Example:
      credit-trigger events import cases.csv permits.xlsx
      credit-trigger events import cases.csv --check --json
    """
    settings = prepare("events")
    options = ImportOptions(
        formats=load_formats(settings, formats),
        format_name=format_name,
        department=department,
        rejects=rejects,
        crosswalk=load_crosswalk(settings, crosswalk),
    )
    try:
        with progress_bar(files, quiet=as_json) as progress:
            report = import_events(
                files,
                bootstrap=None if check else find_kafka(settings)[0],
                options=options,
                clock=SystemClock(),
                progress=progress,
            )
    except UnusableFileError as err:
        raise click.UsageError(str(err)) from err
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for line in event_lines(report, Words(settings.lang)):
            click.echo(line)
    sys.exit(FINDING if report.findings else 0)
