# ruff: noqa: E501  # rows of tables, and a Chinese character counts as two
"""The list files of the demo, each in the shape in which its keeper hands it out."""

from collections.abc import Sequence
from datetime import date, timedelta

from sources.demo_day.calendar_day import DAY
from sources.demo_day.companies import Company
from sources.demo_day.file_bytes import Cell, csv_bytes, xlsx_bytes
from sources.demo_day.matters import (
    BARRED_LICENCES,
    COURT,
    CREDIT_OFFICE,
    DEVELOPMENT,
    EMERGENCY,
    FINANCE,
    INDUSTRY,
    LABOUR,
    MARKET,
    TAX,
)
from sources.demo_day.people import POOLS

Rows = list[list[Cell]]
_REPORT_HEADER: list[Cell] = [
    "认定文书号", "主体类别", "主体名称", "统一社会信用代码", "列入事由", "严重程度", "认定单位", "列入日期", "有效期至",
    "备注",
]  # fmt: skip
_PERSON = "示例自然人"
_ORGANISATION = "法人及非法人组织"


def list_files() -> dict[str, bytes]:
    """Return the list files by their path in the demo folder."""
    return {
        "lists/court-defaulters.csv": csv_bytes(_court(), "gb18030"),
        "lists/procurement-serious.xlsx": xlsx_bytes(
            _procurement(), sheet="记录名单", merged_title="政府采购严重违法失信行为记录名单"
        ),
        "lists/wage-arrears.csv": csv_bytes(
            _report(POOLS.wages, "拖欠农民工工资", "欠薪", LABOUR[1], 400), "utf-8-sig"
        ),
        "lists/market-serious.csv": csv_bytes(
            _report(POOLS.market, "生产销售不合格产品情节严重", "市监严失", MARKET[1], 300),
            "gb18030",
        ),
        "lists/safety-serious.csv": csv_bytes(
            _report(POOLS.safety, "发生较大生产安全责任事故", "应急严失", EMERGENCY[1], 200),
            "utf-8",
            "\t",
        ),
        "lists/bidding-bans.csv": csv_bytes(_bidding(), "utf-8-sig"),
        "lists/licence-bars.xlsx": xlsx_bytes(_licence(), sheet="限制申请"),
        "lists/major-penalties.csv": csv_bytes(_penalties(), "gb18030"),
        "lists/subsidy-fraud.csv": csv_bytes(
            _report(POOLS.fraud, "以虚报方式骗取财政资金", "财监", FINANCE[1], 500), "gb18030", ";"
        ),
        "lists/sme-arrears.csv": csv_bytes(
            _report(POOLS.arrears, "拖欠中小企业账款", "清欠", INDUSTRY[1], 150), "utf-8-sig"
        ),
        "lists/tax-serious.csv": csv_bytes(
            _report(POOLS.tax, "虚开增值税专用发票", "税违", TAX[1], 250), "gb18030"
        ),
        "lists/social-insurance.csv": csv_bytes(
            _report(POOLS.social, "骗取社会保险基金支出", "社保严失", LABOUR[1], 180), "utf-8-sig"
        ),
        "lists/abnormal-operations.csv": csv_bytes(
            _report(POOLS.abnormal, "未按规定公示年度报告", "经异", MARKET[1], 120), "gb18030"
        ),
        "lists/focus-list.csv": csv_bytes(_focus(), "gb18030"),
        "lists/red-list.xlsx": xlsx_bytes(
            _red(), sheet="红名单", merged_title="本溪市守信激励对象名单(2026年第一批)"
        ),
    }


def _day(days_ago: int) -> date:
    return DAY - timedelta(days=days_ago)


