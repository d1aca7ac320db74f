"""The demo's summary on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.demo_summary import DemoSummary, samples
from cli.demo_view import COLOURS
from cli.explanation_view import ExplanationView
from cli.feedback_view import report_lines
from cli.import_words import Words, line_numbers
from cli.screen import screen
from schemas.decision import STRICTNESS
from schemas.feedback import FeedbackData
from sources.demo_day.calendar_day import DAY
from streams.rules.catalogue import Catalogue

_PIPED_COLUMNS = 110


def print_report(summary: DemoSummary, catalogue: Catalogue, say: Words) -> None:
    """Print what the day came to, on stdout."""
    console = screen(piped_columns=_PIPED_COLUMNS)
    _heading(console, f"{say('各类事项的结论', 'verdicts by family')}  ({DAY})")
    console.print(_verdicts(summary, catalogue, say))
    _heading(console, say("几个决定", "a few decisions"))
    view = ExplanationView(catalogue, say)
    for told in samples(summary.flow):
        console.print(view.render(told))
    _heading(console, say("未采用的数据及原因", "what was not taken, and why"))
    for line in _rejects(summary, say):
        console.print(Text(line))
    _heading(console, say("事件到措施的时间", "time from event to action"))
    for line in _times(summary, say):
        console.print(Text(line))


def print_feedback(report: FeedbackData, say: Words) -> None:
    """Print what the city reports of the day: what was triggered, and what came of it.

    Its lines of single measures are left out: `feedback show` has them.
    """
    console = screen(piped_columns=_PIPED_COLUMNS)
    _heading(console, say("当日反馈", "feedback of the day"))
    short = report.model_copy(update={"measures": []})
    for line in report_lines(short, say):
        console.print(Text(line), soft_wrap=True)
    console.print(
        Text(f"  ({len(report.measures)} {say('项措施的明细从略', 'measures left out')})")
    )


def print_where_next(say: Words, *, decision: str | None, kept: bool) -> None:
    """Print where to look next; the services of the demo can be asked only while they run."""
    console = screen(piped_columns=_PIPED_COLUMNS)
    _heading(console, say("接下来", "where to look next"))
    shown = decision or "ID"
    ours = (
        ("credit-trigger catalogue check", "措施目录", "the catalogue of measures"),
        ("credit-trigger up", "自己的数据: 启动服务", "your own data: start the services"),
    )
    running = (
        (f"credit-trigger explain {shown}", "解释一个决定", "explain one decision"),
        ("credit-trigger dlq list", "死信", "dead letters"),
        ("credit-trigger feedback list", "各部门的报告", "the reports of every department"),
        ("credit-trigger lists show USCC --on 2026-06-16", "一个主体的名单", "its listings"),
    )
    keep = (
        "credit-trigger demo --keep",
        "保持运行, 以便在另一终端查看",
        "keep it running, to look around from another terminal",
    )
    for command, zh, en in (*running, *ours) if kept else (keep, *ours):
        console.print(Text(f"  {command:<60} {say(zh, en)}"), soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _verdicts(summary: DemoSummary, catalogue: Catalogue, say: Words) -> Table:
    flow = summary.flow
    table = Table(pad_edge=False, box=None)
    table.add_column(_stacked(say, "事项", "family"), overflow="fold", min_width=20)
    words = {"pass": "通过", "hold": "暂缓", "deny": "不予通过"}
    for verdict in STRICTNESS:
        heading = _stacked(say, words[verdict.value], verdict.value)
        table.add_column(heading, justify="right", style=COLOURS[verdict.value])
    for zh, en in (("激励", "rewards"), ("惩戒", "punishments"), ("监管", "supervision")):
        table.add_column(_stacked(say, zh, en), justify="right")
    families = [family for family in catalogue.families if any(
        flow.verdicts[family, v.value] for v in STRICTNESS
    )]  # fmt: skip
    for family in families:
        title = catalogue.families[family].title
        table.add_row(
            say(title.zh, title.en),
            *(str(flow.verdicts[family, v.value]) for v in STRICTNESS),
            *(str(flow.polarities[family, p]) for p in ("reward", "punish", "supervise")),
        )
    table.add_section()
    totals = [sum(flow.verdicts[family, v.value] for family in families) for v in STRICTNESS]
    polarities = [
        sum(flow.polarities[family, p] for family in families)
        for p in ("reward", "punish", "supervise")
    ]
    table.add_row(say("合计", "total"), *map(str, (*totals, *polarities)), style="bold")
    return table


def _stacked(say: Words, zh: str, en: str) -> str:
    """Return a heading whose languages stand one above the other: seven columns fit 80 then."""
    return say(zh, en).replace(" / ", "\n")


def _rejects(summary: DemoSummary, say: Words) -> list[str]:
    lines = []
    for file in summary.files:
        if file.natural_persons:
            where = line_numbers(file.natural_persons)
            what = say("自然人行, 未读入", "rows on natural persons, not taken")
            count = len(file.natural_persons)
            lines.append(f"{file.file}: {what}: {count} ({say('行', 'lines')} {where})")
        for reason, count in sorted(file.faults.items()):
            first = next((f for f in file.first_faults if f["reason"] == reason), None)
            why = f": {first['problem']}; {first['cure']}" if first else ""
            lines.append(f"{file.file}: {say('拒收', 'rejected')} {reason} {count}{why}")
        if file.repeated:
            lines.append(f"{file.file}: {say('重复行', 'repeated rows')} {file.repeated}")
    for reason, count in summary.flow.dead.most_common():
        lines.append(f"{say('死信', 'dead letters')}: {reason} {count}")
    if summary.flow.repeated():
        repeated = say("重复事件, 没有第二次效果", "the same event again, no second effect")
        lines.append(f"{repeated}: {summary.flow.repeated()}")
    return lines or [say("无", "nothing")]


def _times(summary: DemoSummary, say: Words) -> list[str]:
    words = {"decision": ("决定", "decisions"), "action": ("措施", "actions")}
    lines = [
        f"{say(*words[what])}: p50 {times['p50']} ms, p99 {times['p99']} ms"
        for what, times in summary.times().items()
    ]
    note = say(
        "全部事件一次涌入, 从发送到读到已提交的结果",
        "all events in one burst; from sending to reading the committed result",
    )
    return [*lines, f"({note})"]
