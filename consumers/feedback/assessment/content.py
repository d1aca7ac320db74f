"""What the assessment report of a period says: sections made of the closed reports alone.

It computes no figure anew but sums of a report's own parts and shares of them, so every number
can be found in `credit.feedback`. It names departments and measures, never an organisation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from consumers.feedback.assessment.page import Both, Cell, Document, Paragraph, Section, Table
from consumers.feedback.assessment.sections import (
    by_department,
    by_measure,
    by_month,
    overview,
    reasons,
    titled,
)
from consumers.feedback.assessment.spans import Span
from consumers.feedback.assessment.words import BLANKS, HOW_COUNTED, SUMS, TITLES, named
from schemas.feedback import FeedbackData
from streams.rules.catalogue import Catalogue
from streams.rules.feedback_report import CITY


@dataclass(frozen=True, slots=True)
class Told:
    """The reports that an assessment rests on; *months* are the city's, by the month's name."""

    span: Span
    city: FeedbackData
    departments: Mapping[str, FeedbackData]
    months: Sequence[tuple[Span, FeedbackData | None]]

    def reports(self) -> list[FeedbackData]:
        """Return all of the period itself, the city's first."""
        return [self.city, *self.departments.values()]


def assessment(told: Told, catalogue: Catalogue) -> Document:
    """Return the report. *catalogue* gives names: of departments, measures and families."""
    last = told.span.end - timedelta(days=1)
    days = f"{told.span.first.isoformat()} – {last.isoformat()}"
    name_zh, name_en = told.span.name
    departments = {
        code: catalogue.departments[code].name if code in catalogue.departments else code
        for code in sorted({*catalogue.departments, *told.departments})
    }
    sections = [
        overview(told.city, catalogue),
        *([by_month(told.months)] if len(told.months) > 1 else []),
        by_department(told.departments, departments),
        by_measure(told.city, catalogue),
        reasons(told.city),
        _to_rectify(told, departments, _owing(catalogue)),
        _reconciled(told, departments),
        Section(("口径", "How it is counted"), [Paragraph(each) for each in HOW_COUNTED]),
    ]
    return Document(
        as_of=told.span.end,
        title=TITLES[told.span.period],
        subtitle=(f"{name_zh} ({days})", f"{name_en} ({days})"),
        sections=[titled(number, each) for number, each in enumerate(sections, 1)],
        blanks=BLANKS,
    )


def _owing(catalogue: Catalogue) -> set[str]:
    """Return the departments that owe a report: those that handle matters, and still exist."""
    known = catalogue.departments.values()
    return {each.uscc for each in known if each.families and each.successor is None}


def _to_rectify(told: Told, departments: Mapping[str, str], owing: set[str]) -> Section:
    """List what the plan asks to have rectified with a deadline; deadline and duty by hand."""
    rows: list[list[Cell]] = []
    for code, name in departments.items():
        report = told.departments.get(code)
        if report is None:
            if code not in owing:
                continue
            rows.append([name, ("没有本期报告", "no report of this period"), None, "", ""])
            continue
        counts = report.counts
        for number, what in (
            (counts.overdue, ("逾期未办", "overdue")),
            (counts.timeliness.late, ("迟报", "reported late")),
            (int(counts.nil_return), ("零报告: 期内无事件和回执", "nil return: sent nothing")),
            (int(not report.reconciled.agrees), ("核对不符", "sums do not agree")),
        ):
            if number:
                rows.append([name, what, number, "", ""])
    head = (
        ("部门", "department"),
        ("事项", "matter"),
        ("数量", "number"),
        ("整改期限", "to be done by"),
        ("责任人", "responsible"),
    )
    nothing = Paragraph(("没有需要整改的事项。", "There is nothing to rectify."))
    parts = [Table(head, rows, (30, 26, 10, 17, 17))] if rows else [nothing]
    return Section(("需整改事项", "To be rectified"), parts)


def _reconciled(told: Told, departments: Mapping[str, str]) -> Section:
    apart = [
        departments.get(each.department, each.department)
        for each in told.departments.values()
        if not each.reconciled.agrees
    ]
    agrees = told.city.reconciled.agrees and not apart
    words: Both = (
        ("各项合计一致。", "All sums agree.")
        if agrees
        else (
            f"有合计不一致: {'、'.join(apart) or '全市'}。",
            f"Some sums differ: {', '.join(apart) or 'the city'}.",
        )
    )
    sums: list[list[Cell]] = [
        [named(SUMS, each.name), each.left, each.right] for each in told.city.reconciled.sums
    ]
    read: list[list[Cell]] = [
        [part.topic, part.partition, part.until_offset] for part in told.city.reconciled.read
    ]
    rests: list[list[Cell]] = [
        [
            ("全市", "city") if each.department == CITY else departments[each.department],
            each.revision,
            each.report_id,
            each.correction_of or "",
        ]
        for each in told.reports()
    ]
    return Section(
        ("数据核对与依据", "Reconciliation, and what this rests on"),
        [
            Paragraph(words),
            Table(
                (("核对项 (全市)", "sum (city)"), ("左", "left"), ("右", "right")),
                sums,
                (60, 20, 20),
            ),
            Table(
                (("主题", "topic"), ("分区", "partition"), ("读至位点", "read until")),
                read,
                (60, 20, 20),
            ),
            Table(
                (
                    ("报告", "report of"),
                    ("版本", "revision"),
                    ("编号", "id"),
                    ("更正对象", "correction of"),
                ),
                rests,
                (30, 10, 30, 30),
            ),
        ],
    )
