"""What compiled code takes for plain is what the exact parser takes, field by field."""

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import incoming
from schemas.ids import decision_id
from schemas.lean import encode_sorted
from schemas.plain_ids import ID_LENGTH, name_decisions
from schemas.plain_scan import (
    APPLICATION,
    CANON_EXTRA,
    DEPARTMENT,
    FIELDS,
    ID,
    ITEM,
    SOURCE,
    SUBJECT,
    TIME,
    TRACE,
    TYPE,
    scan_events,
)
from schemas.plain_text import FENCE
from schemas.times import read_instant
from tests.trigger.messages import event, firm

TOKENS = [
    *(
        b'"',
        b"\\",
        b"\\u0031",
        b",",
        b":",
        b"{",
        b"}",
        b"[]",
        b"null",
        b"true",
        b"1.5",
        b"-0",
        b"0",
    ),
    *(b"9007199254740992", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc2\xa0", b"\xe3\x80\x80", b" "),
    *("１".encode(), "Ｘ".encode(), b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\xe4\xb8"),
    *(b"11010519491231002X", b"110105 19491231002X", b"110105194912310021", b"2026-02-30"),
    *(
        b"\\u4e2d",
        b"\\u53f711010519491231002X",
        b"\\ud83d\\ude00",
        b"\\udc00",
        b"\\u3000",
        b"\\uff11",
    ),
    *(b"T24:00:00", b"+08:00", b"Z", b'"data":', b'"id":"x",', b'"region":"1",', b'"members":[]'),
]


class Scanned:
    """What the compiled code found in some messages."""

    def __init__(self, raws: list[bytes]) -> None:
        self.joined = b"".join([*raws, FENCE])
        size = len(raws)
        self.spans = np.empty((size, 2 * FIELDS), np.int64)
        self.millis = np.zeros(size, np.int64)
        self.kept = np.empty(len(self.joined) + CANON_EXTRA * size, np.uint8)
        self.kept_ends = np.empty(size, np.int64)
        self.ids = np.zeros(size * ID_LENGTH, np.uint8)
        row = np.frombuffer(self.joined, np.uint8)
        ends = np.cumsum([len(raw) for raw in raws], dtype=np.int64)
        scan_events(row, ends, self.spans, self.millis, self.kept, self.kept_ends)
        name_decisions(row, self.spans, self.ids)

    def is_plain(self, place: int) -> bool:
        return bool(self.spans[place, 0] >= 0)

    def text(self, place: int, field: int) -> str | None:
        begin, end = self.spans[place, 2 * field : 2 * field + 2].tolist()
        return self.joined[begin + 1 : end - 1].decode() if end else None

    def data(self, place: int) -> bytes:
        begin = self.kept_ends[place - 1] if place else 0
        return self.kept[begin : self.kept_ends[place]].tobytes()

    def decision_id(self, place: int) -> str:
        return self.ids[place * ID_LENGTH : (place + 1) * ID_LENGTH].tobytes().decode()


def agree(raws: list[bytes]) -> int:
    """Hold what is plain among *raws* to the exact parser; return how many are."""
    scanned, plain = Scanned(raws), 0
    for place, raw in enumerate(raws):
        if not scanned.is_plain(place):
            continue
        plain += 1
        (told,) = incoming.plain_events([raw])  # None where a person may be named
        assert told is not None, raw
        found = [scanned.text(place, f) for f in (ID, SOURCE, TYPE, SUBJECT, TIME, TRACE)]
        expected = [told.id, told.source, told.type, told.subject, told.time, told.traceparent]
        assert found == expected, raw
        data = told.data
        assert scanned.text(place, DEPARTMENT) == data.department
        assert scanned.text(place, ITEM) == data.item_code
        assert scanned.text(place, APPLICATION) == data.application_no
        assert scanned.data(place) == encode_sorted(data)
        assert scanned.millis[place] == read_instant(told.time).millis
        assert scanned.decision_id(place) == decision_id(told.source, told.id)
    return plain


def written(message: dict[str, Any], form: int = 0) -> bytes:
    """Return *message* as JSON, in one of the forms that departments write."""
    separators = [(",", ":"), (", ", ": "), (" , ", " : ")][form % 3]
    return json.dumps(message, ensure_ascii=form >= 3, separators=separators).encode()


def full() -> dict[str, Any]:
    """Return an event that has all that a plain one may have."""
    data = {
        "amount_fen": 2**53 - 1,
        "region": "210500",
        "attributes": {"where": "综合", "b": True, "a": -7, "urgent": False, "docs": 0, "": "空"},
    }
    del data["attributes"][""]  # type: ignore[attr-defined]
    return event(firm(), data=data, traceparent="00-abc-def-01")


def test_what_departments_mostly_send_is_plain() -> None:
    names = {"item_name": "许可𠮷é", "subject_name": "合成"}
    plain = [written(event(firm(), data=names), form) for form in range(6)]
    assert agree([*plain, written(full(), 1), written(full(), 2)]) == 8


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("time", "2026-06-10T02:00:00Z"),
        ("time", "2026-06-31T10:00:00+08:00"),
        ("time", "2026-06-10T10:00:00.1234+08:00"),
        ("id", ""),
        ("id", "x" * 513),
        ("type", "x" * 129),
        ("specversion", "1.1"),
        ("dataschema", "/x"),
        ("subject_name", "张三 110105 19491231002X"),
        ("subject_name", "１１０１０５１９４９１２３１００２Ｘ"),
        ("application_no", "11010519491231002X"),
        ("amount_fen", -1),
        ("amount_fen", 2**53),
        ("amount_fen", 1.5),
        ("attributes", {f"a{n}": n for n in range(17)}),
        ("attributes", {"a": 1.5}),
        ("attributes", {"a": None}),
        ("members", [{"uscc": "91210500MA0BX0015F", "name": "合成"}]),
        ("region", None),
    ],
)
def test_what_is_odd_is_left_to_the_exact_parser(where: str, value: object) -> None:
    message = full()
    (message if where in message or where == "dataschema" else message["data"])[where] = value
    raws = [written(event(firm())), written(message), written(event(firm()))]
    scanned = Scanned(raws)
    assert [scanned.is_plain(place) for place in range(3)] == [True, False, True]