def _court() -> Rows:
    """Return the court's list: 2099/12/31 for no end, a natural person, a letter O, a repeat."""
    header: list[Cell] = [
        "序号", "案号", "被执行人名称", "被执行人类型", "统一社会信用代码", "法定代表人或者负责人姓名", "执行法院",
        "执行依据文号", "失信被执行人行为具体情形", "被执行人的履行情况", "立案时间", "发布时间", "屏蔽日期", "备注",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate(POOLS.court):
        rows.append(_court_row(place, company.name, "法人或其他组织", company.uscc))
    rows.insert(40, _court_row(901, _PERSON, "自然人", "210502********0018"))
    typed = POOLS.court[7].uscc.replace("0", "O", 1)
    rows.insert(60, _court_row(902, POOLS.court[7].name, "法人或其他组织", typed))
    rows.append(list(rows[3]))
    return rows


def _court_row(place: int, name: str, kind: str, code: str) -> list[Cell]:
    listed = _day(20 + place * 3 % 600)
    conduct = ("有履行能力而拒不履行生效法律文书确定义务", "违反财产报告制度", "违反限制消费令")[
        place % 3
    ]
    return [
        place + 1, f"(2025)辽05执{1001 + place}号", name, kind, code, "", COURT[1],
        f"(2024)辽05民初{201 + place}号", conduct, "全部未履行", _slashed(listed - timedelta(days=60)),
        _slashed(listed), "2099/12/31", "",
    ]  # fmt: skip


def _slashed(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


def _procurement() -> Rows:
    header: list[Cell] = [
        "序号", "企业名称", "统一社会信用代码", "企业地址", "严重违法失信行为的具体情形", "处罚结果", "处罚依据",
        "处罚决定书文号", "处罚日期", "公布日期", "处罚截止日期", "执法单位",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate(POOLS.procurement):
        since = _day(100 + place * 20)
        rows.append(
            [place + 1, company.name, company.uscc, "本溪市", "提供虚假材料谋取中标",
             "罚款并列入不良行为记录名单, 禁止参加政府采购活动", "政府采购法第七十七条",
             f"本财采罚〔2025〕{place + 1}号", since, since + timedelta(days=3),
             since + timedelta(days=730), FINANCE[1]]
        )  # fmt: skip
    return rows


def _report(pool: Sequence[Company], facts: str, mark: str, office: str, days_ago: int) -> Rows:
    """Return a list in the city's reporting template, with one natural person on it."""
    rows: Rows = [_REPORT_HEADER]
    for place, company in enumerate(pool):
        since = _day(days_ago - place * 3)
        rows.append(
            [f"{mark}〔2025〕{place + 1}号", _ORGANISATION, company.name, company.uscc, facts, "严重",
             office, since.isoformat(), (since + timedelta(days=1094)).isoformat(), ""]
        )  # fmt: skip
    rows.insert(
        2,
        [
            f"{mark}〔2025〕900号",
            "自然人",
            _PERSON,
            "",
            facts,
            "严重",
            office,
            _day(90).isoformat(),
            "",
            "",
        ],
    )
    return rows


def _bidding() -> Rows:
    """Return the disqualifications: the last one is over since last week, one begins tomorrow."""
    header: list[Cell] = [
        "决定文书号", "当事人名称", "统一社会信用代码", "违法事实", "依据条款", "决定机关", "取消资格自", "取消资格至",
    ]  # fmt: skip
    cases = (
        ("招标投标法第五十三条", "串通投标", 364), ("招标投标法第五十四条", "以他人名义投标", 729),
        ("招标投标法第六十条", "不履行合同义务情节严重", 1094),
    )  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate(POOLS.bidding):
        article, facts, days = cases[place % 3]
        since, until = _day(30 + place * 7), _day(30 + place * 7 - days)
        if company == POOLS.expired_ban:
            since, until = _day(370), _day(6)
        if company == POOLS.future_ban:
            since, until = _day(-1), _day(-365)
        rows.append(
            [f"本发改招决〔2026〕{place + 1}号", company.name, company.uscc, facts, article, DEVELOPMENT[1],
             f"{since.year}年{since.month}月{since.day}日", f"{until.year}年{until.month}月{until.day}日"]
        )  # fmt: skip
    return rows


def _licence() -> Rows:
    header: list[Cell] = [
        "决定文书号", "当事人名称", "统一社会信用代码", "违法事实", "依据条款", "限制事项编码", "限制事项名称", "决定机关",
        "限制自", "限制至",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate((*POOLS.licence, *POOLS.licence_shops)):
        matter = BARRED_LICENCES[place % len(BARRED_LICENCES)]
        forged = place % 2 == 0
        since = _day(40 + place * 5)
        rows.append(
            [f"本许限〔2026〕{place + 1}号", company.name, company.uscc,
             "隐瞒有关情况申请行政许可" if forged else "以欺骗手段取得行政许可被撤销",
             "行政许可法第七十八条" if forged else "行政许可法第七十九条", matter.item_code, matter.title,
             matter.office, since, since + timedelta(days=364 if forged else 1094)]
        )  # fmt: skip
    return rows


def _penalties() -> Rows:
    """Return penalties in the names of 双公示; the fine is in 万元, one row is a natural person's."""
    header: list[Cell] = [
        "CF_XDR_MC", "CF_XDR_LB", "CF_XDR_SHXYM", "CF_XDR_GSZC", "CF_XDR_ZZJG", "CF_FRDB", "CF_FR_ZJLX",
        "CF_FR_ZJHM", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_NR", "CF_NR_FK", "CF_YZCD",
        "CF_JDRQ", "CF_YXQ", "CF_GSJZQ", "CF_CFJG", "CF_CFJGDM", "BZ",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate(POOLS.penalty):
        decided = _day(60 + place * 9)
        shown_until = decided + timedelta(days=1094)
        fine = ("0.2", "20", "120.5")[place % 3]
        rows.append(
            [company.name, _ORGANISATION, company.uscc, "", "", "", "", "", f"本市监罚〔2025〕{place + 1}号",
             "market", "违反市场监督管理规定", "市场监督管理行政处罚程序规定", "罚款", f"罚款{fine}万元", fine,
             ("轻微", "一般", "严重")[place % 3], _slashed(decided), "2099/12/31", _slashed(shown_until),
             MARKET[1], MARKET[0], ""]
        )  # fmt: skip
    person: list[Cell] = [_PERSON, "自然人", *[""] * 6, "本市监罚〔2025〕900号", *rows[1][9:]]
    rows.insert(9, person)
    return rows


def _focus() -> Rows:
    header: list[Cell] = [
        "关注编号", "主体类别", "主体名称", "统一社会信用代码", "关注事由", "关注等级", "认定部门", "列入日期", "关注期限至",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate(POOLS.focus):
        rows.append(
            [f"关注2026{place + 1:04d}", _ORGANISATION, company.name, company.uscc, "一年内两次受到一般行政处罚",
             ("一级", "二级", "三级")[place % 3], CREDIT_OFFICE[1], _day(30 + place).strftime("%Y%m%d"), "长期"]
        )  # fmt: skip
    return rows


def _red() -> Rows:
    """Return the red list; one of its companies is on the court's list too."""
    header: list[Cell] = [
        "认定文号", "主体类别", "守信主体名称", "统一社会信用代码", "荣誉事项", "认定部门", "认定日期", "有效期至",
    ]  # fmt: skip
    rows: Rows = [header]
    for place, company in enumerate((*POOLS.red, POOLS.red_and_court)):
        since = _day(150)
        rows.append(
            [f"本信办红〔2026〕{place + 1}号", _ORGANISATION, company.name, company.uscc, "诚信示范企业",
             CREDIT_OFFICE[1], since, since + timedelta(days=364)]
        )  # fmt: skip
    return rows
