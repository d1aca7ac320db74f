"""A year's working-day file, made from the `chinesecalendar` package for a human to compare.

The package follows the State Council's yearly notice. The file is what counts afterwards, so that
a decision never depends on the version of a package; an emergency change is an edit of the file.
"""

import csv
import io
from datetime import date, timedelta

import chinese_calendar

from streams.rules.workdays import COLUMNS

_SATURDAY = 5
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def year_file(year: int) -> str:
    """Return `workdays/<year>.csv`: the days that differ from Monday to Friday.

    Raises: NotImplementedError if the package does not know the year.
    """
    source = f"国务院办公厅{year}年放假通知(chinesecalendar 1.11.0)"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    day = date(year, 1, 1)
    while day.year == year:
        worked = chinese_calendar.is_workday(day)
        if worked != (day.weekday() < _SATURDAY):
            _, name = chinese_calendar.get_holiday_detail(day)
            kind = "workday" if worked else "holiday"
            writer.writerow([day.isoformat(), kind, _NAMES[name or ""], source])
        day += timedelta(days=1)
    return out.getvalue()
