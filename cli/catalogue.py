"""`credit-trigger catalogue`: check the rules before they decide anything."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.settings import load_settings
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.faults import CatalogueFaults, Fault

_FINDING, _USAGE = 1, 2


@click.group("catalogue")
def command() -> None:
    r"""奖惩措施目录: 检查与维护 / The catalogue of measures: check and maintain it.

    \b
    Example:
      credit-trigger catalogue check
    """


@command.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
def check(path: Path | None, *, as_json: bool) -> None:
    r"""检查目录,一次报告每个文件的每个问题 / Report every fault of every file at once.

    PATH 默认为 CREDIT_CATALOGUE 或随程序安装的目录 / PATH: by default CREDIT_CATALOGUE, else the
    catalogue that is installed. Exit code 1 if there are faults.

    \b
    Example:
      credit-trigger catalogue check
      credit-trigger catalogue check ./catalogue --json
    """
    files = read_catalogue(path if path is not None else installed_catalogue())
    try:
        catalogue = build_catalogue(files)
    except CatalogueFaults as err:
        _tell_faults(err.faults, as_json=as_json)
        sys.exit(_FINDING)
    _tell_counts(catalogue, as_json=as_json)


@command.command("workdays")
@click.argument("year", type=click.IntRange(2004, 2100))
def workdays(year: int) -> None:
    r"""输出一年的工作日文件 / Print the working-day file of YEAR, to be compared and saved.

    \b
    Example:
      credit-trigger catalogue workdays 2026 > catalogue/workdays/2026.csv
    """
    from cli.workdays_file import year_file  # noqa: PLC0415  # slow to import, needed here alone

    try:
        text = year_file(year)
    except NotImplementedError:
        click.echo(
            f"{year}: 放假安排尚未公布或软件包过旧 / not published,"
            " or the package is too old; 升级 chinesecalendar / upgrade chinesecalendar",
            err=True,
        )
        sys.exit(_USAGE)
    click.echo(text, nl=False)


def installed_catalogue() -> Path:
    """Return the folder that `CREDIT_CATALOGUE` names, else the installed one."""
    return data_dir("catalogue", load_settings().catalogue)


def _tell_faults(faults: tuple[Fault, ...], *, as_json: bool) -> None:
    if as_json:
        told = {"ok": False, "faults": [asdict(fault) for fault in faults]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for fault in faults:
        click.echo(str(fault))
    files = len({fault.file for fault in faults})
    click.echo(f"{files} 个文件 {len(faults)} 处问题 / {len(faults)} fault(s) in {files} file(s)")


def _tell_counts(catalogue: Catalogue, *, as_json: bool) -> None:
    counts = {
        "measures": len(catalogue.measures),
        "unverified": sum(not measure.verified for measure in catalogue.measures),
        "shadow": sum(measure.shadow for measure in catalogue.measures),
        "block": sum(measure.stops_by_itself for measure in catalogue.measures),
        "lists": len(catalogue.lists),
        "families": len(catalogue.families),
        "departments": len(catalogue.departments),
        "items": len(catalogue.items),
    }
    years = [catalogue.calendar.first_year, catalogue.calendar.last_year]
    if as_json:
        told = {"ok": True, "version": catalogue.version, **counts, "workdays": years}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(
        f"措施 {counts['measures']} 项（自动拦截 {counts['block']}，待核 {counts['unverified']}，"
        f"影子 {counts['shadow']}），名单 {counts['lists']}，事项族 {counts['families']}，"
        f"部门 {counts['departments']}，事项 {counts['items']}，工作日 {years[0]}-{years[1]}"
    )
    click.echo(
        f"{counts['measures']} measures ({counts['block']} block by themselves,"
        f" {counts['unverified']} unverified, {counts['shadow']} shadow), {counts['lists']} lists,"
        f" {counts['families']} families, {counts['departments']} departments,"
        f" {counts['items']} items, working days {years[0]}-{years[1]}"
    )
    click.echo(f"版本 / version {catalogue.version}")
