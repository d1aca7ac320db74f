# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""Registrations and award notices of the demo, in the names of the public-resource standard."""

import random
from datetime import datetime, timedelta

from schemas.times import SHANGHAI
from sources.demo_day.calendar_day import DAY
from sources.demo_day.companies import Company, registration_number
from sources.demo_day.file_bytes import Cell
from sources.demo_day.matters import PROCUREMENT, STATUTORY, TRADING_CENTRE, Matter
from sources.demo_day.people import POOLS
from sources.demo_day.permit_tables import LEGACY

Rows = list[list[Cell]]
_REGISTERED, _AWARDED, _SECTIONS = 800, 200, 120
_REGISTER_HEADER: list[Cell] = [
    "TENDER_PROJECT_CODE", "TENDER_PROJECT_NAME", "BID_SECTION_CODE", "UNIFIED_DEAL_CODE", "ITEM_CODE",
    "TENDER_KIND", "BIDDER_NAME", "BIDDER_CODE_TYPE", "BIDDER_ORG_CODE", "BIDDER_ROLE", "BID_MANAGER",
    "ID_CARD", "UNION_CODE", "UNION_NAME", "BID_PRICE", "PRICE_CURRENCY", "PRICE_UNIT", "BOND_REQUIRED",
    "TENDER_CREDIT_BONUS", "CHECKIN_TIME", "REGION_CODE", "PLATFORM_CODE", "DATA_TIMESTAMP",
]  # fmt: skip
_AWARD_HEADER: list[Cell] = [
    "TENDER_PROJECT_CODE", "BID_SECTION_CODE", "UNIFIED_DEAL_CODE", "REGION_CODE", "NOTICE_NAME",
    "NOTICE_CONTENT", "NOTICE_SEND_TIME", "NOTICE_MEDIA", "URL", "NOTICE_NATURE", "BULLETIN_TYPE",
    "TENDER_KIND", "ITEM_CODE", "UNION_CODE", "UNION_NAME", "WIN_BIDDER_NAME", "BIDDER_CODE_TYPE",
    "WIN_BIDDER_CODE", "BIDDER_ROLE", "BID_AMOUNT", "BID_CURRENCY", "PRICE_UNIT", "PLATFORM_CODE",
    "PUB_SERVICE_PLAT_CODE", "DATA_TIMESTAMP",
]  # fmt: skip
_USCC_TYPE, _OLD_TYPE = "统一社会信用代码", "工商注册号"


def registration_rows(dice: random.Random) -> Rows:
    """Return registrations: some disqualified, two consortia (one with a banned member)."""
    bidders = _listed_bidders(dice)
    while len(bidders) < _REGISTERED:
        section = dice.randrange(_SECTIONS)
        bidders.append((_kind(section), section, dice.choice(POOLS.clean)))
    dice.shuffle(bidders)
    seen: set[tuple[int, str]] = set()
    rows: Rows = [_REGISTER_HEADER]
    for matter, section, company in bidders:
        if (section, company.uscc) not in seen:
            seen.add((section, company.uscc))
            rows.append(_registration(dice, matter, section, company))
    _join(rows[5], [POOLS.clean[10], POOLS.clean[11]])
    _join(rows[9], [POOLS.clean[12], POOLS.bidding[0]])
    person = list(rows[30])
    person[6:9] = ["示例自然人", "居民身份证", ""]
    rows.insert(31, person)
    return rows


def _listed_bidders(dice: random.Random) -> list[tuple[Matter, int, Company]]:
    def spread(
        pool: tuple[Company, ...], each: int, matter: Matter
    ) -> list[tuple[Matter, int, Company]]:
        sections = [s for s in range(_SECTIONS) if _kind(s) is matter]
        return [(matter, section, c) for c in pool for section in dice.sample(sections, each)]

    return [
        *spread(POOLS.bidding[:-2], 4, STATUTORY),
        *spread(POOLS.bidding[-2:], 2, STATUTORY),
        *spread(POOLS.procurement, 2, PROCUREMENT),
        *spread(POOLS.court[60:72], 1, STATUTORY),
        *spread(POOLS.wages[:10], 1, STATUTORY),
        *spread(POOLS.market[:8], 1, PROCUREMENT),
        *spread(POOLS.penalty[:20], 1, PROCUREMENT),
        *spread(POOLS.focus[40:50], 1, STATUTORY),
        *spread(POOLS.abnormal[:10], 1, STATUTORY),
        *spread(POOLS.red[80:110], 1, STATUTORY),
    ]


def _kind(section: int) -> Matter:
    return PROCUREMENT if section % 3 == 0 else STATUTORY


def _moment(dice: random.Random) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=SHANGHAI) + timedelta(
        minutes=dice.randrange(480)
    )


def _registration(
    dice: random.Random, matter: Matter, section: int, company: Company
) -> list[Cell]:
    at = _moment(dice)
    wanyuan = section % 2 == 0
    price = dice.randrange(5000, 900_000)
    return [
        f"BX2026{section // 2:04d}", f"示例项目{section // 2:03d}", f"BX2026{section // 2:04d}-{section % 2 + 1:02d}",
        "", matter.item_code, "政府采购" if matter is PROCUREMENT else "依法必须招标", company.name,
        _USCC_TYPE, company.uscc, "投标人", "", "", "", "", price / 100 if wanyuan else price * 100,
        "人民币", "万元" if wanyuan else "元", "是", "是" if section % 5 == 0 else "否", at, "210500",
        TRADING_CENTRE[0], at,
    ]  # fmt: skip


def _join(row: list[Cell], members: list[Company]) -> None:
    row[9] = "联合体牵头人"
    row[12] = ";".join(member.uscc for member in members)
    row[13] = ";".join(member.name for member in members)


def award_rows(dice: random.Random) -> Rows:
    """Return award notices; one winner goes by a registration number of before 2015."""
    rows: Rows = [_AWARD_HEADER]
    for number in range(_AWARDED):
        section = 1000 + number  # tenders of earlier weeks
        matter = _kind(section)
        company = POOLS.court[72] if number == 50 else dice.choice(POOLS.clean)
        rows.append(_award(dice, matter, section, company))
    old = rows[20]
    old[15:18] = [LEGACY[0].name, _OLD_TYPE, registration_number(LEGACY[0])]
    return rows


def _award(dice: random.Random, matter: Matter, section: int, company: Company) -> list[Cell]:
    at = _moment(dice)
    kind = "政府采购" if matter is PROCUREMENT else "依法必须招标"
    return [
        f"BX2026{section}", f"BX2026{section}-01", "", "210500", f"示例项目{section}中标结果公告", "",
        at.strftime("%Y%m%d%H%M%S"), "", "", "正常公告", "中标结果公告", kind, matter.item_code, "", "",
        company.name, _USCC_TYPE, company.uscc, "中标人", f"{dice.randrange(20_000, 5_000_000) / 10_000:.4f}",
        "人民币", "万元", TRADING_CENTRE[0], "", at.strftime("%Y%m%d%H%M%S"),
    ]  # fmt: skip
