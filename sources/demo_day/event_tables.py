# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""The event files of the demo: three families, about five thousand rows, and the usual traps."""

import random
from datetime import datetime, timedelta

from schemas.times import SHANGHAI
from sources.demo_day.bidding_tables import award_rows, registration_rows
from sources.demo_day.calendar_day import DAY
from sources.demo_day.companies import Company
from sources.demo_day.file_bytes import Cell, csv_bytes, xlsx_bytes
from sources.demo_day.matters import (
    BARRED_LICENCES,
    LICENCES,
    UNKNOWN_ITEM,
    UNREGISTERED_DEPARTMENT,
    Matter,
)
from sources.demo_day.people import POOLS
from sources.demo_day.permit_tables import old_permit_rows, permit_rows
from sources.demo_day.subsidy_tables import application_rows, disbursement_rows

Rows = list[list[Cell]]
SEED = 20_260_616
_CASE_HEADER: list[Cell] = [
    "办件编号", "事项编码", "事项名称", "申请人类型", "申请人名称", "统一社会信用代码", "法定代表人", "联系电话", "实施主体",
    "实施主体编码", "行政区划代码", "办件状态", "申请时间", "受理时间", "办结时间", "是否告知承诺", "备注",
]  # fmt: skip
_MORNING, _AFTERNOON = 1100, 900
# Of a person born in 1850, so nobody's; the check digit is right, which is what the edge looks at.
_RESIDENT_NUMBER = "21050218500101001X"


def event_files() -> dict[str, bytes]:
    """Return the event files by their path in the demo folder."""
    dice = random.Random(SEED)  # noqa: S311  # a synthetic day, not a secret
    morning = _morning(dice)
    afternoon = _afternoon(dice, morning)
    awards, registrations = award_rows(dice), registration_rows(dice)
    return {
        "events/approval-cases-morning.csv": csv_bytes([_CASE_HEADER, *morning], "gb18030"),
        "events/approval-cases-afternoon.csv": csv_bytes([_CASE_HEADER, *afternoon], "utf-8-sig"),
        "events/approval-cases-corrected.csv": csv_bytes(
            [_CASE_HEADER, *_corrected(morning)], "utf-8-sig"
        ),
        "events/permits.csv": csv_bytes(permit_rows(dice), "gb18030"),
        "events/permits-old-names.csv": csv_bytes(old_permit_rows(dice), "utf-8", ";"),
        "events/bid-registrations.xlsx": xlsx_bytes(
            registrations, sheet="投标登记", merged_title="投标登记信息(2026-06-16)"
        ),
        "events/award-notices.csv": csv_bytes(awards, "utf-8-sig"),
        "events/subsidy-applications.xlsx": xlsx_bytes(application_rows(dice), sheet="申报"),
        "events/subsidy-disbursements.csv": csv_bytes(disbursement_rows(dice), "gb18030"),
    }


def _moment(dice: random.Random, first_hour: int, last_hour: int) -> datetime:
    minutes = dice.randrange((last_hour - first_hour) * 60)
    start = datetime(DAY.year, DAY.month, DAY.day, first_hour, tzinfo=SHANGHAI)
    return start + timedelta(minutes=minutes, seconds=dice.randrange(60))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _case(
    number: int, matter: Matter, company: Company, applied: datetime, accepted: datetime | None
) -> list[Cell]:
    kind = "个体工商户" if company.uscc.startswith("92") else "法人"
    return [
        f"BJ20260616{number:05d}", matter.item_code, matter.title, kind, company.name, company.uscc,
        "", "", matter.office, matter.department, company.division,
        "已受理" if accepted else "已接件", _stamp(applied), _stamp(accepted) if accepted else "", "",
        "否", "",
    ]  # fmt: skip


def _listed_cases(dice: random.Random) -> list[tuple[Matter, Company]]:
    """Return the applications of listed companies: some barred, some for a human, some rewarded."""
    barred = [
        (BARRED_LICENCES[place % len(BARRED_LICENCES)], company)
        for place, company in enumerate((*POOLS.licence, *POOLS.licence_shops))
        for _ in range(2)
    ]
    elsewhere = [(LICENCES[4], company) for company in POOLS.licence[:6]]  # another licence: free
    court = [(dice.choice(LICENCES), company) for company in POOLS.court[:60]]
    safety = [(LICENCES[5], company) for company in POOLS.safety[:8]]
    focus = [(dice.choice(LICENCES), company) for company in POOLS.focus[:40]]
    red = [(dice.choice(LICENCES), company) for company in POOLS.red[:80]]
    return [*barred, *elsewhere, *court, *safety, *focus, *red]


