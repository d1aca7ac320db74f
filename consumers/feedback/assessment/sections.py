"""The sections of figures: the whole, by month, by department, by measure, by reason."""

from collections.abc import Mapping, Sequence

from consumers.effect_words import EFFECTS
from consumers.feedback.assessment.page import Bars, Both, Cell, Figure, Paragraph, Section, Table
from consumers.feedback.assessment.spans import Span
from consumers.feedback.assessment.words import NOT_EXECUTED, WITHDRAWN, Words, named
from schemas.feedback import FeedbackData
from schemas.feedback_counts import ReasonCount, Timeliness
from streams.rules.catalogue import Catalogue

_DEPARTMENT: Both = ("部门", "department")
_ISSUED: Both = ("作出", "issued")
_EXECUTED: Both = ("已执行", "executed")
_NOT_EXECUTED: Both = ("未执行", "not executed")
_OVERDUE: Both = ("逾期", "overdue")
_HOURS: Both = ("中位用时 (小时)", "median (hours)")


def titled(number: int, section: Section) -> Section:
    """Return *section* with its number."""
    zh, en = section.title
    return Section((f"{number} {zh}", en), section.parts)


def overview(city: FeedbackData, catalogue: Catalogue) -> Section:
    """Return the city's totals."""
    counts = city.counts
    verdicts = {each.verdict: each.n for each in counts.verdicts}
    times = counts.time_to_execute
    totals: list[Sequence[Cell]] = [
        [("已决定的事件", "events decided"), sum(each.n for each in counts.events)],
        [("通过", "pass"), verdicts.get("pass", 0)],
        [("暂缓, 待人工复核", "hold"), verdicts.get("hold", 0)],
        [("不予通过", "deny"), verdicts.get("deny", 0)],
        [("作出的奖惩措施", "actions issued"), counts.issued],
        [("复核确认", "confirmed on review"), counts.confirmed],
        [("复核后不予采取", "dismissed on review"), counts.dismissed],
        [_EXECUTED, counts.executed],
        [_NOT_EXECUTED, _sum(counts.not_executed)],
        [("其他回执", "other receipts"), counts.answered_other],
        [("撤回", "withdrawn"), _sum(counts.withdrawn)],
        [("逾期未办", "overdue"), counts.overdue],
        [("标注异议", "objections marked"), counts.objections_marked],
        [("及时率", "timeliness"), timely(counts.timeliness)],
        [_HOURS, hours(times.median_minutes)],
        [("九成用时不超过 (小时)", "nine in ten within (hours)"), hours(times.p90_minutes)],
        [("零报告部门", "departments with a nil return"), len(counts.nil_departments)],
    ]
    events: list[Sequence[Cell]] = [
        [_family(catalogue, each.family), each.stage, each.n] for each in counts.events
    ]
    return Section(
        ("全市概况", "The city"),
        [
            Table((("指标", "figure"), ("数量", "number")), totals, (70, 30)),
            Table(
                (("事件类别", "family"), ("环节", "stage"), ("数量", "number")),
                events,
                (45, 25, 30),
            ),
        ],
    )


def by_month(months: Sequence[tuple[Span, FeedbackData | None]]) -> Section:
    """Return how the city's months went; a month that has no report is named, not shown as 0."""
    told = [(span.name, report.counts) for span, report in months if report is not None]
    missing = [span.name for span, report in months if report is None]
    parts: list[Paragraph | Table | Bars] = []
    if told:
        head = (("月份", "month"), _ISSUED, _EXECUTED, _NOT_EXECUTED, _OVERDUE)
        rows: list[Sequence[Cell]] = [
            [name, c.issued, c.executed, _sum(c.not_executed), c.overdue] for name, c in told
        ]
        bars = [(name, (c.issued, c.executed, c.overdue)) for name, c in told]
        title = ("逐月措施数量", "actions by month")
        parts += [
            Bars(title, (_ISSUED, _EXECUTED, _OVERDUE), bars),
            Table(head, rows, (28, 18, 18, 18, 18)),
        ]
    if missing:
        zh, en = "、".join(each[0] for each in missing), ", ".join(each[1] for each in missing)
        parts.append(
            Paragraph((f"下列月份没有月度报告: {zh}。", f"No monthly report was found of: {en}."))
        )
    return Section(("逐月情况", "By month"), parts)


