"""`credit-trigger explain`: which entry, which measure, which article, and what can be done."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.checked_options import uscc_option
from cli.explanation import Explanation, as_json
from cli.explanation_view import ExplanationView, print_explanation
from cli.import_words import Words
from cli.known_lists import (
    EntriesFileError,
    KnownLists,
    lists_of_file,
    lists_of_services,
    no_lists,
)
from cli.plain_text import plain
from cli.prepared import prepare
from cli.recorded_decision import find_explanation
from cli.trial_decision import Moment, decide_here
from infra.clock import SystemClock
from infra.services import find_kafka
from schemas.errors import RejectRecordError, StopServiceError
from schemas.times import SHANGHAI, legal_day
from streams.catalogue_in_force import load_catalogue

if TYPE_CHECKING:
    from infra.settings import Settings
    from streams.rules.catalogue import Catalogue

_FINDING = 1
_MAX_EVENT_BYTES = 20_000_000  # twenty times what a message may have: no reason to read on


@click.command("explain")
@click.argument("what", metavar="FILE|ID")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="哪一天, 默认今天 / on which day; default: today",
)
@click.option(
    "--entries",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="名单条目文件, 不查询服务 / listings from this file, no services asked",
)
@click.option(
    "--subject",
    metavar="USCC",
    callback=uscc_option,
    help="编号所涉主体, 只读一个分区 / whom an ID is about: one partition is read, not all",
)
@click.option("--json", "as_text", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
def command(
    what: str,
    *,
    as_of: datetime | None,
    entries: Path | None,
    subject: str | None,
    as_text: bool,
) -> None:
    r"""解释一个决定 / Explain one decision: entry, measure, article, term, remedies.

    FILE 是一个事件 (CloudEvents JSON), 按目录和名单离线试算 / FILE holds one event; it is decided
    here by catalogue and lists, and written nowhere. ID 是决定或措施的编号 / ID is that of a
    recorded decision, or of one of its actions. With --as-of, a file is decided on that day by
    what is known now; an id is told as it stood when that day ended. Exit code 1: no such id, or
    an event that would be refused.

    \b
    Example:
      credit-trigger explain event.json --as-of 2026-06-16
      credit-trigger explain event.json --entries listed.jsonl
      credit-trigger explain 6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1
    """
    settings = prepare("explain")
    catalogue = load_catalogue(settings)
    day = as_of.date() if as_of is not None else None
    source = None
    path = Path(what)
    if path.is_file():
        if subject is not None:
            raise click.UsageError("--subject: 只用于编号 / goes with an ID alone")
        known = _known(settings, catalogue, entries, day)
        source, told = known.source, _from_file(path, catalogue, known, day)
    elif _looks_like_file(what):
        raise click.UsageError(f"{plain(what)}: 没有这个文件 / no such file")
    else:
        if entries is not None:
            raise click.UsageError("--entries: 只用于事件文件 / goes with an event FILE alone")
        told = _from_record(what, settings, day, subject)
    _tell(told, source, ExplanationView(catalogue, Words(settings.lang)), settings, as_text=as_text)


def _tell(
    told: Explanation,
    source: tuple[str, str] | None,
    view: ExplanationView,
    settings: Settings,
    *,
    as_text: bool,
) -> None:
    if as_text:
        plain_data = as_json(told) | {"lists_from": source and source[1]}
        click.echo(json.dumps(plain_data, ensure_ascii=False, indent=2))
        return
    print_explanation(told, view)
    if source is not None:
        say = Words(settings.lang)
        where = source[0] if source[0] == source[1] else say(*source)
        click.echo(f"{say('名单依据', 'listings from')}: {where}")


def _looks_like_file(what: str) -> bool:
    return "/" in what or what.lower().endswith((".json", ".jsonl"))


def _known(
    settings: Settings, catalogue: Catalogue, entries: Path | None, day: date | None
) -> KnownLists:
    if entries is not None:
        try:
            return lists_of_file(entries, catalogue.lists)
        except EntriesFileError as err:
            raise click.UsageError(f"--entries: {err}") from err
    try:
        bootstrap, _ = find_kafka(settings)
    except StopServiceError:
        return no_lists()  # nothing runs here, and the explanation says so
    moment = _moment(day)
    today = day is None or day == legal_day(SystemClock()())
    return lists_of_services(bootstrap, catalogue, at=moment.at, judge_age=today)


def _from_file(
    path: Path, catalogue: Catalogue, known: KnownLists, day: date | None
) -> Explanation:
    if path.stat().st_size > _MAX_EVENT_BYTES:
        raise click.UsageError(f"{path.name}: 文件过大 / too large; 一个事件 / give one event")
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return decide_here(raw, catalogue, known, _moment(day))
    except RejectRecordError as fault:
        refused = "将被拒收 (死信) / would be refused (a dead letter)"
        click.echo(f"{plain(path.name)}: {refused}: {plain(str(fault))}", err=True)
        sys.exit(_FINDING)


def _from_record(
    wanted: str, settings: Settings, day: date | None, subject: str | None
) -> Explanation:
    bootstrap, _ = find_kafka(settings)
    until = None if day is None else _end_of(day)
    told = find_explanation(bootstrap, wanted.strip().lower(), subject=subject, until=until)
    if told is None:
        by = f" ({day})" if day else " (--subject)" if subject else ""
        click.echo(
            f"{plain(wanted)}: 没有这个决定或措施 / no such decision or action{by}; "
            "编号见 credit.decisions / ids stand there; 或给一个文件 / or give a FILE",
            err=True,
        )
        sys.exit(_FINDING)
    return told


def _moment(day: date | None) -> Moment:
    """Return now, or the last millisecond of *day* if that is another day than today."""
    now = SystemClock()()
    if day is None or day == legal_day(now):
        return Moment(now, legal_day(now))
    return Moment(_end_of(day) - timedelta(milliseconds=1), day)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
