"""`credit-trigger replay --verify`: the whole log gives the same decisions and actions again."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from cli.import_words import Words
from cli.prepared import prepare
from cli.replay_view import progress_line, report_json, report_lines
from infra.services import find_kafka
from infra.topics import Topics
from schemas import topics
from schemas.times import parse_instant
from streams.replay.kafka_log import KafkaLog
from streams.replay.verify import verify
from streams.replay.walk import Period

if TYPE_CHECKING:
    from datetime import datetime

_FINDING = 1
_OUTPUTS = (
    topics.DECISIONS,
    topics.ACTIONS,
    topics.STATE,
    topics.CATALOGUES,
    topics.DEAD_LETTERS,
    topics.LISTS,
    topics.REVIEWS,
)


def _instant(_: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """Return the instant of RFC 3339 *text*. Raises: click.BadParameter."""
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as err:
        msg = f"应为 RFC 3339 时间 / {err}"
        raise click.BadParameter(msg, param=option) from err


@click.command("replay")
@click.option(
    "--verify",
    "is_verify",
    is_flag=True,
    help="逐条重现并比对, 不写任何内容 / compare, write nothing",
)
@click.option(
    "--from",
    "begin",
    metavar="TIME",
    callback=_instant,
    help="从此时作出的决定起比对 / compare what was decided from then on",
)
@click.option(
    "--until", "end", metavar="TIME", callback=_instant, help="到此时为止 / up to then (exclusive)"
)
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def command(
    *, is_verify: bool, begin: datetime | None, end: datetime | None, as_json: bool
) -> None:
    r"""重放: 用日志重现每一个决定和措施 / Reproduce every decision and action from the log.

    每个决定都用它记下的目录、名单位置、日期和时刻重新作出,
    决定和措施逐字节比对; 只读, 触发器可以在运行。
    / Each decision is made again with the catalogue, positions, day and instant that it names;
    decisions and actions are compared byte for byte. What was decided before --from is made again
    and not compared. Reads only, while the trigger runs or not. Exit code 1 if anything differs,
    3 if nothing runs or a log no longer begins at 0.

    \b
    Example:
      credit-trigger replay --verify
      credit-trigger replay --verify --from 2026-06-01T00:00:00+08:00 --json
    """
    if not is_verify:
        msg = "请写明 --verify: 只比对, 不写 / say --verify: it compares and writes nothing"
        raise click.UsageError(msg)
    if begin is not None and end is not None and begin >= end:
        msg = "--from 应早于 --until / --from must be before --until"
        raise click.UsageError(msg)
    settings = prepare("replay")
    bootstrap, _ = find_kafka(settings)
    say = Words(settings.lang)
    found = Topics(bootstrap).found()
    events = sorted(name for name in found if name.startswith(topics.EVENTS_PREFIX))
    events.append(topics.MEMBERS)
    with KafkaLog(bootstrap, (*_OUTPUTS, *events)) as log, progress_line(log, say) as progress:
        partitions = len(log.ends(topics.DECISIONS))
        report = verify(
            log, partitions, events=events, period=Period(begin, end), progress=progress
        )
    if as_json:
        click.echo(json.dumps(report_json(report), ensure_ascii=False))
    else:
        for line in report_lines(report, say):
            click.echo(line)
    if report.findings.count:
        sys.exit(_FINDING)
