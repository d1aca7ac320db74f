"""`credit-trigger dlq`: what was set aside, why, and back with it where it belongs."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
from confluent_kafka.admin import AdminClient
from rich.table import Table
from rich.text import Text

from cli.dead_letter_view import letter_json, letter_lines
from cli.dead_letter_words import LEFT_ALONE
from cli.import_words import Words
from cli.plain_text import plain
from cli.prepared import prepare
from cli.screen import screen
from consumers.dead_letters import DeadLetter, LetterId, dead_letter
from consumers.put_back import put_back
from consumers.replay_plan import (
    Destinations,
    LeftAlone,
    PutBack,
    Replayed,
    Stays,
    plan_replay,
    replayed_in,
)
from infra.kafka import admin_config
from infra.services import find_kafka
from infra.settings import Settings
from schemas import topics
from schemas.errors import Reason
from sources.publisher import reach
from sources.topic_reader import partition_count, read_to_end
from streams.catalogue_in_force import load_catalogue

_FINDING = 1
_REASONS = [reason.value for reason in Reason]
_reason_option = click.option(
    "--reason", type=click.Choice(_REASONS), metavar="R", help="只看一种原因 / one reason alone"
)
_topic_option = click.option("--topic", metavar="T", help="只看来自该主题的 / from one topic alone")
_json_option = click.option("--json", "as_json", is_flag=True, help="JSON, 输出到 stdout")


@click.group("dlq")
def command() -> None:
    r"""死信: 查看与放回 / Dead letters: look at them, put them back.

    \b
    Example:
      credit-trigger dlq list
      credit-trigger dlq show 0/17
      credit-trigger dlq replay --reason wrong-partition --yes
    """


@command.command("list")
@_reason_option
@_topic_option
@click.option("--each", is_flag=True, help="逐条列出 / one line a letter")
@_json_option
def list_command(*, reason: str | None, topic: str | None, each: bool, as_json: bool) -> None:
    r"""按原因和主题计数 / Count dead letters by reason and topic they came from.

    \b
    Example:
      credit-trigger dlq list
      credit-trigger dlq list --reason wrong-partition --each
      credit-trigger dlq list --json
    """
    settings = prepare("dlq")
    bootstrap, _ = find_kafka(settings)
    letters = _letters(bootstrap, reason, topic)
    if each:
        _tell_each(letters, as_json=as_json)
        return
    groups = _groups(letters)
    if as_json:
        click.echo(json.dumps(groups, ensure_ascii=False))
    elif not groups:
        click.echo("没有死信 / no dead letters")
    else:
        headings = ("原因 / reason", "件数 / count", "主题 / topic", "最新 / newest", "编号 / id")
        rows = [(g["reason"], g["count"], g["topic"], g["newest"], g["newest_id"]) for g in groups]
        _print_table(headings, rows)
        click.echo(f"合计 / total: {sum(g['count'] for g in groups)}")


@command.command("show")
@click.argument("letter_id", metavar="ID")
@_json_option
def show_command(letter_id: str, *, as_json: bool) -> None:
    r"""查看一条死信 / Show one dead letter: origin, reason, and what to do about it.

    ID 为 dlq list 给出的编号 / ID as `dlq list` tells it, PARTITION/OFFSET or OFFSET. What came
    is shown unless it holds anything of a natural person. Exit code 1: no such dead letter.

    \b
    Example:
      credit-trigger dlq show 0/17
    """
    settings = prepare("dlq")
    wanted = _id(letter_id)
    bootstrap, _ = find_kafka(settings)
    letter = next((x for x in _letters(bootstrap, None, None) if x.id == wanted), None)
    if letter is None:
        click.echo(
            f"{wanted}: 没有这条死信 / no such dead letter; 编号见 / ids: credit-trigger dlq list",
            err=True,
        )
        sys.exit(_FINDING)
    where = _replayed(bootstrap, [letter], _destinations(bootstrap, settings)).places.get(letter.id)
    if as_json:
        click.echo(json.dumps(letter_json(letter, where), ensure_ascii=False, indent=2))
        return
    for line in letter_lines(letter, where, Words(settings.lang)):
        click.echo(line)


@command.command("replay")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@_reason_option
@_topic_option
@click.option(
    "--dry-run", is_flag=True, help="只说明, 不写入 / say what it would do, write nothing"
)
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@_json_option
def replay_command(  # noqa: PLR0913  # one a flag
    *,
    ids: tuple[str, ...],
    reason: str | None,
    topic: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    r"""放回死信 / Put dead letters back: where they belong, key, value and headers as they came.

    没有效果会发生两次: 已决定的事件不再决定 / Nothing takes effect twice: the trigger drops what it
    has decided, and a letter that was put back is left out the next time. Never put back: natural
    persons. Without ID and --reason, those that would be refused again stay. Exit code 1 if
    something that was asked for by name stays.

    \b
    Example:
      credit-trigger dlq replay --dry-run
      credit-trigger dlq replay --reason wrong-partition --yes
      credit-trigger dlq replay 0/17 --yes
    """
    settings = prepare("dlq")
    wanted = frozenset(_id(each) for each in ids)
    bootstrap, _ = find_kafka(settings)
    letters = _chosen(_letters(bootstrap, reason, topic), wanted)
    destinations = _destinations(bootstrap, settings)
    replayed = _replayed(bootstrap, letters, destinations)
    by_name = bool(wanted) or reason is not None
    plans = [plan_replay(x, destinations, replayed, try_anyway=by_name) for x in letters]
    back = [plan for plan in plans if isinstance(plan, PutBack)]
    left = [plan for plan in plans if isinstance(plan, LeftAlone)]
    say = Words(settings.lang)
    if not as_json:
        _tell_plan(back, left, say)
    if back and not dry_run:
        _ask(len(back), yes=yes)
        put_back(bootstrap, back)
    _tell_outcome(back, left, dry_run=dry_run, as_json=as_json, say=say)
    stuck = any(plan.why is not Stays.REPLAYED for plan in left)
    sys.exit(_FINDING if by_name and stuck else 0)


def _letters(bootstrap: str, reason: str | None, topic: str | None) -> Iterator[DeadLetter]:
    """Yield the dead letters of now, oldest first in each partition."""
    count = partition_count(bootstrap, topics.DEAD_LETTERS)
    for message in read_to_end(bootstrap, topics.DEAD_LETTERS, range(count)):
        letter = dead_letter(message)
        if reason in (None, letter.reason) and topic in (None, letter.topic):
            yield letter


def _chosen(letters: Iterator[DeadLetter], wanted: frozenset[LetterId]) -> list[DeadLetter]:
    """Return the *wanted* ones, all where none is named. Raises: click.UsageError if one lacks."""
    chosen = [letter for letter in letters if not wanted or letter.id in wanted]
    if missing := sorted(wanted - {letter.id for letter in chosen}):
        raise click.UsageError(
            f"{', '.join(map(str, missing))}: 没有这条死信 / no such dead letter here; "
            "编号见 / ids: credit-trigger dlq list --each"
        )
    return chosen


def _groups(letters: Iterator[DeadLetter]) -> list[dict[str, Any]]:
    """Return count and newest letter by reason and topic, most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], DeadLetter] = {}
    for letter in letters:
        group = letter.reason, letter.topic
        counts[group] += 1
        newest[group] = letter
    return [
        {
            "reason": reason,
            "topic": topic,
            "count": count,
            "newest": newest[reason, topic].at,
            "newest_id": str(newest[reason, topic].id),
        }
        for (reason, topic), count in counts.most_common()
    ]