def _morning(dice: random.Random) -> Rows:
    """Return what the platform exported at noon: applied and accepted cases."""
    matters = _listed_cases(dice)
    everyone = (*POOLS.clean, *POOLS.clean_shops, *POOLS.clean_cooperatives)
    while len(matters) < _MORNING:
        matters.append((dice.choice(LICENCES), dice.choice(everyone)))
    dice.shuffle(matters)
    rows = []
    for number, (matter, company) in enumerate(matters, start=1):
        applied = _moment(dice, 8, 11)
        waited = timedelta(minutes=dice.randrange(3, 50))
        rows.append(
            _case(number, matter, company, applied, applied + waited if number % 2 else None)
        )
    _spoil(rows)
    return rows


def _spoil(rows: Rows) -> None:
    """Put the usual traps among good rows; the places are fixed, so that tests can name them."""
    clean = POOLS.clean
    natural = list(rows[10])
    natural[3:6] = ["自然人", "示例自然人", "210502********0018"]
    rows.insert(20, natural)
    number_in_text = list(rows[11])
    number_in_text[16] = f"经办人 {_RESIDENT_NUMBER}"
    rows.insert(50, number_in_text)
    as_code = list(rows[12])
    as_code[5] = _RESIDENT_NUMBER
    rows.insert(80, as_code)
    for place, company in ((110, clean[0]), (140, clean[1])):
        typed = list(rows[place])
        typed[4:6] = [company.name, company.uscc.replace("0", "O", 1)]
        rows.insert(place, typed)
    wide = list(rows[170])
    wide[5] = _full_width(str(wide[5]))
    rows[170] = wide
    unknown = _case(90001, UNKNOWN_ITEM, clean[2], _moment(random.Random(1), 8, 11), None)  # noqa: S311
    unknown[6] = ""
    rows.insert(200, unknown)
    placeholder = list(rows[230])
    placeholder[9] = "00000000000000000X"
    rows.insert(230, placeholder)
    for place in (260, 263):
        stranger = list(rows[place])
        stranger[0], stranger[9] = f"{stranger[0]}W", UNREGISTERED_DEPARTMENT
        rows.insert(place, stranger)
    tomorrow = list(rows[300])
    tomorrow[11:14] = ["已受理", "2026-06-17 09:00:00", "2026-06-17 09:30:00"]
    rows.insert(300, tomorrow)
    late = list(rows[330])
    late[0], late[11], late[12], late[13] = "BJ2026052090003", "已接件", "2026-05-20 10:00:00", ""
    rows.insert(330, late)
    rows.extend(list(row) for row in rows[400:405])  # the same rows once more


def _full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text).lower()


def _afternoon(dice: random.Random, morning: Rows) -> Rows:
    """Return the evening's export: later stages of the morning's cases, and new ones."""
    rows: Rows = []
    for row in _good(morning)[:520]:
        later = list(row)
        accepted = later[11] == "已受理"
        later[11] = "办结" if accepted else "已受理"
        later[14 if accepted else 13] = _stamp(_moment(dice, 13, 17))
        rows.append(later)
    number = _MORNING
    while len(rows) < _AFTERNOON:
        number += 1
        company = dice.choice(POOLS.clean)
        rows.append(_case(number, dice.choice(LICENCES), company, _moment(dice, 13, 17), None))
    return rows


def _good(rows: Rows) -> Rows:
    """Return the rows that no trap has touched, each once."""
    seen: dict[str, list[Cell]] = {}
    for row in rows[400 : _MORNING - 20]:
        seen.setdefault(str(row[0]), row)
    return list(seen.values())


def _corrected(morning: Rows) -> Rows:
    """Return what a clerk sent in again: the typed codes mended, one case with another item."""
    clean = POOLS.clean
    rows = [list(row) for row in morning if "O" in str(row[5])]
    for row, company in zip(rows, clean[:2], strict=True):
        row[5], row[0] = company.uscc, f"{row[0]}G"
    changed = list(_good(morning)[-1])
    changed[1:3] = [LICENCES[3].item_code, LICENCES[3].title]
    return [*rows, changed]
