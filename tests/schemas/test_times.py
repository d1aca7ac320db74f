"""Instants and legal days: RFC 3339 in, Shanghai out."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.times import (
    SHANGHAI,
    Day,
    Instant,
    echo_instant,
    format_instant,
    from_millis,
    legal_day,
    parse_instant,
)

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=OFFSETS)  # noqa: DTZ001
DAYS: TypeAdapter[date] = TypeAdapter(Day)
TIMES: TypeAdapter[datetime] = TypeAdapter(Instant)


def test_an_instant_is_written_in_shanghai_with_milliseconds() -> None:
    assert format_instant(datetime(2026, 6, 18, 1, 30, tzinfo=UTC)) == (
        "2026-06-18T09:30:00.000+08:00"
    )


@given(INSTANTS)
def test_what_is_written_reads_back_as_the_same_millisecond(instant: datetime) -> None:
    again = parse_instant(format_instant(instant))
    assert timedelta(0) <= instant - again < timedelta(milliseconds=1)


@given(INSTANTS, st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]))
def test_an_echo_is_what_formatting_would_give(instant: datetime, timespec: str) -> None:
    for zone in (instant.tzinfo, SHANGHAI, UTC):
        text = instant.astimezone(zone).isoformat(timespec=timespec)
        assert echo_instant(text, parse_instant(text)) == format_instant(parse_instant(text))


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-18T09:30:00Z",
        "2026-06-18t09:30:00z",
        "2026-06-18T09:30:00.1+08:00",
        "2026-06-18T09:30:00.123456789-00:00",
    ],
)
def test_every_spelling_of_rfc_3339_is_read(text: str) -> None:
    assert parse_instant(text).utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-07-18", "2026-07-18T09:30:00", "2026-07-18 09:30:00Z", "20260718T093000Z"),
        *("2026-07-18T09:30Z", "2026-07-18T09:30:00,5Z", "2026-07-18T09:30:00+0800"),
        *("2026-07-18T09:30:00Z ", "2026-07-18T09:30:00Z\n", "２026-07-18T09:30:00Z", "1781746200"),
        *("2026-02-29T09:30:00Z", "2026-06-31T09:30:00Z", "2026-07-18T09:30:60Z"),
        *("2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-07-18T09:30:00+24:00"),
        *("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+09:00"),
        "2026-W25-4T09:30:00Z",
    ],
)
def test_other_spellings_and_times_that_are_none_are_refused_without_the_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|does not exist") as refused:
        parse_instant(text)
    assert not text or text not in str(refused.value)
    with pytest.raises(ValidationError):
        TIMES.validate_python(text)


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        format_instant(parse_instant(text))
    except ValueError:
        return


def test_the_legal_day_is_that_of_china() -> None:
    assert legal_day(datetime(2026, 6, 17, 15, 59, 59, tzinfo=UTC)) == date(2026, 6, 17)
    assert legal_day(datetime(2026, 6, 17, 16, 0, tzinfo=UTC)) == date(2026, 6, 18)


def test_kafka_timestamps_are_milliseconds_of_utc() -> None:
    assert from_millis(1_781_746_200_500) == datetime(2026, 6, 18, 1, 30, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("text", ["20260618", "2026-6-18", "2026-06-31", "2026-06-18T00:00", "x"])
def test_a_day_is_written_in_full(text: str) -> None:
    assert DAYS.validate_python("2026-06-18") == date(2026, 6, 18)
    with pytest.raises(ValidationError):
        DAYS.validate_python(text)


@pytest.mark.parametrize("value", [20260618, 1.5, None, True, b"2026-06-18"])
def test_numbers_are_neither_days_nor_instants(value: object) -> None:
    for adapter in (DAYS, TIMES):
        with pytest.raises(ValidationError):
            adapter.validate_python(value, strict=True)
