"""`credit-trigger supervision`: which department has not reported in time, and how often."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from cli.import_words import Words
from cli.prepared import prepare
from cli.supervision_view import Supervised, as_json, print_supervised
from consumers.duties import read_duties
from infra.clock import SystemClock
from infra.services import find_kafka
from infra.topic_log import find_log
from schemas.times import legal_day
from sources.topic_reader import read_to_end
from streams.catalogue_in_force import load_catalogue
from streams.rules.periods import period_of
from streams.rules.supervision import assessed, lapses, promised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from confluent_kafka import Message


_FINDING = 1
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("supervision")
@click.option("--department", metavar="USCC", help="只看一个部门 / of one department alone")
@click.option("--on", "instant", type=_DAY, metavar="DATE", help="截至该日 / as of that day")
@click.option("--json", "in_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def command(*, department: str | None, instant: datetime | None, in_json: bool) -> None:
    r"""督办清单: 逾期未报回执的措施 / Actions whose receipt is overdue, by department.

    逾期: 期限最后一日前没有报送; 同一半年内两次以上为多次逾期, 列入考核 / Overdue: nothing was
    reported by the last day of the term. Twice or more in one half-year is an item of assessment;
    what was reported late leaves the list and stays counted. 承诺的履行情况一并列出 / Promises
    (accept_with_gaps, offer_commitment) are counted beside: kept, broken, running. Computed from
    credit.actions and credit.receipts as they are. Exit code 1 if something is overdue, 3 if
    nothing runs.

    \b
    Example:
      credit-trigger supervision
      credit-trigger supervision --department 1121050010500055XW --on 2026-06-30 --json
    """
    settings = prepare("supervision")
    say = Words(settings.lang)
    catalogue = load_catalogue(settings)
    if department is not None and catalogue.department(department) is None:
        raise click.UsageError(
            "--department: 不在 departments.yaml 中 / not in departments.yaml; "
            "请核对代码 / check the code"
        )
    bootstrap, _ = find_kafka(settings)
    day = legal_day(SystemClock()()) if instant is None else instant.date()
    known = read_duties(lambda topic: _all_of(bootstrap, topic), catalogue)
    period = period_of(day, "half")
    told = Supervised(
        [
            lapse
            for lapse in lapses(known, catalogue, day)
            if lapse.is_open and department in (None, lapse.department)
        ],
        [
            item
            for item in assessed(known, catalogue, day, period)
            if department in (None, item.department)
        ],
        [
            each
            for each in promised(known, catalogue, day, period)
            if department in (None, each.department)
        ],
        day,
        period,
    )
    if in_json:
        click.echo(json.dumps(as_json(told), ensure_ascii=False))
    else:
        print_supervised(told, catalogue, say)
    if told.on_list:
        sys.exit(_FINDING)


def _all_of(bootstrap: str, topic: str) -> Iterator[Message]:
    return read_to_end(bootstrap, topic, sorted(find_log(bootstrap, topic).ends))
