"""The assessment of a half-year says what the closed reports hold, and what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from consumers.feedback.assessment.content import Told, assessment
from consumers.feedback.assessment.newest_reports import NewestReports, read_report
from consumers.feedback.assessment.page import Bars, Document, Figure, Paragraph, Section, Table
from consumers.feedback.assessment.pdf_page import pdf_bytes
from consumers.feedback.assessment.sections import hours, timely
from consumers.feedback.assessment.spans import half_year, month
from infra.catalogue_files import read_catalogue
from schemas.feedback_counts import Timeliness
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.feedback_report import Facts
from tests.feedback.closed import DEPARTMENTS, FINANCE, HALF, HOUSING, SILENT
from tests.feedback.closed import half_year as messages

SPAN = half_year("2026-H1")
FINANCE_NAME = "本溪市财政局"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_catalogue(read_catalogue(Path(__file__).parents[2] / "catalogue"))


def told(made: list[dict[str, Any]]) -> Told:
    newest = NewestReports(read_report(json.dumps(each).encode()) for each in made)
    departments = dict(newest.of(SPAN))
    city = departments.pop("city")
    months = [(each, newest.of(each).get("city")) for each in SPAN.months()]
    return Told(SPAN, city, departments, months)


def section(document: Document, name: str) -> Section:
    return next(each for each in document.sections if each.title[1] == name)


def tables(found: Section) -> list[Table]:
    return [part for part in found.parts if isinstance(part, Table)]


def words(found: Section) -> str:
    return " ".join(part.text[1] for part in found.parts if isinstance(part, Paragraph))


def test_the_whole_is_the_sum_of_its_months_its_departments_and_its_measures(
    catalogue: Catalogue,
) -> None:
    document = assessment(told(messages()), catalogue)
    figures = {row[0][1]: row[1] for row in tables(section(document, "The city"))[0].rows}  # type: ignore[index]
    issued, executed, overdue = (
        figures[name] for name in ("actions issued", "executed", "overdue")
    )
    assert (issued, figures["events decided"], executed) == (180, 180, 121)
    for name, columns in (
        ("By month", (1, 2, 4)), ("By department", (2, 3, 5)), ("By measure", (2, 5, 8)),
    ):  # fmt: skip
        rows = tables(section(document, name))[0].rows
        sums = [sum(row[n] for row in rows if isinstance(row[n], int)) for n in columns]  # type: ignore[misc]
        assert sums == [issued, executed, overdue], name
    (chart,) = (p for p in section(document, "By month").parts if isinstance(p, Bars))
    assert [sum(numbers) for numbers in zip(*(n for _, n in chart.rows), strict=True)] == [
        issued, executed, overdue,
    ]  # fmt: skip


def test_a_correction_is_told_in_place_of_what_it_corrects_whatever_comes_first(
    catalogue: Catalogue,
) -> None:
    made = messages()
    place = next(
        n for n, each in enumerate(made)
        if (each["subject"], each["data"]["period"]) == (FINANCE, "half")
    )  # fmt: skip
    corrected = json.loads(json.dumps(made[place]))
    corrected["data"] |= {"revision": 1, "report_id": "r/1", "correction_of": "r/0"}
    corrected["data"]["counts"]["executed"] = 7
    for order in ([*made, corrected], [corrected, *made]):
        document = assessment(told(order), catalogue)
        rows = tables(section(document, "By department"))[0].rows
        assert [row[3] for row in rows if row[0] == FINANCE_NAME] == [7]
        rests = tables(section(document, "Reconciliation, and what this rests on"))[2].rows
        assert [row[1:] for row in rests if row[0] == FINANCE_NAME] == [[1, "r/1", "r/0"]]


def test_what_is_missing_is_named_and_never_counted_as_nothing(catalogue: Catalogue) -> None:
    march = month("2026-03").first.isoformat()
    kept = [
        each for each in messages()
        if each["data"]["from"] != march and each["subject"] != HOUSING
    ]  # fmt: skip
    document = assessment(told(kept), catalogue)
    by_month = section(document, "By month")
    assert "2026-03" in words(by_month)
    assert len(tables(by_month)[0].rows) == 5
    rows = tables(section(document, "To be rectified"))[0].rows
    missing = [row[0] for row in rows if row[1] == ("没有本期报告", "no report of this period")]
    assert "本溪市住房和城乡建设局" in missing
    assert "本溪市城乡规划局（已撤并）" not in missing  # its successor reports
    assert FINANCE_NAME not in missing


def test_what_is_to_be_rectified_is_overdue_late_silent_or_does_not_add_up(
    catalogue: Catalogue,
) -> None:
    made = messages()
    for each in made:
        if each["subject"] == FINANCE:
            each["data"]["reconciled"] |= {"agrees": False}
    document = assessment(told(made), catalogue)
    rows = tables(section(document, "To be rectified"))[0].rows
    of = {who: [(row[1][1], row[2]) for row in rows if row[0] == who] for who in  # type: ignore[index]
          (FINANCE_NAME, catalogue.departments[SILENT].name)}  # fmt: skip
    finance = next(m for m in made if m["subject"] == FINANCE)["data"]["counts"]
    assert of[FINANCE_NAME] == [
        ("overdue", finance["overdue"]),
        ("reported late", finance["timeliness"]["late"]),
        ("sums do not agree", 1),
    ]
    assert of[catalogue.departments[SILENT].name] == [("nil return: sent nothing", 1)]
    assert (
        FINANCE_NAME in section(document, "Reconciliation, and what this rests on").parts[0].text[0]
    )  # type: ignore[union-attr]


def test_a_measure_of_an_earlier_version_says_which(catalogue: Catalogue) -> None:
    made = messages()
    now = catalogue.measure_versions["p04-bid-disqualified"]
    for each in made:
        for line in each["data"]["measures"]:
            if line["measure_id"] == "p04-bid-disqualified":
                line["measure_version"] = now
            if line["measure_id"] == "i01-green-channel":
                line["measure_id"] = "gone"
    rows = tables(section(assessment(told(made), catalogue), "By measure"))[0].rows
    titles = {measure.id: measure.title.zh for measure in catalogue.measures}
    other = "p16-fraud-new-funds-reviewed"
    assert [str(row[0]) for row in rows] == [
        "gone (01234567)",
        f"p04-bid-disqualified {titles['p04-bid-disqualified']}",
        f"{other} {titles[other]} (01234567)",
    ]


@pytest.mark.parametrize(
    ("in_time", "late", "share"),
    [(0, 0, None), (1, 0, "100.0%"), (0, 3, "0.0%"), (2, 1, "66.7%"), (1, 15, "6.3%")],
)
def test_shares_are_in_tenths_of_a_per_cent_halves_up(
    in_time: int, late: int, share: str | None
) -> None:
    assert timely(Timeliness(in_time=in_time, late=late)) == (share and Figure(share))


@pytest.mark.parametrize(("minutes", "shown"), [(0, "0.0"), (3, "0.1"), (2, "0.0"), (97, "1.6")])
def test_minutes_are_shown_as_hours(minutes: int, shown: str) -> None:
    assert hours(minutes) == Figure(shown)


def test_a_report_of_other_days_under_the_same_name_is_not_taken() -> None:
    made = messages()
    made[0]["data"]["until"] = "2026-06-30"
    newest = NewestReports(read_report(json.dumps(each).encode()) for each in made)
    assert len(newest.of(SPAN)) == len(DEPARTMENTS)  # with the city, less that one
    assert newest.first_days("half") == [HALF[0].isoformat()]


def test_of_two_with_one_revision_the_later_one_stands() -> None:
    first = messages()[0]
    later = json.loads(json.dumps(first))
    later["data"]["report_id"] = "told-again"
    newest = NewestReports(read_report(json.dumps(each).encode()) for each in (first, later))
    assert [each.report_id for each in newest.of(SPAN).values()] == ["told-again"]


def test_a_half_year_in_which_nothing_happened_can_be_printed(catalogue: Catalogue) -> None:
    document = assessment(told(messages(Facts())), catalogue)
    assert b"%PDF" in pdf_bytes(document)
    rows = tables(section(document, "To be rectified"))[0].rows
    nil = ("零报告: 期内无事件和回执", "nil return: sent nothing")
    assert sum(row[1] == nil for row in rows) == len(DEPARTMENTS)
