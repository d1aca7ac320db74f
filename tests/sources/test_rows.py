# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""Rows: whom they are about, what is refused, and what identity an event gets."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Reason
from sources.crosswalk import Crosswalk, read_crosswalk, registration_fits, shape_of
from sources.demo_day.companies import Company, registration_number
from sources.errors import UnusableFileError
from sources.file_format import FileFormat, LegacyType
from sources.import_events import ImportOptions, import_events
from sources.rejects import RejectsFile, rejects_path
from sources.reports import ImportReport
from sources.row_fault import RowFault
from tests.sources.conftest import CASE_HEADER, COMPANY, DEPARTMENT, SHOP, case_row, now

RESIDENT = "21050218500101001X"  # of 1850: nobody's


def check(
    path: Path, formats: dict[str, FileFormat], crosswalk: Crosswalk | None = None
) -> ImportReport:
    options = ImportOptions(formats, crosswalk=crosswalk or Crosswalk())
    return import_events([path], bootstrap=None, options=options, clock=now)


@pytest.mark.parametrize(
    "row",
    [
        case_row(kind="自然人"),
        case_row(uscc=RESIDENT),
        case_row(uscc=RESIDENT.lower()),
        case_row(remark=f"经办人{RESIDENT}"),
        case_row(remark="210502 18500101 001X"),
        case_row(uscc="210502185001010011"),
        case_row(uscc="210502********0018"),
        case_row(uscc="210502500101001"),
        case_row(uscc="").replace("本溪示例公司", "某某"),
    ],
)
def test_a_row_on_a_natural_person_is_a_line_number_and_nothing_else(
    formats: dict[str, FileFormat], case_file: Callable[..., Path], row: str
) -> None:
    report = check(case_file(case_row("BJ9"), row), formats)
    assert report.files[0].natural_persons == [3]
    assert report.files[0].rejected == 0
    assert "18500101" not in str(report.as_json())
    assert report.files[0].by_type == {"credit.approval.accepted": 1}


def test_a_column_about_a_person_is_dropped_and_its_row_is_taken(
    formats: dict[str, FileFormat], tmp_path: Path
) -> None:
    path = tmp_path / "cases.csv"
    header = f"{CASE_HEADER},法定代表人证件号码,经办人姓名,经办人身份证号"
    path.write_text(f"{header}\n{case_row()},{RESIDENT},示例自然人,{RESIDENT}\n", "utf-8")
    (file,) = check(path, formats).files
    assert file.natural_persons == []
    assert file.by_type == {"credit.approval.accepted": 1}
    assert "示例自然人" not in str(file.examples)
    assert RESIDENT not in str(file.examples)


@pytest.mark.parametrize(
    ("uscc", "reason"),
    [
        (COMPANY.replace("0", "O", 1), "suspect-typo"),
        (COMPANY[:-1] + "G", "bad-uscc"),
        ("123456789012345678", "bad-uscc"),
        ("9.1210500E+17", "bad-uscc"),
    ],
)
def test_a_wrong_code_is_rejected_and_never_repaired(
    formats: dict[str, FileFormat], case_file: Callable[..., Path], uscc: str, reason: str
) -> None:
    (file,) = check(case_file(case_row(uscc=uscc)), formats).files
    assert file.faults == {reason: 1}
    assert uscc not in str(file.first_faults)


def test_width_case_blanks_and_hyphens_are_normalised(
    formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in COMPANY.lower())
    for spelling in (wide, f" {COMPANY[:8]}-{COMPANY[8:]} ", COMPANY.lower()):
        (file,) = check(case_file(case_row(uscc=spelling)), formats).files
        assert [example["subject"] for example in file.examples] == [COMPANY]


