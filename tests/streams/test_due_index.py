"""The index of days on which organisations have to be looked at."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.due_index import DueIndex

FIRST = date(2026, 10, 1)
_keys = st.sampled_from([b"a", b"b", b"c"])
_days = st.dates(FIRST, FIRST + timedelta(days=5))


@given(st.lists(st.tuples(_keys, st.none() | _days)), _days)
def test_a_key_is_due_from_the_last_day_that_was_put_for_it(
    puts: list[tuple[bytes, date | None]], day: date
) -> None:
    """As a dictionary would say it, and earliest first."""
    index, plain = DueIndex(), dict[bytes, date]()
    for key, when in puts:
        index.put(key, when)
        plain.pop(key, None)
        if when is not None:
            plain[key] = when
    due = index.due(day)
    assert due == sorted(due, key=lambda key: (plain[key], key))
    assert set(due) == {key for key, when in plain.items() if when <= day}
    assert len(index) == len(plain)
