"""One report for people to read: what was counted, line by line, and how it was reconciled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.feedback_words import span_words
from streams.rules.periods import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.import_words import Words
    from schemas.feedback import FeedbackData
    from schemas.feedback_counts import Outcomes, ReasonCount

_NONE = "-"


def report_lines(data: FeedbackData, say: Words) -> Iterator[str]:
    """Yield the lines of one report."""
    counts = data.counts
    span = Span(data.period, data.from_, data.until)
    yield f"{say('定期反馈', 'feedback')}  {data.department}  {span_words(span, say)}"
    corrects = f", {say('更正', 'corrects')} {data.correction_of}" if data.correction_of else ""
    yield f"  {data.report_id}  {say('修订', 'revision')} {data.revision}{corrects}"
    if counts.nil_return:
        yield f"  {say('零报告', 'nil return')}"
    for event in counts.events:
        yield f"  {event.family}.{event.stage}: {event.n}"
    verdicts = ", ".join(f"{each.verdict} {each.n}" for each in counts.verdicts)
    yield f"  {say('结论', 'verdicts')}: {verdicts or _NONE}"
    yield from _outcomes(counts, say, "  ")
    timely = counts.timeliness
    yield (
        f"  {say('按期报送', 'reported in time')} {timely.in_time}, "
        f"{say('迟报', 'late')} {timely.late}"
    )
    if counts.nil_departments:
        silent = ", ".join(counts.nil_departments)
        yield f"  {say('零报告部门', 'departments that sent nothing')}: {silent}"
    for line in data.measures:
        yield f"  {line.measure_id}  {line.effect}  {line.measure_version[:12]}"
        yield from _outcomes(line, say, "    ")
    yield from _reconciled(data, say)


def _outcomes(told: Outcomes, say: Words, indent: str) -> Iterator[str]:
    yield (
        f"{indent}{say('措施', 'issued')} {told.issued}, {say('确认', 'confirmed')} "
        f"{told.confirmed}, {say('驳回', 'dismissed')} {told.dismissed}, "
        f"{say('撤销', 'withdrawn')} {_reasons(told.withdrawn)}"
    )
    yield (
        f"{indent}{say('已执行', 'executed')} {told.executed}, {say('未执行', 'not executed')} "
        f"{_reasons(told.not_executed)}, {say('其他', 'other')} {told.answered_other}, "
        f"{say('逾期', 'overdue')} {told.overdue}, "
        f"{say('异议', 'objections marked')} {told.objections_marked}"
    )
    times = told.time_to_execute
    if times.n:
        yield (
            f"{indent}{say('执行用时(分)', 'minutes to execute')}: {say('中位数', 'median')} "
            f"{times.median_minutes}, p90 {times.p90_minutes}"
        )


def _reasons(counted: list[ReasonCount]) -> str:
    total = sum(each.n for each in counted)
    if not total:
        return "0"
    return f"{total} ({', '.join(f'{each.reason_code} {each.n}' for each in counted)})"


def _reconciled(data: FeedbackData, say: Words) -> Iterator[str]:
    verdict = say("相符", "agrees") if data.reconciled.agrees else say("不符", "does not agree")
    yield f"  {say('核对', 'reconciled')}: {verdict}"
    for total in data.reconciled.sums:
        mark = "=" if total.left == total.right else "≠"
        yield f"    {total.name}: {total.left} {mark} {total.right}"
    read = ", ".join(
        f"{part.topic}/{part.partition} < {part.until_offset}" for part in data.reconciled.read
    )
    yield f"    {say('读取至', 'read')}: {read or _NONE}"
