"""The unified social credit code: both checks, class, division, and what only looks like one."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum.cn import uscc as stdnum_uscc

from schemas.errors import Reason
from schemas.uscc import (
    ALPHABET,
    Uscc,
    check_character,
    holds_resident_number,
    is_individual_business,
    is_resident_number,
    make_uscc,
    normalise_uscc,
    organisation_check,
    uscc_fault,
)

PUBLIC = (  # public codes of well-known organisations: identifiers only, never on a list
    *("91110108551385082Q", "914403001922038216", "91330100799655058B", "9144030071526726XG"),
    *("9152000071430580XT", "91440300192317458F", "91100000100003962T", "91110000710925462X"),
    *("91110000802100433B", "91440606722473344C", "91440400192548256N", "12100000400000624D"),
    *("11100000000013186G", "52410000663412719U", "531000005000160090", "92141127MA0KD1Y64A"),
    "91370000728611939A",
)
SYNTHETIC = (
    *("91210500MA0BX0015F", "92210502MA0BX00234", "93210521MA0BX0031C", "11210500001234562F"),
    *("12210500MB0BX0043K", "51210500MJ0BX0050Q", "52210504MJ0BX0069C", "N2210522MF0BX00722"),
    *("Y1210500MC0BX008XF", "31210500MD0BX0091P", "91210500MA000004X0", "91210500MA0000090B"),
)
REMAINDER_0 = ("91210500MA09068290", "91210500MA08675670")
STANDARD_EXAMPLE = "91350100M000100Y43"

CLASSES = {
    **dict.fromkeys("15", "1239"),
    **dict.fromkeys("24", "19"),
    **dict.fromkeys("67", "129"),
    "3": "123459",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
DIVISIONS = ("210500", "210502", "210503", "210504", "210505", "210521", "210522", "110000")


def codes(first: str = "".join(CLASSES)) -> st.SearchStrategy[str]:
    """Every kind of valid code, resident-identity numbers apart."""
    bodies = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8)

    def with_body(kind: str, division: str, body: str) -> str | None:
        try:
            return make_uscc(kind + division, body)
        except ValueError:
            return None

    kinds = st.sampled_from([a + b for a in first for b in CLASSES[a]])
    made = st.builds(with_body, kinds, st.sampled_from(DIVISIONS), bodies)
    return made.filter(bool).map(str)


@pytest.mark.parametrize("code", [*PUBLIC, *SYNTHETIC, *REMAINDER_0, STANDARD_EXAMPLE])
def test_known_codes_are_valid(code: str) -> None:
    assert uscc_fault(code) is None


def test_the_worked_example_of_the_standard_has_one_check_character() -> None:
    assert check_character("91350100M000100Y4") == "3"
    assert uscc_fault("91350100M000100Y4Z") is Reason.SUSPECT_TYPO


@pytest.mark.parametrize(
    ("first8", "check"), [("59467239", "9"), ("MA000004", "X"), ("MA000009", "0")]
)
def test_the_organisation_code_has_its_own_check(first8: str, check: str) -> None:
    assert organisation_check(first8) == check


def test_modulo_31_alone_is_not_enough() -> None:
    counting = "123456789012345678"
    assert check_character(counting[:17]) == counting[17]
    assert uscc_fault(counting) is Reason.BAD_USCC


def test_the_placeholder_of_nobody_is_refused() -> None:
    assert uscc_fault("00000000000000000X") is Reason.BAD_USCC


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, place: int, other: str) -> None:
    damaged = code[:place] + other + code[place + 1 :]
    assert (uscc_fault(damaged) is None) == (damaged == code)


@given(codes(), st.integers(0, 16))
def test_two_neighbours_swapped_are_always_noticed(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (uscc_fault(swapped) is None) == (swapped == code)


def test_each_class_of_the_table_is_taken_and_no_other() -> None:
    for first in ALPHABET:
        for second in ALPHABET:
            seventeen = first + second + "210500" + "MA0BX001"
            seventeen += organisation_check("MA0BX001")
            fault = uscc_fault(seventeen + check_character(seventeen))
            assert (fault is None) == (second in CLASSES.get(first, "")), first + second


@pytest.mark.parametrize("division", ["000000", "990000", "200000", "4A0500", "160101"])
def test_a_division_that_does_not_exist_is_refused(division: str) -> None:
    with pytest.raises(ValueError, match="no valid code"):
        make_uscc("91" + division, "MA0BX001")


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_outside_the_alphabet_are_typing_errors_and_never_repaired(letter: str) -> None:
    code = SYNTHETIC[0]
    for place in range(18):
        wrong = code[:place] + letter + code[place + 1 :]
        assert uscc_fault(wrong) is Reason.SUSPECT_TYPO
        assert normalise_uscc(wrong.lower()) == wrong


@pytest.mark.parametrize(
    "written",
    [
        " 91210500MA0BX0015F\n",
        "91210500ma0bx0015f",
        "９１２１０５００ＭＡ０ＢＸ００１５Ｆ",
        "91210500-MA0BX001-5-F",
        "91 2105 00MA 0BX0\u30000 15F",
        "\ufeff91210500MA0BX0015F\u200b",
        "91210500–MA0BX0015—F",
    ],
)
def test_width_case_blanks_and_hyphens_are_normalised(written: str) -> None:
    assert normalise_uscc(written) == SYNTHETIC[0]


@pytest.mark.parametrize(
    "written",
    [
        " 91210500MA0BX0015F",
        "91210500ma0bx0015f",
        "９１２１０５００ＭＡ０ＢＸ００１５Ｆ",
        "",
        "9" * 19,
    ],
)
def test_on_the_wire_a_code_is_canonical_or_refused(written: str) -> None:
    assert uscc_fault(written) is Reason.BAD_USCC


@given(codes())
def test_normalising_changes_no_valid_code(code: str) -> None:
    assert normalise_uscc(code) == code
    assert normalise_uscc(" ".join(code).lower()) == code


@given(st.text(max_size=24))
def test_any_text_is_judged_without_an_exception(text: str) -> None:
    assert uscc_fault(text) in {None, Reason.BAD_USCC, Reason.SUSPECT_TYPO, Reason.NATURAL_PERSON}
    assert isinstance(holds_resident_number(text), bool)


def _resident(division: str, birth: str, serial: int) -> str:
    first17 = f"{division}{birth}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c) * w for c, w in zip(first17, weights, strict=True))
    return first17 + "10X98765432"[total % 11]


residents = st.builds(
    _resident,
    st.sampled_from(["110101", "210502", "210521", "330106", "530102", "810000"]),
    st.dates(date(1900, 1, 1), date(2025, 12, 31)).map(lambda day: day.strftime("%Y%m%d")),
    st.integers(0, 999),
)


@given(residents)
def test_a_resident_number_is_a_person_whatever_its_usc_checks_say(number: str) -> None:
    assert is_resident_number(number)
    assert is_resident_number(number.lower())
    assert uscc_fault(number) is Reason.NATURAL_PERSON


def test_a_number_that_passes_both_uscc_checks_is_a_person_still() -> None:
    both = _passes_all_three()
    assert organisation_check(both[8:16]) == both[16]
    assert check_character(both[:17]) == both[17]
    assert uscc_fault(both) is Reason.NATURAL_PERSON


def _passes_all_three() -> str:
    """Search divisions, days and serials for a number that all three checks take."""
    for division in ("530102", "520102", "510104", "120101", "110101", "310101"):
        for day in range(1, 29):
            for month in range(1, 13):
                for serial in range(0, 1000, 7):
                    number = _resident(division, f"1980{month:02d}{day:02d}", serial)
                    if (
                        organisation_check(number[8:16]) == number[16]
                        and check_character(number[:17]) == number[17]
                    ):
                        return number
    pytest.fail("no such number in the searched part")


def test_years_of_this_system_are_no_births() -> None:
    # An application number is often division + day + serial, the very shape of a person's.
    assert is_resident_number(_resident("210502", "20251231", 1))
    assert not is_resident_number(_resident("210502", "20260101", 1))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (_resident("210502", "19900230", 1), "no such day"),
        (_resident("990502", "19900101", 1), "no such province"),
        (_resident("210502", "19900101", 1)[:-1], "17 characters"),
    ],
)
def test_what_is_no_resident_number(number: str, why: str) -> None:
    assert not is_resident_number(number), why


@given(residents, st.sampled_from(["{}", "证件号：{}。", "id={}", "{}X", "a{}b"]))
def test_a_text_that_holds_a_resident_number_is_found_out(number: str, around: str) -> None:
    if around == "{}X" and number.endswith("X"):
        around = "{}"
    assert holds_resident_number(around.format(number))


@pytest.mark.parametrize("gap", [" ", "\t", "\u3000", "\u00a0"])
def test_a_resident_number_in_groups_or_full_width_is_found_out(gap: str) -> None:
    number = _resident("210502", "19900101", 1)
    assert holds_resident_number(gap.join([number[:6], number[6:14], number[14:]]))
    wide = number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"})
    assert holds_resident_number(f"（{wide}）")


def test_part_of_a_longer_number_is_no_person() -> None:
    number = _resident("210502", "19900101", 1)
    assert not holds_resident_number("7" + number)
    assert not holds_resident_number(number[:17] + "77")


@given(codes())
def test_an_individual_business_is_known_by_its_class(code: str) -> None:
    assert is_individual_business(code) == (code[:2] == "92")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("91210500MA0BX0015G", "bad-uscc"), ("9121O500MA0BX0015F", "suspect-typo")],
)
def test_the_type_refuses_with_the_reason_as_its_kind_and_without_the_value(
    code: str, kind: str
) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Uscc)
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(code)
    assert refused.value.errors()[0]["type"] == kind
    assert code not in refused.value.errors()[0]["msg"]


@given(codes("1235679"))
def test_python_stdnum_agrees_on_the_classes_that_it_supports(code: str) -> None:
    assert stdnum_uscc.is_valid(code)


@given(codes("1235679"), st.integers(9, 17), st.sampled_from(ALPHABET))
def test_what_python_stdnum_refuses_we_refuse(code: str, place: int, other: str) -> None:
    damaged = code[:place] + other + code[place + 1 :]
    if not stdnum_uscc.is_valid(damaged):
        assert uscc_fault(damaged) is not None
