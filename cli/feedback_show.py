"""`credit-trigger feedback list` and `show`: the reports that were published."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import click
from rich.table import Table

from cli.checked_options import day_option
from cli.feedback_view import report_lines
from cli.feedback_words import PERIODS, department_option, disagreeing, span_words
from cli.import_words import Words
from cli.prepared import prepare
from cli.screen import screen
from infra.services import find_kafka
from schemas.errors import StopServiceError
from streams.reporting.report_log import ReportLog
from streams.rules.periods import Span, period_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from infra.settings import Settings
    from schemas.feedback import FeedbackData
    from streams.rules.periods import Period

_DAY = timedelta(days=1)


@click.command("list")
@click.option("--period", type=click.Choice(PERIODS), multiple=True, help="只看 / only these")
@click.option(
    "--department", callback=department_option, metavar="USCC|city", help="只看 / only this one"
)
@click.option(
    "--from", "begin", callback=day_option, metavar="DATE", help="最早的期末日 / last day from"
)
@click.option(
    "--until", "end", callback=day_option, metavar="DATE", help="不含当日 / and before this"
)
@click.option("--all", "every", is_flag=True, help="包括已被更正的修订 / corrected revisions too")
@click.option("--json", "as_json", is_flag=True, help="每份报告一行 JSON / a JSON line a report")
def listing(  # noqa: PLR0913  # one a flag
    *,
    period: tuple[str, ...],
    department: str | None,
    begin: date | None,
    end: date | None,
    every: bool,
    as_json: bool,
) -> None:
    r"""列出已发布的报告 / List the reports on credit.feedback, the newest revision of each.

    \b
    Example:
      credit-trigger feedback list --period month --department city
      credit-trigger feedback list --from 2026-06-01 --until 2026-07-01 --all --json
    """
    settings = prepare("feedback")

    def asked(data: FeedbackData) -> bool:
        last = data.until - _DAY
        return (
            (not period or data.period in period)
            and department in (None, data.department)
            and (begin is None or begin <= last)
            and (end is None or last < end)
        )

    found = _found(settings, asked, newest=not every)
    if as_json:
        for data in found:
            click.echo(_json(data))
        return
    say = Words(settings.lang)
    if not found:
        click.echo(say("没有报告", "no reports"))
        return
    screen().print(_table(found, say))


@click.command("show")
@click.argument("report_id", required=False)
@click.option("--department", callback=department_option, metavar="USCC|city", help="部门 / whose")
@click.option("--period", type=click.Choice(PERIODS), help="期间 / which kind of period")
@click.option("--on", "day", callback=day_option, metavar="DATE", help="期间内的一日 / a day in it")
@click.option("--revision", type=click.IntRange(min=0), help="默认最新 / default: the newest")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def show(  # noqa: PLR0913  # one a flag
    *,
    report_id: str | None,
    department: str | None,
    period: str | None,
    day: date | None,
    revision: int | None,
    as_json: bool,
) -> None:
    r"""显示一份报告 / Show one report, by its id or by department, period and a day in it.

    Exit code 3 if there is no such report.

    \b
    Example:
      credit-trigger feedback show --department city --period month --on 2026-06-15
      credit-trigger feedback show REPORT_ID --json
    """
    whole = None not in (department, period, day)
    if whole == (report_id is not None):
        raise click.UsageError(
            "请给出 REPORT_ID, 或 --department --period --on / give REPORT_ID, or all of "
            "--department, --period and --on"
        )
    settings = prepare("feedback")

    def asked(data: FeedbackData) -> bool:
        if revision not in (None, data.revision):
            return False
        if report_id is not None:
            return data.report_id == report_id
        kind, within = cast("Period", period), cast("date", day)
        wanted = department, kind, *period_of(within, kind)
        return (data.department, data.period, data.from_, data.until) == wanted

    found = _found(settings, asked, newest=True)
    if not found:
        raise StopServiceError(
            "feedback show: 没有这份报告 / no such report; "
            "请先查看 / see `credit-trigger feedback list`"
        )
    say = Words(settings.lang)
    click.echo(_json(found[-1]) if as_json else "\n".join(report_lines(found[-1], say)))


def _found(
    settings: Settings, asked: Callable[[FeedbackData], bool], *, newest: bool
) -> list[FeedbackData]:
    """Return the published reports that are asked for, by period and department."""
    bootstrap, _ = find_kafka(settings)
    found: dict[tuple[object, ...], FeedbackData] = {}
    with closing(ReportLog(bootstrap)) as log:
        for data in (report.data for report in log.reports()):
            if asked(data):
                of = data.until, data.from_, data.department
                kept = of if newest else (*of, data.revision)
                if kept not in found or found[kept].revision <= data.revision:
                    found[kept] = data
    return [data for _, data in sorted(found.items(), key=lambda pair: _order(pair[1]))]


def _order(data: FeedbackData) -> tuple[object, ...]:
    # The city first: it sums up what follows.
    return data.until, data.from_, data.department != "city", data.department, data.revision


def _json(data: FeedbackData) -> str:
    return json.dumps(data.model_dump(mode="json", by_alias=True), ensure_ascii=False)


def _table(found: list[FeedbackData], say: Words) -> Table:
    table = Table(pad_edge=False, box=None)
    for zh, en in (("期间", "period"), ("部门", "department")):
        table.add_column(say(zh, en), no_wrap=True)
    for zh, en in (
        *(("修订", "revision"), ("事项", "events"), ("措施", "issued")),
        *(("已执行", "executed"), ("逾期", "overdue")),
    ):
        table.add_column(say(zh, en), justify="right", no_wrap=True)
    for zh, en in (("核对", "reconciled"), ("编号", "report id")):
        table.add_column(say(zh, en), no_wrap=True)
    for row in _rows(found, say):
        table.add_row(*row)
    return table


def _rows(found: list[FeedbackData], say: Words) -> Iterator[tuple[str, ...]]:
    for data in found:
        counts = data.counts
        events = str(sum(each.n for each in counts.events))
        yield (
            span_words(Span(data.period, data.from_, data.until), say),
            data.department,
            str(data.revision),
            say("零报告", "nil return") if counts.nil_return else events,
            str(counts.issued),
            str(counts.executed),
            str(counts.overdue),
            say("不符", "differs") if disagreeing(data) else say("相符", "agrees"),
            data.report_id,
        )
