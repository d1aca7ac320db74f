"""Working days of the People's Republic, with make-up days (调休), and deadlines counted in them.

The data are the days that differ from Monday to Friday, one file a year in
`catalogue/workdays/<year>.csv` with the columns date, kind (`holiday` or `workday`), name, source.
A year without a file is unpublished: days are counted Monday to Friday and marked provisional.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from streams.rules.faults import Fault

COLUMNS = ["date", "kind", "name", "source"]
FOLDER = "workdays/"
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


class Deadline(NamedTuple):
    """The last day of a term; `provisional` if it touches a year whose calendar is unpublished."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Workdays:
    """The calendar of the published years `first_year` to `last_year`, both inclusive.

    One calendar equals only itself, so that what was counted in it can be kept.
    """

    first_year: int
    last_year: int
    deviations: Mapping[date, bool]  # True: a weekend day that is worked; False: a day off

    def is_published(self, day: date) -> bool:
        """Tell whether the State Council's arrangement for the year of *day* is known."""
        return self.first_year <= day.year <= self.last_year

    def is_workday(self, day: date) -> bool:
        """Tell whether *day* is worked; Monday to Friday where the year is unpublished."""
        worked = self.deviations.get(day)
        return day.weekday() < _SATURDAY if worked is None else worked

    def add_working_days(self, start: date, n: int) -> Deadline:
        """Return the *n*-th working day after *start*; *start* itself does not count.

        Source: 民法典 art. 201. Raises: ValueError if *n* is negative.
        """
        if n < 0:
            msg = f"a term has 0 working days or more, not {n}"
            raise ValueError(msg)
        return _counted(self, start, n)

    def working_days_between(self, start: date, end: date) -> int:
        """Return how many working days lie after *start* up to and including *end* (0 if none)."""
        days = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
        return sum(map(self.is_workday, days))


@lru_cache(maxsize=4096)  # a day has as many deadlines as the measures have different terms
def _counted(calendar: Workdays, start: date, n: int) -> Deadline:
    day, left, provisional = start, n, not calendar.is_published(start)
    while left:
        day += _ONE_DAY
        provisional = provisional or not calendar.is_published(day)
        left -= calendar.is_workday(day)
    return Deadline(day, provisional)


def parse_workdays(files: Mapping[str, str], faults: list[Fault]) -> Workdays:
    """Return the calendar of the `workdays/<year>.csv` among *files*; add to *faults*."""
    years: list[int] = []
    deviations: dict[date, bool] = {}
    for path in sorted(p for p in files if p.startswith(FOLDER)):
        stem = path.removeprefix(FOLDER).removesuffix(".csv")
        if not (path.endswith(".csv") and stem.isascii() and stem.isdigit() and len(stem) == 4):
            faults.append(_fault(path, "file", "文件名应为 <年份>.csv", "not named <year>.csv"))
            continue
        years.append(int(stem))
        for day, worked in _rows(path, files[path], int(stem), faults):
            if day in deviations:
                faults.append(_fault(path, day.isoformat(), "日期重复", "the day stands twice"))
            deviations[day] = worked
    if not years:
        faults.append(_fault(FOLDER, "files", "没有任何年份", "no year at all"))
        return Workdays(1, 0, {})
    for earlier, later in pairwise(years):
        if later != earlier + 1:
            path = f"{FOLDER}{earlier + 1}.csv"
            faults.append(
                _fault(path, "file", "年份不连续，缺此文件", "a gap: this year is missing")
            )
    return Workdays(years[0], years[-1], deviations)


def _rows(path: str, text: str, year: int, faults: list[Fault]) -> Iterator[tuple[date, bool]]:
    """Yield (day, worked) for each good row; a day that follows Monday to Friday is a fault."""
    reader = csv.DictReader(text.splitlines(), strict=True)
    if reader.fieldnames != COLUMNS:
        faults.append(
            _fault(
                path,
                "line 1",
                f"表头应为 {','.join(COLUMNS)}",
                f"header is not {','.join(COLUMNS)}",
            )
        )
        return
    for row in reader:
        key = f"line {reader.line_num}"
        try:
            day = date.fromisoformat(row["date"] or "")
        except ValueError:
            faults.append(_fault(path, key, "日期不是 YYYY-MM-DD", "date is not YYYY-MM-DD"))
            continue
        worked = {"holiday": False, "workday": True}.get(row["kind"] or "")
        if worked is None:
            faults.append(
                _fault(
                    path, key, "kind 只能是 holiday 或 workday", "kind is not holiday or workday"
                )
            )
        elif day.year != year:
            faults.append(_fault(path, key, f"日期不在 {year} 年", f"the day is not in {year}"))
        elif worked == (day.weekday() < _SATURDAY):
            faults.append(
                _fault(path, key, "与周一至周五常规相同，应删去", "no deviation from Monday-Friday")
            )
        elif not (row["name"] and row["source"]) or None in row:
            faults.append(_fault(path, key, "缺 name 或 source", "name or source is missing"))
        else:
            yield day, worked


def _fault(path: str, key: str, zh: str, en: str) -> Fault:
    return Fault(
        path,
        key,
        zh,
        en,
        "按国务院办公厅当年放假通知填写，只列与周一至周五不同的日子",
        "enter the State Council's yearly notice; list only days that differ from Monday to Friday",
    )
