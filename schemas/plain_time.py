"""Times of plain events: RFC 3339 at +08:00, read by compiled code."""

from schemas.compiled import Bytes, byte_at, compiled

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


@compiled
def two_digits(row: Bytes, at: int) -> int:
    """Return the number of two digits, 10000 if they are none."""
    tens, ones = (byte_at(row, at)) - 48, (byte_at(row, at + 1)) - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return 10_000
    return tens * 10 + ones


@compiled
def read_plain_instant(row: Bytes, begin: int, end: int) -> int:
    """Return the instant of a quoted time at +08:00, in ms since 1970; -1 if it is not plain.

    `2026-06-18T09:30:00+08:00` or with three digits of a second: 27 or 31 bytes with the quotes.
    """
    size = end - begin
    if size != 27 and size != 31:
        return -1
    zone = end - 7
    year = two_digits(row, begin + 1) * 100 + two_digits(row, begin + 3)
    month, day = two_digits(row, begin + 6), two_digits(row, begin + 9)
    hour, minute, second = (
        two_digits(row, begin + 12),
        two_digits(row, begin + 15),
        two_digits(row, begin + 18),
    )
    milli = 0
    if size == 31:
        tenth = (byte_at(row, begin + 21)) - 48
        milli = tenth * 100 + two_digits(row, begin + 22)
        if byte_at(row, begin + 20) != 46 or tenth < 0 or tenth > 9 or milli > 999:
            return -1
    if (
        byte_at(row, begin + 5) != 45
        or byte_at(row, begin + 8) != 45
        or byte_at(row, begin + 11) != 84
    ):
        return -1
    if byte_at(row, begin + 14) != 58 or byte_at(row, begin + 17) != 58:
        return -1
    if (
        byte_at(row, zone) != 43
        or two_digits(row, zone + 1) != 8
        or byte_at(row, zone + 3) != 58
        or two_digits(row, zone + 4)
    ):
        return -1
    if year < _FIRST_YEAR or year > _LAST_YEAR or month < 1 or month > 12:
        return -1
    if hour > 23 or minute > 59 or second > 59 or day < 1 or day > _days_of(year, month):
        return -1
    days = _days_since_1970(year, month, day)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - 8 * 3600
    return seconds * 1000 + milli if seconds >= 0 else -1


@compiled
def _days_of(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@compiled
def _days_since_1970(year: int, month: int, day: int) -> int:
    """Count in years that begin in March, so that the odd day of a leap year comes last."""
    if month <= 2:
        year, month = year - 1, month + 12
    leaps = year // 4 - year // 100 + year // 400
    return 365 * year + leaps + (153 * (month - 3) + 2) // 5 + day - 719_469
