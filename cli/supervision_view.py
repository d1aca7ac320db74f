"""The supervision list as people and as programs read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.table import Table

from cli.screen import screen
from streams.rules.masking import shown_code

if TYPE_CHECKING:
    from cli.import_words import Words
    from streams.rules.catalogue import Catalogue
    from streams.rules.supervision import Assessed, Lapse, Promised


class Supervised(NamedTuple):
    """What is told: the actions on the list, departments assessed, their promises, as of *day*."""

    on_list: list[Lapse]
    items: list[Assessed]
    promises: list[Promised]
    day: date
    period: tuple[date, date]


def as_json(told: Supervised) -> dict[str, object]:
    """Return *told* as an object of JSON; codes are whole, since it is for programs."""
    by_department: dict[str, list[dict[str, object]]] = defaultdict(list)
    for lapse in told.on_list:
        by_department[lapse.department].append(
            {
                "action_id": lapse.action_id,
                "uscc": lapse.subject,
                "item_code": lapse.item_code,
                "application_no": lapse.application_no,
                "measure_id": lapse.measure_id,
                "due_on": lapse.due_on.isoformat(),
                "working_days_late": lapse.days_late,
            }
        )
    return {
        "day": told.day.isoformat(),
        "overdue": by_department,
        "assessment": {
            "from": told.period[0].isoformat(),
            "until": told.period[1].isoformat(),
            "departments": [
                {
                    "department": item.department,
                    "terms_ended": item.ended,
                    "lapsed": item.lapsed,
                    "still_open": item.open,
                    "repeated": item.is_repeated,
                }
                for item in told.items
            ],
            "promises": [asdict(each) for each in told.promises],
        },
    }


def print_supervised(told: Supervised, catalogue: Catalogue, say: Words) -> None:
    """Print a table for each department on the list, then a line for each that is assessed."""

    def name_of(uscc: str) -> str:
        found = catalogue.department(uscc)
        return uscc if found is None else f"{found.name} {uscc}"

    if not told.on_list:
        click.echo(f"{told.day}: {say('没有逾期未报的措施', 'no receipt is overdue')}")
    for uscc, group in groupby(told.on_list, key=lambda lapse: lapse.department):
        mine = list(group)
        table = Table(title=f"{name_of(uscc)}  {say('逾期', 'overdue')} {len(mine)}", box=None)
        for title in (
            say("期限", "due"),
            say("逾期工作日", "working days late"),
            say("主体", "subject"),
            say("办件号", "application"),
            say("措施", "measure"),
            say("编号", "action"),
        ):
            table.add_column(title, overflow="fold")
        for lapse in mine:
            table.add_row(
                str(lapse.due_on),
                str(lapse.days_late),
                shown_code(lapse.subject),
                lapse.application_no,
                lapse.measure_title,
                lapse.action_id,
            )
        screen().print(table)
    first, last = told.period[0], told.period[1] - timedelta(days=1)
    for item in told.items:
        repeated = (
            f", {say('多次逾期, 列入考核', 'repeated: assessed')}" if item.is_repeated else ""
        )
        click.echo(
            f"{first} ~ {last}  {name_of(item.department)}: "
            f"{say('到期', 'terms ended')} {item.ended}, {say('逾期', 'lapsed')} {item.lapsed}, "
            f"{say('未报', 'still open')} {item.open}{repeated}"
        )
    for each in told.promises:
        click.echo(
            f"{first} ~ {last}  {name_of(each.department)}: "
            f"{say('承诺', 'promises')} {each.used}, {say('已履行', 'kept')} {each.kept}, "
            f"{say('违诺', 'broken')} {each.broken}, {say('期限内', 'running')} {each.running}"
        )
