"""What a replay came to: progress while it runs, then the first differences and the counts."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from schemas import topics
from streams.replay.differences import Difference, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.import_words import Words
    from streams.replay.kafka_log import KafkaLog
    from streams.replay.verify import Progress as Report
    from streams.replay.verify import Report as Replayed

_LINE_EVERY_S = 5.0
_KINDS = {
    Kind.DIFFERS: ("内容不同", "differs"),
    Kind.UNREPRODUCED: ("日志不能重现它", "nothing in the log brings it about"),
    Kind.MISSING: ("应有而没有", "should be there and is not"),
    Kind.POSITION: ("所记位置或日期不成立", "names a position or a day that cannot be"),
    Kind.UNREADABLE: ("不是本系统的消息", "is no message of ours"),
    Kind.CATALOGUE: ("所记目录不在 credit.catalogues", "names a catalogue that nobody kept"),
    Kind.STATE: ("触发器状态与决定不符", "the trigger's state knows of other decisions"),
    Kind.NOT_FOLLOWED: ("名单已变而措施未变", "its list changed and the action did not"),
}


@contextmanager
def progress_line(log: KafkaLog, say: Words) -> Iterator[Report]:
    """Yield what moves a bar on stderr, or prints a line now and then where that is no terminal."""
    ends = log.ends(topics.DECISIONS)
    total, before = sum(ends.values()), 0
    console, began_s = Console(stderr=True, highlight=False), time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=max(total, 1), visible=console.is_terminal)
        told_s = began_s

        def report(partition: int, offset: int, walked: int) -> None:
            nonlocal before, told_s
            reached = before + (ends.get(partition, 0) if offset < 0 else offset)
            before += ends.get(partition, 0) if offset < 0 else 0
            now_s = time.monotonic()
            rate = walked / max(now_s - began_s, 0.001)
            where = say(f"分区 {partition}", f"partition {partition}")
            text = f"{where}  {walked:,} {say('个决定', 'decisions')}  {rate:,.0f}/s"
            bar.update(task, completed=reached, description=text)
            if not console.is_terminal and now_s - told_s >= _LINE_EVERY_S:
                told_s = now_s
                click.echo(f"{reached / max(total, 1):.0%}  {text}", err=True)

        yield report


def report_lines(report: Replayed, say: Words) -> Iterator[str]:
    """Yield the lines of a report."""
    findings = report.findings
    for found in findings.first:
        yield f"{found.origin}  {found.id}  {say(*_KINDS[found.kind])}"
        for each in found.fields:
            expected = f"{say('应为', 'expected')} {each.expected}"
            yield f"    {each.path}: {expected}, {say('实为', 'found')} {each.found}"
    if findings.count > len(findings.first):
        more = findings.count - len(findings.first)
        yield say(f"另有 {more} 处", f"and {more} more")
    if findings.following:
        yield say(
            f"同一事项中由此引起的另有 {findings.following} 处, 不单列",
            f"{findings.following} more follow from these in the same matters",
        )
    if report.undecided:
        yield say(
            f"{report.undecided} 个事件触发器尚未处理, 不计",
            f"{report.undecided} events that the trigger has not read yet: not looked at",
        )
    if report.moving:
        numbers = ", ".join(map(str, report.moving))
        yield say(
            f"分区 {numbers}: 触发器仍在写, 末尾留待下次比对",
            f"partitions {numbers}: the trigger was writing, their end is left to the next replay",
        )
    yield say(
        f"{report.walked} 个决定: {report.decisions} 个决定和 {report.actions} 条措施消息"
        f"逐字节重现, {findings.count} 处不同",
        f"{report.walked} decisions: {report.decisions} decisions and {report.actions} messages "
        f"on actions reproduced byte for byte, {findings.count} differences",
    )


def report_json(report: Replayed) -> dict[str, Any]:
    """Return the report as one JSON object."""
    findings = report.findings
    return {
        "partitions": report.partitions,
        "decisions": report.walked,
        "decisions_reproduced": report.decisions,
        "actions_reproduced": report.actions,
        "events_undecided": report.undecided,
        "partitions_moving": report.moving,
        "differences": findings.count,
        "following": findings.following,
        "first": [_difference_json(each) for each in findings.first],
    }


def _difference_json(found: Difference) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "origin": found.origin,
        "id": found.id,
        "fields": [
            {"path": each.path, "expected": each.expected, "found": each.found}
            for each in found.fields
        ],
    }
