"""The unified social credit code (统一社会信用代码, GB 32100-2015) and what only looks like one.

A code is 18 characters: 1 registering authority, 2 entity class, 3-8 administrative division of
first registration (GB/T 2260), 9-17 organisation code with its own check (GB 11714), 18 check
character modulo 31. Both checks, the class table and the division are verified: modulo 31 alone
accepts `123456789012345678`.
"""

import re
from datetime import date
from operator import mul
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.errors import Reason

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z; the index is the value
LOOKALIKES = frozenset("IOSVZ")

# Value of each byte, so that a check is a translation and a sum: it is due for every new code.
_VALUES_31 = bytes(max(ALPHABET.find(chr(byte)), 0) for byte in range(256))
_VALUES_11 = bytes(int(chr(b), 36) if chr(b).isalnum() and b < 128 else 0 for b in range(256))
_WEIGHTS_31 = tuple(pow(3, position, 31) for position in range(17))
_WEIGHTS_11 = (3, 7, 9, 10, 5, 8, 4, 2)
_CLASSES = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "1239",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
# GB/T 2260 provinces; 10 is the centre's own prefix (100000: 国家级登记机关).
_PROVINCES = frozenset(
    [
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_RESIDENT_NUMBER = re.compile(r"(?<![0-9])[1-8][0-9]{16}[0-9Xx](?![0-9])")
# Application numbers are often division + day + serial, the same shape; those of this system's
# own years are no births of people who do business.
BIRTH_YEARS = range(1850, 2026)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BLANKS = re.compile(r"(?<=[0-9])[ \t\u00a0\u200b]+(?=[0-9Xx])")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u200b\ufeff\u00a0]+")


def normalise_uscc(text: str) -> str:
    """Return *text* in half width and upper case without blanks and hyphens.

    Letters are never repaired: an `O` stays an `O` and fails as a suspected typing error.
    """
    return _SEPARATORS.sub("", text.translate(_FULL_WIDTH)).upper()


def check_character(first17: str) -> str:
    """Return position 18 for the 17 characters before it (GB 32100-2015, modulo 31)."""
    values = first17.encode().translate(_VALUES_31)
    return ALPHABET[-sum(map(mul, values, _WEIGHTS_31)) % 31]


def organisation_check(first8: str) -> str:
    """Return the ninth character of an organisation code (GB 11714-1997, modulo 11)."""
    values = first8.encode().translate(_VALUES_11)
    return "0123456789X"[-sum(map(mul, values, _WEIGHTS_11)) % 11]


def make_uscc(first8: str, body8: str) -> str:
    """Return the valid code of 8 leading characters and 8 of the organisation code.

    For synthetic test data. Raises: ValueError if the result would not be a valid code.
    """
    first17 = first8 + body8 + organisation_check(body8)
    code = first17 + check_character(first17)
    if (fault := uscc_fault(code)) is not None:
        msg = f"{first8}+{body8}: no valid code can begin so ({fault.value})"
        raise ValueError(msg)
    return code


def uscc_fault(code: str) -> Reason | None:  # noqa: PLR0911  # one return a reason
    """Return why *code*, exactly as written, is no USCC of an organisation, or None.

    `natural-person` for a resident-identity number even where both USCC checks pass,
    `suspect-typo` for a letter that the alphabet excludes (I O S V Z), else `bad-uscc`.
    """
    if len(code) != 18:  # the length that the standard fixes
        return Reason.BAD_USCC
    if code[:17].isdigit() and is_resident_number(code):
        return Reason.NATURAL_PERSON
    if not (code.isascii() and code.isalnum()) or code.upper() != code:
        return Reason.BAD_USCC
    if not LOOKALIKES.isdisjoint(code):
        return Reason.SUSPECT_TYPO
    if code[1] not in _CLASSES.get(code[0], "") or not code[2:8].isdigit():
        return Reason.BAD_USCC
    if code[2:4] not in _PROVINCES or organisation_check(code[8:16]) != code[16]:
        return Reason.BAD_USCC
    return None if check_character(code[:17]) == code[17] else Reason.BAD_USCC


def is_resident_number(code: str) -> bool:
    """Tell whether *code* passes the resident-identity check (GB 11643: division, date, digit)."""
    if len(code) != 18 or not (code.isascii() and code[:17].isdigit()):
        return False
    if code[:2] not in _PROVINCES or code[:2] == "10":
        return False
    if int(code[6:10]) not in BIRTH_YEARS:
        return False
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    total = sum(int(c) * w for c, w in zip(code[:17], _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECKS[total % 11] == code[17].upper()


def holds_resident_number(text: str) -> bool:
    """Tell whether *text* holds a resident-identity number, also in full width or with blanks."""
    plain = text.translate(_FULL_WIDTH)
    candidates = _RESIDENT_NUMBER.findall(plain)
    if sum(map(str.isdigit, plain)) >= 17:  # a number may be written in groups
        candidates += _RESIDENT_NUMBER.findall(_BLANKS.sub("", plain))
    return any(is_resident_number(candidate) for candidate in candidates)


def is_individual_business(uscc: str) -> bool:
    """Tell whether *uscc* is an individual business (个体工商户, 92…): never blocked unseen."""
    return uscc.startswith("92")


_FAULT_TEXT = {
    Reason.BAD_USCC: "not a USCC (18 characters, both check digits, class and division);"
    " ask the department to read the licence again",
    Reason.SUSPECT_TYPO: "a USCC never holds I, O, S, V or Z; ask the department to read the"
    " licence again: letters are never repaired here",
    Reason.NATURAL_PERSON: "natural persons are outside this system; leave the record out",
}


def fault_text(fault: Reason) -> str:
    """Return what a clerk is told about an identifier with *fault*; never its value."""
    return _FAULT_TEXT[fault]


def check_uscc(code: str) -> str:
    """Return *code* unchanged. Raises: PydanticCustomError whose type is the dead-letter reason."""
    if (fault := uscc_fault(code)) is not None:
        raise PydanticCustomError(fault.value, _FAULT_TEXT[fault])
    return code


Uscc = Annotated[
    str,
    AfterValidator(check_uscc),
    # What a schema can say of it: class table and characters, not the two checks.
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(?:[15][1239]|[24][19]|3[1-59]|[67][129]|8[19]|[9N][1239]|A[19]|Y1)"
            "[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$",
        }
    ),
]
