"""Instants and legal days: RFC 3339 in, +08:00 with milliseconds out, days in Shanghai."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BeforeValidator, PlainSerializer

# Fixed: China has had no summer time since 1991, and no message is that old.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def format_instant(instant: datetime) -> str:
    """Return *instant* as RFC 3339 in +08:00 with milliseconds (contracts F)."""
    return instant.astimezone(SHANGHAI).isoformat(timespec="milliseconds")


def echo_instant(text: str, instant: datetime) -> str:
    """Return `format_instant(instant)` for an *instant* that was read from RFC 3339 *text*.

    Most departments write +08:00 already; their text is used again rather than made anew.
    """
    if text.endswith("+08:00") and text[10] == "T":
        if len(text) == len("2026-06-18T09:30:00+08:00"):
            return f"{text[:19]}.000+08:00"
        if len(text) == len("2026-06-18T09:30:00.000+08:00"):
            return text
    return format_instant(instant)


class ReadInstant(NamedTuple):
    """An instant as it came: with its milliseconds since 1970, and its text as we write it."""

    instant: datetime
    millis: int
    text: str


@lru_cache(maxsize=4096)  # events come in bursts of the same second
def read_instant(text: str) -> ReadInstant:
    """Return what RFC 3339 *text* names. Raises: ValueError, without the value."""
    instant = parse_instant(text)
    return ReadInstant(instant, int(instant.timestamp() * 1000), echo_instant(text, instant))


def parse_instant(text: str) -> datetime:
    """Return the instant that RFC 3339 *text* names. Raises: ValueError, without the value."""
    if not _RFC3339.fullmatch(text):
        msg = "must be RFC 3339 with an offset, such as 2026-06-18T09:30:00+08:00"
        raise ValueError(msg)
    try:
        instant = datetime.fromisoformat(text.upper())
        instant.astimezone(SHANGHAI)  # the last hours of the year 9999 have no such time
    except (ValueError, OverflowError):
        msg = "names a day or time that does not exist"
        raise ValueError(msg) from None
    return instant


def legal_day(instant: datetime) -> date:
    """Return the day *instant* falls on in China (not the UTC day)."""
    return instant.astimezone(SHANGHAI).date()


_DAY_MS = 86_400_000
_SHANGHAI_AHEAD_MS = 8 * 3_600_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_number(millis: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ordinal of the legal day of each of many instants, in ms since 1970."""
    return (millis + _SHANGHAI_AHEAD_MS) // _DAY_MS + _EPOCH_DAY


def from_millis(millis: int) -> datetime:
    """Return the instant *millis* milliseconds after 1970-01-01T00:00:00Z (Kafka timestamps)."""
    return datetime.fromtimestamp(millis / 1000, UTC)


def _only_rfc3339(value: object) -> object:
    """Refuse the looser spellings that pydantic would take (spaces, bare numbers)."""
    return parse_instant(value) if isinstance(value, str) else value


def _only_iso_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        msg = "must be a day as YYYY-MM-DD"
        raise ValueError(msg)
    try:
        return date.fromisoformat(value)
    except ValueError:
        msg = "names a day that does not exist"
        raise ValueError(msg) from None


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_only_rfc3339),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
]
Day = Annotated[date, BeforeValidator(_only_iso_day)]
