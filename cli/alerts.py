"""`credit-trigger alerts`: what officers have to know, since last time or live."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.alert_words import LOST, alert_json, alert_line, in_order
from cli.checked_options import uscc_option
from cli.import_words import Words
from cli.prepared import prepare
from consumers.alert_feed import AlertFeed, FedAlert
from consumers.alert_place import PlaceFile, Start
from infra.services import find_kafka
from infra.topic_log import find_log
from schemas import topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from consumers.alert_feed import Fed

_LOOK_EVERY_S = 0.2  # how soon Ctrl-C is heard; an alert ends the wait at once


@click.command("alerts")
@click.option(
    "--department",
    metavar="USCC",
    callback=uscc_option,
    help="只看一个部门的 / of one department alone",
)
@click.option("--follow", is_flag=True, help="持续显示, Ctrl-C 停止 / live, until Ctrl-C")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON 对象 / one JSON object a line")
@click.option(
    "--from-beginning", is_flag=True, help="从最早的开始 / from the earliest, not since last time"
)
def command(*, department: str | None, follow: bool, as_json: bool, from_beginning: bool) -> None:
    r"""提醒: 上次之后的, 或实时的 / Alerts: those since last time, or live.

    紧急的在前 (!) / What cannot wait comes first, marked with !. Where you stopped is kept in
    CREDIT_STATE_DIR, for each department and for each cluster. Go on with `review` and `explain`.

    \b
    Example:
      credit-trigger alerts
      credit-trigger alerts --department 11210500105000445U --follow
      credit-trigger alerts --from-beginning --json
    """
    settings = prepare("alerts")
    bootstrap, _ = find_kafka(settings)
    log = find_log(bootstrap, topics.ALERTS)
    kept = PlaceFile(settings.state_dir, log, department)
    start = Start(log.starts) if from_beginning else kept.start()
    say = Words(settings.lang)
    if start.lost is not None:
        click.echo(f"{topics.ALERTS}: {say(*LOST[start.lost])}", err=True)
    screen = _Screen(say, as_json=as_json)
    with AlertFeed(log, start.positions, department) as feed:
        if follow:
            with _until_interrupted() as stop:
                _show_backlog(feed, kept, screen)
                _follow(feed, kept, screen, stop)
        elif not _show_backlog(feed, kept, screen) and not as_json:
            click.echo(say("没有新的提醒", "no new alerts"))


def _show_backlog(feed: AlertFeed, kept: PlaceFile, screen: _Screen) -> int:
    """Show what has come since last time and return how many messages that were."""
    found = feed.backlog()
    screen.show(in_order(_alerts(found)), found)
    kept.save(feed.positions)  # after it was shown: better seen twice than never
    return len(found)


def _follow(feed: AlertFeed, kept: PlaceFile, screen: _Screen, stop: threading.Event) -> None:
    click.echo(screen.say("等待新的提醒, Ctrl-C 停止", "waiting, Ctrl-C stops"), err=True)
    while not stop.is_set():
        if found := feed.poll(_LOOK_EVERY_S):
            screen.show(_alerts(found), found)
            kept.save(feed.positions)
    kept.save(feed.positions)  # what was passed over for other departments


class _Screen:
    """Shows alerts on stdout; each line has left us when `show` returns."""

    def __init__(self, say: Words, *, as_json: bool) -> None:
        self.say = say
        self._as_json = as_json

    def show(self, alerts: Sequence[FedAlert], found: Sequence[Fed]) -> None:
        for each in found:
            if not isinstance(each, FedAlert):
                problem = self.say("不是提醒, 已跳过", "no alert of ours, passed over")
                click.echo(f"{each.origin}: {problem}", err=True)
        for alert in alerts:
            line = (
                json.dumps(alert_json(alert), ensure_ascii=False)
                if self._as_json
                else alert_line(alert, self.say)
            )
            click.echo(line)


def _alerts(found: Sequence[Fed]) -> list[FedAlert]:
    return [each for each in found if isinstance(each, FedAlert)]


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """Set the event on Ctrl-C or SIGTERM: what is being shown is shown, and its place is kept."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