def by_department(reports: Mapping[str, FeedbackData], names: Mapping[str, str]) -> Section:
    """Return a line for each department, and how their actions ended."""
    rows: list[Sequence[Cell]] = []
    bars: list[tuple[Both, Sequence[int]]] = []
    for code, report in reports.items():
        counts = report.counts
        rows.append(
            [
                names[code],
                sum(each.n for each in counts.events),
                counts.issued,
                counts.executed,
                _sum(counts.not_executed),
                counts.overdue,
                timely(counts.timeliness),
                hours(counts.time_to_execute.median_minutes),
            ]
        )
        if counts.issued or counts.executed or counts.overdue:
            name = (names[code], "")
            bars.append((name, (counts.issued, counts.executed, counts.overdue)))
    head = (
        _DEPARTMENT,
        ("事件", "events"),
        _ISSUED,
        _EXECUTED,
        _NOT_EXECUTED,
        _OVERDUE,
        ("及时率", "timeliness"),
        _HOURS,
    )
    title = ("各部门措施数量", "actions by department")
    charts = [Bars(title, (_ISSUED, _EXECUTED, _OVERDUE), bars)] if bars else []
    return Section(
        ("各部门情况", "By department"),
        [*charts, Table(head, rows, (28, 9, 9, 10, 11, 10, 11, 12))],
    )


def by_measure(city: FeedbackData, catalogue: Catalogue) -> Section:
    """Return a line for each measure, version and effect.

    A measure is named as the catalogue names it now; of an earlier version its id says which.
    """
    rows: list[Sequence[Cell]] = []
    for each in city.measures:
        now = catalogue.measure(each.measure_id)
        older = catalogue.measure_versions.get(each.measure_id) != each.measure_version
        name = f"{each.measure_id} {now.title.zh if now else ''}".rstrip()
        rows.append(
            [
                f"{name} ({each.measure_version[:8]})" if older else name,
                named(EFFECTS, each.effect),
                each.issued,
                each.confirmed,
                each.dismissed,
                each.executed,
                _sum(each.not_executed),
                _sum(each.withdrawn),
                each.overdue,
            ]
        )
    head = (
        ("措施", "measure"),
        ("效果", "effect"),
        _ISSUED,
        ("确认", "confirmed"),
        ("不予采取", "dismissed"),
        _EXECUTED,
        _NOT_EXECUTED,
        ("撤回", "withdrawn"),
        _OVERDUE,
    )
    return Section(
        ("各项措施情况", "By measure"),
        [Table(head, rows, (24, 12, 8, 9, 9, 9, 10, 10, 9))],
    )


def reasons(city: FeedbackData) -> Section:
    """Return why actions were not executed, and why they were withdrawn."""
    return Section(
        ("未执行和撤回的原因", "Why actions were not executed, or withdrawn"),
        [
            _reason_part(("未执行原因", "not executed"), city.counts.not_executed, NOT_EXECUTED),
            _reason_part(("撤回原因", "withdrawn"), city.counts.withdrawn, WITHDRAWN),
        ],
    )


def _reason_part(title: Both, found: Sequence[ReasonCount], words: Words) -> Bars | Paragraph:
    if not found:
        return Paragraph((f"{title[0]}: 无。", f"{title[1].capitalize()}: none."))
    rows = [(named(words, each.reason_code), (each.n,)) for each in found]
    return Bars(title, (("数量", "number"),), rows)


def timely(timeliness: Timeliness) -> Figure | None:
    """Return the share of receipts that came in their term, in tenths of a per cent."""
    both = timeliness.in_time + timeliness.late
    if not both:
        return None
    tenths = (2000 * timeliness.in_time + both) // (2 * both)  # halves go up
    return Figure(f"{tenths // 10}.{tenths % 10}%")


def hours(minutes: int | None) -> Figure | None:
    """Return *minutes* as hours with one decimal, halves up."""
    if minutes is None:
        return None
    tenths = (minutes + 3) // 6
    return Figure(f"{tenths // 10:,}.{tenths % 10}")


def _sum(counted: Sequence[ReasonCount]) -> int:
    return sum(each.n for each in counted)


def _family(catalogue: Catalogue, code: str) -> Cell:
    family = catalogue.families.get(code)
    return (family.title.zh, family.title.en) if family else code