@pytest.mark.parametrize(
    "name",
    [
        b"\\u5355\\u11010519491231002X",  # a number within an escape: refused as it stands there
        b"\\u8bd5 4f4d",  # may go on behind the blank
        b"\\u987\x14",
        b"\\u6d4\x01b",
        b"\\u5d0",
        b"\\ud83d",
        b"\\ude00\\ud83d",
        b"\\u0031",
        b"\\uff11",
        b"\\n",
    ],
)
def test_an_odd_escape_is_left_to_the_exact_parser(name: bytes) -> None:
    raw = written(event(firm(), data={"subject_name": "NAME"}))
    assert Scanned([raw]).is_plain(0)
    assert not Scanned([raw.replace(b"NAME", name)]).is_plain(0)


_TEXT = st.text(max_size=12) | st.sampled_from(["中文", "a/b", "12 34", "20260610", "x" * 128])
_VALUE = _TEXT | st.booleans() | st.integers(-(2**54), 2**54) | st.none() | st.floats()
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "item_name": _VALUE,
        "amount_fen": _VALUE,
        "region": _VALUE,
        "application_no": _VALUE,
        "attributes": st.dictionaries(_TEXT, _VALUE, max_size=5),
        "members": st.just([]),
    },
)


@given(st.lists(st.tuples(_FIELDS, st.integers(0, 5), _TEXT), min_size=1, max_size=4))
def test_any_fields_are_read_as_the_exact_parser_reads_them(
    told: list[tuple[dict[str, Any], int, str]],
) -> None:
    agree([written(event(firm(), data=data, source=source), f) for data, f, source in told])


@given(
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds")),
    st.sampled_from(["+08:00", "Z", "+00:00", "-08:00", "+08:01", ""]),
    st.sampled_from([0, 4]),
)
def test_any_time_is_the_same_instant(moment: str, zone: str, less: int) -> None:
    message = event(firm())
    message["time"] = moment[: len(moment) - less] + zone
    agree([written(message)])


def damaged(rng: random.Random, raw: bytes) -> bytes:
    """Return *raw* with some bytes cut, doubled or replaced by what is hard to read."""
    value = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        start = rng.randrange(len(value) + 1)
        end = min(len(value), start + rng.choice((0, 0, 1, 1, 2, 8, 60)))
        value[start:end] = rng.choice(
            (b"", rng.randbytes(2), rng.choice(TOKENS), rng.choice(TOKENS))
        )
    return bytes(value)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_events_are_plain_only_where_the_exact_parser_takes_them(seed: int) -> None:
    rng, plain = random.Random(seed), 0
    for _ in range(60):
        sound = [written(full(), rng.randrange(6)) for _ in range(50)]
        plain += agree([damaged(rng, raw) for raw in sound])
    assert plain > 100  # damage within a text leaves an event plain


def test_nothing_is_read_or_written_outside_its_array() -> None:
    """Run by `test_bounds` in a process where every index is looked at."""
    test_damaged_events_are_plain_only_where_the_exact_parser_takes_them(99)
    agree([b"", b"{", b'{"', b'{"id":"', b"\xe4", b'{"id":"\xe4', b'{"data":{"attributes":{"a":'])
