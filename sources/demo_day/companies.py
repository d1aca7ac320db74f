"""Organisations that do not exist: codes of the Benxi divisions with an organisation code MAX…."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.uscc import make_uscc

_DIGITS = "〇一二三四五六七八九"
_DIVISIONS = ("210500", "210502", "210503", "210504", "210505", "210521", "210522")
_TRADES = (
    "商贸有限公司", "建筑工程有限公司", "食品有限公司", "物流有限公司",
    "科技有限公司", "环保有限公司", "农业发展有限公司", "医药有限公司",
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    """One synthetic organisation."""

    number: int
    uscc: str
    name: str

    @property
    def organisation_code(self) -> str:
        """The nine characters that older tables carry instead of the USCC."""
        return self.uscc[8:17]

    @property
    def division(self) -> str:
        """The division of its first registration."""
        return self.uscc[2:8]


def companies(first: int, count: int) -> tuple[Company, ...]:
    """Return *count* enterprises (91…) numbered from *first*."""
    return tuple(_enterprise(number) for number in range(first, first + count))


def shops(first: int, count: int) -> tuple[Company, ...]:
    """Return *count* individual businesses (92…) numbered from *first*."""
    return tuple(_made(number, "92", "MAXY", "便利店") for number in range(first, first + count))


def cooperatives(first: int, count: int) -> tuple[Company, ...]:
    """Return *count* farmers' cooperatives (93…) numbered from *first*."""
    numbers = range(first, first + count)
    return tuple(_made(number, "93", "MAXW", "种植专业合作社") for number in numbers)


def registration_number(company: Company) -> str:
    """Return a registration number of before 2015 for *company* (ISO 7064 MOD 11,10)."""
    first14 = f"{company.division}{company.number:08d}"
    product = 10
    for digit in first14:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return first14 + str((11 - product) % 10)


def crosswalk_rows(mapped: Sequence[Company]) -> list[list[str]]:
    """Return the confirmed mappings of both kinds of legacy code of *mapped*."""
    confirmed_by = "本溪市市场监督管理局"
    rows = []
    for company in mapped:
        for kind, code in (
            ("organisation", company.organisation_code),
            ("registration", registration_number(company)),
        ):
            rows.append([kind, code, company.uscc, "2015-10-01", "", confirmed_by])
    return rows


def _enterprise(number: int) -> Company:
    return _made(number, "91", "MAXX", _TRADES[number % len(_TRADES)])


def _made(number: int, prefix: str, body: str, trade: str) -> Company:
    division = _DIVISIONS[number % len(_DIVISIONS)]
    spoken = "".join(_DIGITS[int(digit)] for digit in f"{number:04d}")
    return Company(
        number, make_uscc(prefix + division, f"{body}{number:04d}"), f"本溪示例{spoken}{trade}"
    )
