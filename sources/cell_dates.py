"""Days and instants as departments write them."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from schemas.times import SHANGHAI
from sources.row_fault import CellFaultError

# 双公示 writes 2099/12/31 for 长期; a certificate may say it in words.
_NO_END_DAY = date(2099, 12, 31)
_NO_END_WORDS = frozenset(
    {"长期", "永久", "长期有效", "永久有效", "无期限", "无固定期限", "-", "—", "/", "无"}
)
_DAY = re.compile(r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?", re.ASCII)
_PACKED_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?", re.ASCII)
_PACKED = re.compile(r"(\d{8})(\d\d)(\d\d)(\d\d)", re.ASCII)
_CHINESE_CLOCK = re.compile(r"(\d{1,2})[时点](\d{1,2})分(?:(\d{1,2})秒)?", re.ASCII)
_OFFSET = re.compile(r"([+-]\d\d:?\d\d|Z)$", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"([2-7]\d{4})(\.\d+)?", re.ASCII)  # Excel: 1954 to 2119
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=SHANGHAI)


@lru_cache(maxsize=4096)
def read_day(text: str) -> date:
    """Return the day that *text* names. Raises: CellFaultError.

    2026-06-16, 2026/6/16, 2026.06.16, 20260616, 2026年6月16日, an Excel serial, any of them with a
    time of day, which is dropped.
    """
    return read_instant(text).date()


@lru_cache(maxsize=4096)
def read_end_day(text: str) -> date | None:
    """Return the day of an end, or None for no end: 2099/12/31 and beyond, 长期 and its kin."""
    if text in _NO_END_WORDS:
        return None
    day = read_day(text)
    return None if day >= _NO_END_DAY else day


@lru_cache(maxsize=4096)
def read_instant(text: str) -> datetime:
    """Return the instant that *text* names, in +08:00; a day alone is its first moment.

    An offset, where there is one, is obeyed. Raises: CellFaultError.
    """
    plain = text.strip().replace("：", ":")
    try:
        if serial := _SERIAL.fullmatch(plain):
            return _SERIAL_ZERO + timedelta(seconds=round(float(serial[0]) * 86_400))
        if packed := _PACKED.fullmatch(plain):
            return datetime.strptime(packed[0], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        if match := (_DAY.match(plain) or _PACKED_DAY.match(plain)):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            return _with_clock(day, plain[match.end() :].strip(" Tt\u3000"))
    except (ValueError, OverflowError) as err:
        raise _no_such_day() from err
    raise _no_such_day()


def _with_clock(day: date, rest: str) -> datetime:
    if not rest:
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    if offset := _OFFSET.search(rest):
        clock = rest[: offset.start()].strip()
        zone = "+00:00" if offset[0] in "Zz" else offset[0]
        return datetime.fromisoformat(f"{day.isoformat()}T{clock}{zone}").astimezone(SHANGHAI)
    match = _CLOCK.fullmatch(rest) or _CHINESE_CLOCK.fullmatch(rest)
    if match is None:
        raise _no_such_day()
    hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=SHANGHAI)


def _no_such_day() -> CellFaultError:
    return CellFaultError(
        "不是日期",
        "not a day or time that exists",
        "写作 2026-06-16 或 2026-06-16 09:30:00",
        "write 2026-06-16 or 2026-06-16 09:30:00",
    )
