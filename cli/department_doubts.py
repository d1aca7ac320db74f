"""`credit-trigger department doubts` and `settle`: what may have been acted on, or not."""

import json
import sys
from pathlib import Path

import click

from cli.department_options import department_option, journal_option, journal_path
from cli.import_words import Words
from cli.prepared import prepare
from consumers.department.journal import Journal
from infra.settings import Settings

_FINDING = 1


@click.command("doubts")
@department_option
@journal_option
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def doubts_command(*, department: str, journal: Path | None, as_json: bool) -> None:
    r"""列出存疑的答复 / List what is in doubt: it may have been acted on, or not.

    办理中被中止, 或记录已清除而又重来 / The process was killed while it handed an answer over,
    or the answer came again after its record was forgotten. None of it is repeated by itself:
    look in your own system, then say which it was with `settle`. While `watch` runs, what it is
    handing over at this moment is among them. Exit code 1 if there are any.

    \b
    Example:
      credit-trigger department doubts --department 1121050010500055XW
    """
    settings = prepare("department")
    with Journal(_existing(settings, department, journal)) as kept:
        found = kept.in_doubt()
    if as_json:
        told = [{"key": key, "number": number} for key, number in found]
        click.echo(json.dumps({"in_doubt": told}))
    else:
        for key, number in found:
            click.echo(f"{key}  {number}")
        click.echo(f"{Words(settings.lang)('存疑', 'in doubt')}: {len(found)}")
    if found:
        sys.exit(_FINDING)


@click.command("settle")
@click.argument("key", metavar="KEY")
@department_option
@click.option(
    "--acted/--not-acted", "acted", default=None,
    help="已办 / it was acted on; 未办 / it was not",
)  # fmt: skip
@journal_option
def settle_command(*, key: str, department: str, acted: bool | None, journal: Path | None) -> None:
    r"""说明一条存疑的答复是否已办 / Say of an answer in doubt whether it was acted on.

    KEY 如 doubts 所列 / as `doubts` lists it. 先停止 watch / Stop `watch` first.
    --not-acted: 由 watch --from-earliest 再次交付 / it is handed over by the next
    `watch --from-earliest`, if it is still on the topic (30 days); if not, act on it by hand and
    say --acted. Exit code 1 if it is not in doubt.

    \b
    Example:
      credit-trigger department settle action/6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1 \
          --department 1121050010500055XW --acted
    """
    if acted is None:
        raise click.UsageError("--acted, --not-acted: 须选一项 / give one of them")
    settings = prepare("department")
    say = Words(settings.lang)
    with Journal(_existing(settings, department, journal)) as kept:
        kept.take_alone()  # what is being handed over is no doubt of anybody's
        try:
            kept.settle(key, acted=acted)
        except LookupError:
            cure = say("清单见", "listed by")
            told = f"{say('不在存疑之列', 'not in doubt')}; {cure}: department doubts"
            click.echo(f"{key}: {told}", err=True)
            sys.exit(_FINDING)
    done = say("已办", "acted on")
    again = say(
        "未办, 由 watch --from-earliest 再交付", "not acted on; watch --from-earliest repeats it"
    )
    click.echo(f"{key}: {done if acted else again}")


def _existing(settings: Settings, department: str, journal: Path | None) -> Path:
    """Return the journal's path. Raises: click.UsageError if there is none."""
    path = journal or journal_path(settings, department)
    if not path.is_file():
        raise click.UsageError(
            f"{path}: 没有办理记录 / there is no journal; 请核对 / check --department, --journal"
        )
    return path
