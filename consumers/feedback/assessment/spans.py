"""The half-years and months that a printable report may be about."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from consumers.feedback.assessment.page import Both

_HALF = re.compile(r"(20\d\d)-H([12])", re.ASCII)
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A period of reports: from *first* until *end* (exclusive)."""

    period: Literal["half", "month"]
    first: date
    end: date
    name: Both

    def months(self) -> list["Span"]:
        """Return the months in it, in order."""
        numbers = range(self.first.month, self.first.month + (6 if self.period == "half" else 1))
        return [_month(self.first.year, number) for number in numbers]


def half_year(text: str) -> Span:
    """Return the half-year that *text* names (2026-H1). Raises: ValueError saying the form."""
    found = _HALF.fullmatch(text)
    if found is None:
        raise ValueError("应为半年, 如 2026-H1 / give a half-year as 2026-H1 or 2026-H2")
    year = int(found[1])
    if found[2] == "1":
        name = (f"{year}年上半年", f"first half of {year}")
        return Span("half", date(year, 1, 1), date(year, 7, 1), name)
    name = (f"{year}年下半年", f"second half of {year}")
    return Span("half", date(year, 7, 1), date(year + 1, 1, 1), name)


def month(text: str) -> Span:
    """Return the month that *text* names (2026-06). Raises: ValueError saying the form."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError("应为月份, 如 2026-06 / give a month as 2026-06")
    return _month(int(found[1]), int(found[2]))


def _month(year: int, number: int) -> Span:
    end = date(year + number // 12, number % 12 + 1, 1)
    return Span(
        "month", date(year, number, 1), end, (f"{year}年{number}月", f"{year}-{number:02d}")
    )
