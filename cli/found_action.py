"""An action looked up by its id alone, newest messages first, with progress."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from consumers.action_records import ActionRecord, newest_actions
from consumers.newest_first import Progress as Report
from consumers.newest_first import newest_first
from infra.kafka import murmur2_partition
from infra.topic_log import find_log
from schemas import topics

_FINDING = 1
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def action_id_argument(_: click.Context, option: click.Parameter, text: str) -> str:
    """Return an action's id in canonical form. Raises: click.BadParameter if it is none."""
    wanted = text.strip().lower()
    if not _ID.fullmatch(wanted):
        raise click.BadParameter(
            "不是措施编号 / not the id of an action; 应为 36 位 / give all 36 characters, as "
            "`credit-trigger alerts` and `explain` tell it",
            param=option,
        )
    return wanted


def find_action(bootstrap: str, wanted: str, subject: str | None, *, quiet: bool) -> ActionRecord:
    """Return the newest state of the action *wanted*; *subject* leaves one partition to read.

    Leaves with exit code 1 and one line on stderr if there is none.
    """
    log = find_log(bootstrap, topics.ACTIONS)
    places = sorted(log.ends)
    if subject is not None:
        places = [murmur2_partition(subject.encode(), len(places))]
    with _progress(quiet=quiet) as report:
        windows = newest_first(log, places, holding=wanted.encode(), progress=report)
        found = newest_actions(windows, wanted)
    record = found.get(wanted)
    if record is None or subject not in (None, record.uscc):
        click.echo(f"{wanted}: {_absence(sorted(found), subject)}", err=True)
        sys.exit(_FINDING)
    return record


def _absence(actions: list[str], subject: str | None) -> str:
    if actions and subject is None:
        return "这是决定的编号 / this is a decision's id; 其措施 / its actions: " + ", ".join(
            actions
        )
    at = " (--subject)" if subject is not None else ""
    return (
        f"没有这个措施 / no such action{at}; "
        "编号见 / ids: `credit-trigger alerts`, `credit-trigger explain`"
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    """Show on stderr how far the search is, if that is a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("查找 / searching", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