def test_the_publishers_own_code_is_checked(
    formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    row = case_row().replace(DEPARTMENT, "00000000000000000X")
    (file,) = check(case_file(row), formats).files
    assert file.faults == {"bad-uscc": 1}
    assert file.first_faults[0]["problem"].startswith("实施主体编码")


def test_rows_of_the_future_and_of_more_than_400_days_ago_are_rejected(
    formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    future = case_row("BJ1").replace("2026-06-16 09:30", "2026-06-16 18:11")
    soon = case_row("BJ2").replace("2026-06-16 09:30", "2026-06-16 18:09")
    old = case_row("BJ3").replace("2026-06-16 09:30", "2025-05-12 17:59")
    kept = case_row("BJ4").replace("2026-06-16 09:30", "2025-05-12 18:01")
    (file,) = check(case_file(future, soon, old, kept), formats).files
    assert file.faults == {"time-in-future": 1, "too-old": 1}
    assert file.by_type == {"credit.approval.accepted": 2}


def test_the_same_row_is_the_same_event_and_a_corrected_row_a_new_one(
    formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    (file,) = check(case_file(case_row(), case_row(remark="另一备注"), case_row()), formats).files
    assert file.repeated == 2
    corrected = case_row().replace("bx-sj-001", "bx-sj-002")
    (mended,) = check(case_file(corrected), formats).files
    before, after = file.examples[0]["id"], mended.examples[0]["id"]
    natural = f"{DEPARTMENT}/BJ1/{COMPANY}/accepted"
    assert before.split("#")[0] == after.split("#")[0] == natural
    assert before != after
    assert len(before.split("#")[1]) == 12
    assert file.examples[0]["source"] == f"/departments/{DEPARTMENT}/approval-cases"


def test_the_name_of_an_individual_business_is_masked_where_people_read(
    formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    (file,) = check(case_file(case_row(uscc=SHOP, kind="个体工商户")), formats).files
    assert file.examples[0]["data"]["subject_name"] == "***"


PERMIT = "XK_XDR_MC,XK_XDR_LB,XK_XDR_SHXYM,XK_XDR_GSZC,XK_XDR_ZZJG,XK_WSH,XK_NR,XK_JDRQ,XK_XKJGDM,XK_YXQZI"


@pytest.mark.parametrize(
    ("codes", "subject", "faults"),
    [
        (f"{COMPANY},,", COMPANY, {}),
        (",,MA0BX001-5", COMPANY, {}),
        (",110108000000016,", COMPANY, {}),
        (",440301103097413,", None, {"bad-uscc": 1}),
        (",,MA0BX001-6", None, {"bad-uscc": 1}),
        (",,", None, {"bad-field": 1}),
    ],
)
def test_a_legacy_code_counts_only_where_somebody_confirmed_it(
    tmp_path: Path, formats: dict[str, FileFormat], codes: str, subject: str | None,
    faults: dict[str, int],
) -> None:  # fmt: skip
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(
        "legacy_type,legacy_code,uscc,valid_from,valid_to,confirmed_by\n"
        f"organisation,MA0BX0015,{COMPANY},,,本溪市市场监督管理局\n"
        f"registration,110108000000016,{COMPANY},2015-10-01,,本溪市市场监督管理局\n",
        encoding="utf-8",
    )
    path = tmp_path / "permits.csv"
    row = f"本溪示例公司,法人及非法人组织,{codes},本许〔2026〕1号,食品经营许可,2026/06/10,{DEPARTMENT},2099/12/31"
    path.write_text(f"{PERMIT}\n{row}\n", encoding="gb18030")
    (file,) = check(path, formats, read_crosswalk(crosswalk)).files
    assert [example["subject"] for example in file.examples] == ([subject] if subject else [])
    assert file.faults == faults
    for example in file.examples:
        assert example["type"] == "credit.approval.decided"
        assert "valid_until" not in example["data"]["attributes"]


def test_a_mapping_counts_from_its_first_day_until_its_last_exclusive(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(
        "legacy_type,legacy_code,uscc,valid_from,valid_to,confirmed_by\n"
        f"tax,210500MA0BX0015,{COMPANY},2016-01-01,2020-01-01,本溪市市场监督管理局\n",
        encoding="utf-8",
    )
    crosswalk, kind = read_crosswalk(path), LegacyType.TAX
    days = ["2015-12-31", "2016-01-01", "2019-12-31", "2020-01-01"]
    found = [crosswalk.find(kind, "210500MA0BX0015", date.fromisoformat(day)) for day in days]
    assert found == [None, COMPANY, COMPANY, None]


def test_a_crosswalk_without_a_confirming_office_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(
        "legacy_type,legacy_code,uscc,valid_from,valid_to,confirmed_by\n"
        f"tax,210500MA0BX0015,{COMPANY},,,\n",
        encoding="utf-8",
    )
    with pytest.raises(UnusableFileError, match=r"crosswalk.csv:2: confirmed_by"):
        read_crosswalk(path)


@given(st.integers(0, 10**14 - 1), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_of_a_registration_number_never_passes(
    body: int, place: int, shift: int
) -> None:
    first14 = f"{body:014d}"
    company = Company(int(first14[6:]), f"91{first14[:6]}MA0000000X", "示例")
    whole = registration_number(company)
    assert registration_fits(whole)
    wrong = whole[:place] + str((int(whole[place]) + shift) % 10) + whole[place + 1 :]
    assert not registration_fits(wrong)
    assert shape_of(wrong) is not LegacyType.REGISTRATION


@pytest.mark.parametrize(
    ("codes", "person"),
    [(f",,,,{RESIDENT}", True), (f"{COMPANY},,,,{RESIDENT}", False), (",,,,", False)],
)
def test_a_personal_number_without_an_organisations_code_makes_the_row_a_persons(
    tmp_path: Path, formats: dict[str, FileFormat], codes: str, *, person: bool
) -> None:
    path = tmp_path / "old.csv"
    header = "XK_WSH,XK_XMMC,XK_XDR,XK_XDR_SHXYM,XK_XDR_ZDM,XK_XDR_GSDJ,XK_XDR_SWDJ,XK_XDR_SFZ,XK_JDRQ,许可机关代码"
    path.write_text(
        f"{header}\n平许1号,示例,本溪示例公司,{codes},2026-06-01,{DEPARTMENT}\n", "utf-8"
    )
    (file,) = check(path, formats).files
    assert file.natural_persons == ([2] if person else [])
    assert RESIDENT not in str(file)


TENDER = (
    "TENDER_PROJECT_CODE,TENDER_PROJECT_NAME,BID_SECTION_CODE,TENDER_KIND,BIDDER_NAME,BIDDER_CODE_TYPE,"
    "BIDDER_ORG_CODE,UNION_CODE,UNION_NAME,BID_PRICE,PRICE_UNIT,CHECKIN_TIME,PLATFORM_CODE"
)


def test_a_consortium_names_its_members_and_the_unit_column_tells_the_unit(
    tmp_path: Path, formats: dict[str, FileFormat]
) -> None:
    path = tmp_path / "tenders.csv"
    good = f"BX1,示例项目,BX1-01,政府采购,本溪示例公司,统一社会信用代码,{COMPANY},{SHOP},示例店,0.2,万元,20260616090000,{DEPARTMENT}"
    unpaired = good.replace(",示例店,", ",示例店;另一店,").replace("BX1-01", "BX1-02")
    unitless = good.replace("万元", "").replace("BX1-01", "BX1-03")
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{TENDER}\n{good}\n{unpaired}\n{unitless}\n")
    (report,) = check(path, formats).files
    (example,) = report.examples
    assert example["data"]["amount_fen"] == 200_000
    assert [member["uscc"] for member in example["data"]["members"]] == [SHOP]
    assert example["data"]["attributes"]["tender_kind"] == "procurement"
    assert report.faults == {"bad-field": 2}


def test_a_rejects_file_is_never_overwritten_and_keeps_long_numbers(tmp_path: Path) -> None:
    target = rejects_path(tmp_path / "cases.csv")
    fault = RowFault(Reason.BAD_USCC, "代码", "错", "wrong", "改", "mend")
    for cell in ("911", "911", "912"):
        with RejectsFile(target, ["代码", "长号"], [0, 2]) as rejects:
            rejects.add(7, [cell, "私", "912105020000000001"], [fault])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "cases.rejects-2.csv", "cases.rejects.csv",
    ]  # fmt: skip
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(target.open(encoding="utf-8-sig", newline="")))
    assert rows[0][:2] == ["代码", "长号"]
    assert rows[1][:3] == ["911", "\t912105020000000001", "7"]
    assert "私" not in target.read_text("utf-8-sig")
