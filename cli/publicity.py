"""`credit-trigger publicity`: which department reports its permits late (双公示 迟报)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from cli.import_words import Words
from cli.prepared import prepare
from infra.clock import SystemClock
from infra.services import find_kafka
from infra.topic_log import find_log
from schemas import incoming
from schemas.dead_letter import header_list
from schemas.errors import RejectRecordError
from schemas.times import from_millis, legal_day, read_instant
from schemas.topics import events_topic
from sources.topic_reader import read_to_end
from streams.catalogue_in_force import load_catalogue
from streams.rules.periods import period_of
from streams.rules.publicity import PERMIT_DECIDED, Permit, timeliness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from confluent_kafka import Message

    from schemas.dead_letter import Header

_FINDING = 1
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("publicity")
@click.option("--from", "begin", type=_DAY, metavar="DATE", help="决定日期, 首日 / decided from")
@click.option("--until", "end", type=_DAY, metavar="DATE", help="截止日, 不含当日 / exclusive")
@click.option("--json", "in_json", is_flag=True, help="输出一个 JSON 对象 / one JSON object")
def command(*, begin: datetime | None, end: datetime | None, in_json: bool) -> None:
    r"""双公示时效: 行政许可七个工作日内报送 / Permits that arrived later than seven working days.

    从作出决定的次日起算, 到消息到达之日; 默认本半年 / Counted from the day after the decision to
    the day of arrival; this half-year unless told otherwise. Corrected or repeated records count
    once, with their first arrival. Exit code 1 if one was late, 3 if nothing runs.

    \b
    Example:
      credit-trigger publicity
      credit-trigger publicity --from 2026-01-01 --until 2026-07-01 --json
    """
    settings = prepare("publicity")
    say = Words(settings.lang)
    catalogue = load_catalogue(settings)
    bootstrap, _ = find_kafka(settings)
    first, last = period_of(legal_day(SystemClock()()), "half")
    period = (begin.date() if begin else first, end.date() if end else last)
    if period[0] >= period[1]:
        raise click.UsageError("--from 应早于 --until / --from must be before --until")
    told = timeliness(_permits(bootstrap), catalogue.calendar, period)
    if in_json:
        departments = [asdict(each) for each in told]
        bounds = {"from": period[0].isoformat(), "until": period[1].isoformat()}
        click.echo(json.dumps(bounds | {"departments": departments}, ensure_ascii=False))
    else:
        if not told:
            click.echo(say("期间内没有行政许可决定", "no permit was decided in the period"))
        for each in told:
            found = catalogue.department(each.department)
            name = each.department if found is None else f"{found.name} {each.department}"
            click.echo(
                f"{name}: {say('许可', 'permits')} {each.decided}, {say('迟报', 'late')} "
                f"{each.late}, {say('最多迟', 'at most')} {each.most_days_late} "
                f"{say('个工作日', 'working days late')}"
            )
        if sum(each.provisional for each in told):
            click.echo(
                say(
                    "部分期限涉及尚未公布的年份, 为暂定",
                    "some terms touch a year whose calendar is not published: provisional",
                ),
                err=True,
            )
    if any(each.late for each in told):
        sys.exit(_FINDING)


def _permits(bootstrap: str) -> Iterator[Permit]:
    """Yield every decided permit that was accepted; what is no event is a dead letter elsewhere."""
    topic = events_topic("approval")
    wanted = PERMIT_DECIDED.encode()
    for message in read_to_end(bootstrap, topic, sorted(find_log(bootstrap, topic).ends)):
        raw = message.value() or b""
        headers = partial(_headers, message)
        if wanted not in raw and wanted not in repr(message.headers()).encode():
            continue  # most are of other stages: not even parsed
        try:
            event = incoming.department_event(raw, headers)
        except RejectRecordError:
            continue
        if event.type == PERMIT_DECIDED:
            yield Permit(
                event.data.department,
                event.subject,
                event.data.application_no,
                legal_day(read_instant(event.time).instant),
                legal_day(from_millis(int(message.timestamp()[1]))),
            )


def _headers(message: Message) -> list[Header]:
    return header_list(message.headers())
