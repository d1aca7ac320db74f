"""The look at many messages at once: it clears no message that the exact look would refuse."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import RejectRecordError
from schemas.incoming import refuse_natural_person
from schemas.person_search import doubtful
from tests.schemas.given import RESIDENT, event, raw

_PIECES = (
    *(*"0123456789", "X", "x", " ", "\t", "\n", ",", '"', "\\", "\0", "中", "，", "（", "１", "Ｘ"),
    *("ｘ", "\u3000", "\u00a0", "\u200b", "é", "\\u0032", "\\u00a0", "\U00020000"),
    *(RESIDENT, RESIDENT[:6], RESIDENT[6:], RESIDENT[:17], "11010119900101004X"),
)
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
_WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "full width": lambda char: chr(ord(char) + 0xFEE0),
    "escaped": lambda char: f"\\u{ord(char):04x}",
}
_VALUES = _TEXTS.map(str.encode) | st.binary(max_size=60) | _TEXTS.map(lambda t: t.encode("utf-16"))


@st.composite
def disguised(draw: st.DrawFn) -> bytes:
    """Return a text with a resident's number in it, some of it written otherwise."""
    number = draw(st.sampled_from([RESIDENT, "11010119900101004X", "11010119900101004x"]))
    chars = list(number)
    for place in draw(st.sets(st.integers(0, 17), max_size=3)):
        chars[place] = _WRITTEN[draw(st.sampled_from(sorted(_WRITTEN)))](number[place])
    for place in draw(st.sets(st.integers(1, 17), max_size=2)):
        blanks = [*" \t\u00a0\u200b\u3000", "\\t", "\\u3000"]
        chars[place] = draw(st.sampled_from(blanks)) + chars[place]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "utf-16-le"]))
    return f'{draw(_TEXTS)}"{"".join(chars)}"{draw(_TEXTS)}'.encode(encoding)


def refused(value: bytes) -> bool:
    try:
        refuse_natural_person(value)
    except RejectRecordError:
        return True
    return False


@given(st.lists(_VALUES, max_size=12))
@example([RESIDENT.encode(), b"\xe4\xb8", b"\xad"])  # a character cut in two is none
def test_what_the_exact_look_refuses_is_never_cleared(values: list[bytes]) -> None:
    assert doubtful(values) >= {i for i, value in enumerate(values) if refused(value)}


@given(st.lists(disguised(), min_size=1, max_size=3))
def test_a_disguised_number_is_never_cleared(values: list[bytes]) -> None:
    assert doubtful(values) >= {i for i, value in enumerate(values) if refused(value)}


_X = "11010119900101004X"


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{_X[:-1]}Ｘ",
            f"{_X[:-1]}ｘ",
            f"{_X[:-1]}\\uff38",
            f"\\uFF11{_X[1:]}",
            f"\\u0031{_X[1:]}",
        ),
        *(f"{before}{_X}" for before in ("\\u4e20", "\\u2105", "\\\\u4e20", "\\n", "\\/")),
        *(f"{_X[:6]}{blank}{_X[6:]}" for blank in ("\\t", "\\u00A0", "\\u200b", "\\u3000", "\0")),
        *("\0".join(_X), f"{_X[:-1]} X", f"{_X[:6]}\u3000\u3000{_X[6:]}"),
    ],
)
def test_a_number_disguised_in_one_way_alone_is_found(text: str) -> None:
    assert refused(text.encode())
    assert doubtful([text.encode()]) == {0}


@pytest.mark.parametrize("between", ["\\u4e2d", "\\u2014", "\\/", "\\u4e2", "中", "、"])
def test_two_parts_with_another_character_between_are_no_number(between: str) -> None:
    text = f"{_X[:6]}{between}{_X[6:]}".encode()
    assert not refused(text)
    assert doubtful([text]) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"application_no": "210502202606180018"},  # division, day and serial: no year of birth
        {"application_no": "21050219900101001"},
        {"application_no": "2" + RESIDENT},  # a longer number is another thing
        {"application_no": RESIDENT + "2"},
        {"subject_name": "合成（集团）有限公司、分公司“甲”"},
        {"subject_name": "合成单位 1 号楼 2 层"},
    ],
)
def test_what_departments_write_is_cleared_at_once(changes: dict[str, str]) -> None:
    values = [raw(event()), raw(event(**changes))]
    values += [
        json.dumps(event(**changes), ensure_ascii=escaped).encode() for escaped in (True, False)
    ]
    assert doubtful(values) == set()


def test_a_person_is_found_wherever_the_cuts_between_the_messages_fall() -> None:
    for length in (0, 1, 500, 21_845, 65_535, 65_536, 200_000):
        values = [b"x" * length] * 7
        for index in range(7):
            hidden = [*values[:index], b"x" * length + RESIDENT.encode(), *values[index + 1 :]]
            assert doubtful(hidden) == {index}


def test_two_messages_in_a_row_make_no_number() -> None:
    number = RESIDENT.encode()
    assert doubtful([number[:9], number[9:], b" " + number[:6], b" " + number[6:]]) == set()


def test_bytes_that_are_no_text_are_doubted_alone() -> None:
    assert doubtful([b"{}", b"\xff", "中".encode(), b"\xed\xa0\x80", b"{}"]) == {1, 3}


def test_no_messages_hold_no_person() -> None:
    assert doubtful([]) == set()
