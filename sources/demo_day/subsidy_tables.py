# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""Applications for and disbursements of public funds in the demo."""

import random
from datetime import datetime, timedelta

from schemas.times import SHANGHAI
from sources.demo_day.calendar_day import DAY
from sources.demo_day.companies import Company
from sources.demo_day.file_bytes import Cell
from sources.demo_day.matters import FUNDS, Matter
from sources.demo_day.people import POOLS
from sources.demo_day.permit_tables import LEGACY, UNCONFIRMED

Rows = list[list[Cell]]
_APPLIED, _PAID = 900, 400


def application_rows(dice: random.Random) -> Rows:
    """Return applications in 万元; three applicants go by an organisation code, one unconfirmed."""
    rows: Rows = [
        ["申报编号", "资金项目编码", "资金项目名称", "政策文号", "年度", "主体类型", "申报单位", "统一社会信用代码",
         "组织机构代码", "申请金额(万元)", "主管部门", "主管部门代码", "申报日期", "区划代码", "联系人", "联系电话", "备注"]
    ]  # fmt: skip
    applicants: list[Company] = [
        *POOLS.court[73:98], *POOLS.wages[:25], *POOLS.fraud, *POOLS.arrears, *POOLS.focus[50:60],
        *POOLS.red[:60], POOLS.red_and_court,
    ]  # fmt: skip
    everyone = (*POOLS.clean, *POOLS.clean_cooperatives)
    while len(applicants) < _APPLIED:
        applicants.append(dice.choice(everyone))
    dice.shuffle(applicants)
    for number, company in enumerate(applicants, start=1):
        rows.append(_application(dice, number, dice.choice(FUNDS), company))
    for place, company in ((100, LEGACY[1]), (200, LEGACY[2]), (300, UNCONFIRMED)):
        row = _application(dice, 2000 + place, FUNDS[0], company)
        row[7:9] = ["", company.organisation_code]
        rows.insert(place, row)
    person = _application(dice, 2900, FUNDS[2], POOLS.clean[0])
    person[5:8] = ["自然人", "示例自然人", ""]
    rows.insert(400, person)
    return rows


def _application(dice: random.Random, number: int, matter: Matter, company: Company) -> list[Cell]:
    kind = "农民专业合作社" if company.uscc.startswith("93") else "企业"
    at = datetime(DAY.year, DAY.month, DAY.day, 8, 30, tzinfo=SHANGHAI) + timedelta(
        minutes=dice.randrange(540)
    )
    return [
        f"SB2026{number:05d}", matter.item_code, matter.title, "本政办发〔2026〕9号", 2026, kind,
        company.name, company.uscc, "", dice.randrange(1, 4000) / 8, matter.office, matter.department,
        at, company.division, "", "", "",
    ]  # fmt: skip


def disbursement_rows(dice: random.Random) -> Rows:
    """Return what was paid last week and today, in yuan with fen."""
    rows: Rows = [
        ["拨付文号", "申报编号", "资金项目编码", "资金项目名称", "指标文号", "资金性质", "收款单位", "统一社会信用代码",
         "拨付金额(元)", "拨付日期", "拨付部门", "拨付部门代码", "区划代码", "备注"]
    ]  # fmt: skip
    payees: list[Company] = [POOLS.fraud[0], POOLS.fraud[1]]
    while len(payees) < _PAID:
        payees.append(dice.choice(POOLS.clean))
    for number, company in enumerate(payees, start=1):
        matter = dice.choice(FUNDS)
        paid = DAY - timedelta(days=dice.randrange(6))
        rows.append(
            [f"本财拨〔2026〕{number // 40 + 1}号", f"SB2025{number:05d}", matter.item_code, matter.title,
             "本财指〔2026〕3号", "本级", company.name, company.uscc,
             f"{dice.randrange(100_000, 90_000_000) / 100:,.2f}", paid.strftime("%Y年%m月%d日"),
             matter.office, matter.department, company.division, ""]
        )  # fmt: skip
    return rows
