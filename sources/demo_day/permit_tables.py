# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""双公示 permits of the demo, in both generations of field names."""

import random
from datetime import timedelta

from sources.demo_day.calendar_day import DAY
from sources.demo_day.companies import Company, registration_number
from sources.demo_day.file_bytes import Cell
from sources.demo_day.matters import LICENCES, Matter
from sources.demo_day.people import POOLS

Rows = list[list[Cell]]
LEGACY = POOLS.clean[1100:1106]  # known to the crosswalk
UNCONFIRMED = POOLS.clean[1106]  # has a legacy code that nobody confirmed
_NEW, _OLD = 600, 100
_HEADER: list[Cell] = [
    "XK_XDR_MC", "XK_XDR_LB", "XK_XDR_SHXYM", "XK_XDR_GSZC", "XK_XDR_ZZJG", "XK_XDR_SWDJ", "XK_XDR_SYDW",
    "XK_XDR_SHZZ", "XK_FRDB", "XK_FR_ZJLX", "XK_FR_ZJHM", "XK_XDR_ZJLX", "XK_XDR_ZJHM", "XK_XKWS", "XK_WSH",
    "XK_XKLB", "XK_XKZS", "XK_XKBH", "XK_NR", "XK_JDRQ", "XK_YXQZ", "XK_YXQZI", "XK_XKJG", "XK_XKJGDM",
    "XK_ZT", "XK_LYDW", "XK_LYDWDM", "BZ",
]  # fmt: skip


def permit_rows(dice: random.Random) -> Rows:
    """Return the current table: long-term permits, legacy codes, natural persons, a typing error."""
    rows: Rows = [_HEADER]
    everyone = (*POOLS.clean[:1000], *POOLS.clean_shops)
    for number in range(1, _NEW + 1):
        matter = dice.choice(LICENCES)
        rows.append(_permit(dice, number, matter, dice.choice(everyone)))
    for place, company in enumerate(LEGACY):
        row = _permit(dice, 700 + place, LICENCES[0], company)
        row[2:5] = (
            ["", "", _hyphened(company)] if place % 2 else ["", registration_number(company), ""]
        )
        rows.insert(50 + place, row)
    unconfirmed = _permit(dice, 710, LICENCES[1], UNCONFIRMED)
    unconfirmed[2:5] = ["", "", _hyphened(UNCONFIRMED)]
    rows.insert(90, unconfirmed)
    for place in (120, 240):
        person = _permit(dice, 720 + place, LICENCES[0], POOLS.clean[0])
        person[:3] = ["示例自然人", "自然人", ""]
        rows.insert(place, person)
    typed = _permit(dice, 730, LICENCES[2], POOLS.clean[3])
    typed[2] = str(typed[2]).replace("1", "I", 1)
    rows.insert(300, typed)
    return rows


def _hyphened(company: Company) -> str:
    return f"{company.organisation_code[:8]}-{company.organisation_code[8]}"


def _permit(dice: random.Random, number: int, matter: Matter, company: Company) -> list[Cell]:
    decided = DAY - timedelta(days=dice.randrange(8))
    long_term = number % 3 == 0
    until = "2099/12/31" if long_term else (decided + timedelta(days=1825)).strftime("%Y/%m/%d")
    kind = "个体工商户" if company.uscc.startswith("92") else "法人及非法人组织"
    return [
        company.name, kind, company.uscc, *[""] * 10, f"{matter.title}决定书",
        f"本许决〔2026〕{number:04d}号", ("普通", "核准", "登记")[number % 3], matter.certificate,
        f"XK2105{number:06d}", matter.title, decided.strftime("%Y/%m/%d"), decided.strftime("%Y/%m/%d"),
        until, matter.office, matter.department, "1", matter.office, matter.department, "",
    ]  # fmt: skip


def old_permit_rows(dice: random.Random) -> Rows:
    """Return the table in the names of 2016, as one district still sends it."""
    rows: Rows = [
        ["XK_WSH", "XK_XMMC", "XK_SPLB", "XK_NR", "XK_XDR", "XK_XDR_SHXYM", "XK_XDR_ZDM", "XK_XDR_GSDJ",
         "XK_XDR_SWDJ", "XK_XDR_SFZ", "XK_FR", "XK_JDRQ", "XK_JZQ", "XK_XZJG", "许可机关代码", "XK_ZT", "DFBM",
         "SJC", "BZ"]
    ]  # fmt: skip
    for number in range(1, _OLD + 1):
        matter, company = dice.choice(LICENCES), dice.choice(POOLS.clean)
        decided = (DAY - timedelta(days=dice.randrange(8))).isoformat()
        rows.append(
            [f"平许〔2026〕{number:03d}", matter.title, "普通", matter.title, company.name, company.uscc,
             "", "", "", "", "", decided, "2099-12-31", matter.office, matter.department, "0", "210502",
             f"{decided} 18:00:00", ""]
        )  # fmt: skip
    return rows