def _tell_each(letters: Iterator[DeadLetter], *, as_json: bool) -> None:
    if as_json:
        keys = ("id", "at", "reason", "origin", "detail")
        told = [dict(zip(keys, _row(letter), strict=True)) for letter in letters]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    headings = ("编号 / id", "时间 / at", "原因 / reason", "来自 / origin", "说明 / detail")
    _print_table(headings, [_row(letter) for letter in letters])


def _row(letter: DeadLetter) -> tuple[str, ...]:
    return str(letter.id), letter.at, letter.reason, letter.origin, letter.detail


def _destinations(bootstrap: str, settings: Settings) -> Destinations:
    counts = reach(AdminClient(admin_config(bootstrap)), bootstrap)
    catalogue = load_catalogue(settings)
    holders = {
        code: holder.uscc
        for code in catalogue.departments
        if (holder := catalogue.current_department(code)) is not None
    }
    return Destinations(counts, catalogue.families, holders)


def _replayed(
    bootstrap: str, letters: Sequence[DeadLetter], destinations: Destinations
) -> Replayed:
    """Return what was put back before, read from the topics that *letters* would go to."""
    wanted = {destinations.topic_of(letter) for letter in letters}
    names = destinations.counts.keys() & wanted
    places: dict[LetterId, str] = {}
    for name in sorted(names - {topics.DEAD_LETTERS}):
        messages = read_to_end(bootstrap, name, range(destinations.counts[name]))
        places.update(replayed_in(messages).places)
    return Replayed(places)


def _tell_plan(back: Sequence[PutBack], left: Sequence[LeftAlone], say: Words) -> None:
    goes = Counter((p.letter.reason, p.letter.topic, p.topic) for p in back)
    for (reason, origin, topic), count in goes.most_common():
        click.echo(f"{reason}: {count}  {plain(origin)} → {plain(topic)}")
    stays = Counter((p.letter.reason, say(*LEFT_ALONE[p.why])) for p in left)
    for (reason, why), count in stays.most_common():
        click.echo(f"{plain(reason)}: {count}  {say('不放回', 'stays')}: {why}")


def _tell_outcome(
    back: Sequence[PutBack],
    left: Sequence[LeftAlone],
    *,
    dry_run: bool,
    as_json: bool,
    say: Words,
) -> None:
    if not as_json:
        done = ("将放回", "would put back") if dry_run else ("已放回", "put back")
        click.echo(f"{say(*done)}: {len(back)}; {say('不放回', 'stay')}: {len(left)}")
        return
    stays: dict[str, list[str]] = defaultdict(list)
    for each in left:
        stays[each.why.value].append(str(each.letter.id))
    places = [{"id": str(p.letter.id), "topic": p.topic, "partition": p.partition} for p in back]
    told = {"written": bool(back) and not dry_run, "put_back": places, "left_alone": stays}
    click.echo(json.dumps(told, ensure_ascii=False))


def _ask(count: int, *, yes: bool) -> None:
    """Go on only if somebody has agreed. Raises: click.UsageError where nobody can be asked."""
    if yes:
        return
    stdin: Callable[[], bool] = click.get_text_stream("stdin").isatty
    if not stdin():
        raise click.UsageError(
            f"将放回 {count} 条 / would put {count} back: 加 --yes 确认 / add --yes, "
            "或 --dry-run 只看 / or --dry-run to look only"
        )
    click.confirm(f"放回 {count} 条? / put {count} back?", abort=True, err=True)


def _id(text: str) -> LetterId:
    partition, slash, offset = text.rpartition("/")
    if not offset.isascii() or not offset.isdigit() or (slash and not partition.isdigit()):
        raise click.UsageError(
            f"{plain(text)}: 不是死信编号 / not the id of a dead letter; "
            "应为 / give PARTITION/OFFSET, 如 / like 0/17"
        )
    return LetterId(int(partition) if slash else 0, int(offset))


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(str(cell))) for cell in row))
    screen().print(table)
