"""From identifiers of before 2015 to the USCC: a table that somebody confirmed, no formula.

CSV with the columns legacy_type, legacy_code, uscc, valid_from, valid_to (exclusive, both may be
empty), confirmed_by. An organisation code stands inside its USCC, a registration number does not.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from schemas.uscc import normalise_uscc, organisation_check, uscc_fault
from sources.csv_table import csv_rows
from sources.errors import UnusableFileError
from sources.file_format import LegacyType

COLUMNS = ("legacy_type", "legacy_code", "uscc", "valid_from", "valid_to", "confirmed_by")
DEFAULT_NAME = "crosswalk.csv"
_LEGACY = frozenset(LegacyType) - {LegacyType.USCC, LegacyType.ANY}


class ConfirmedMapping(NamedTuple):
    """One confirmed line: in force from `valid_from` until `valid_to`, exclusive."""

    uscc: str
    valid_from: date
    valid_to: date


class Crosswalk:
    """Confirmed mappings of legacy identifiers."""

    def __init__(
        self, known: Mapping[tuple[LegacyType, str], list[ConfirmedMapping]] | None = None
    ) -> None:
        self._known = dict(known or {})

    def __len__(self) -> int:
        """Return how many legacy codes are mapped."""
        return len(self._known)

    def find(self, kind: LegacyType, code: str, on: date) -> str | None:
        """Return the USCC that *code* stood for on *on*, or None if nobody confirmed one."""
        for line in self._known.get((kind, code), ()):
            if line.valid_from <= on < line.valid_to:
                return line.uscc
        return None


def shape_of(code: str) -> LegacyType | None:
    """Return what the normalised *code* can be by length and check digit, or None."""
    match len(code):
        case 18:
            return LegacyType.USCC
        case 9 if organisation_fits(code):
            return LegacyType.ORGANISATION
        case 15 if registration_fits(code):
            return LegacyType.REGISTRATION
        case 15 if code[:6].isdigit() and organisation_fits(code[6:]):
            return LegacyType.TAX
        case _:
            return None


def organisation_fits(code: str) -> bool:
    """Tell whether *code* is an organisation code by its check character (GB 11714, mod 11)."""
    whole = re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code) is not None
    return whole and organisation_check(code[:8]) == code[8]


def registration_fits(code: str) -> bool:
    """Tell whether *code* is a registration number by its check digit (ISO 7064 MOD 11,10)."""
    if not re.fullmatch(r"[0-9]{15}", code):
        return False
    product = 10
    for digit in code[:14]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(code[14])


def read_crosswalk(path: Path) -> Crosswalk:
    """Return the mappings of *path*. Raises: UnusableFileError naming file and line."""
    known: dict[tuple[LegacyType, str], list[ConfirmedMapping]] = {}
    places: list[int] | None = None
    try:
        rows = list(csv_rows(path))
    except OSError as err:
        raise UnusableFileError(
            f"{path.name}: 无法读取 / cannot be read ({err.strerror}); 检查路径 / check the path"
        ) from err
    for line, cells in rows:
        if places is None:
            places = _places(path, cells)
            continue
        kind, code, mapping = _mapping(f"{path.name}:{line}", cells, places)
        known.setdefault((kind, code), []).append(mapping)
    return Crosswalk(known)


def _places(path: Path, header: list[str]) -> list[int]:
    try:
        return [header.index(name) for name in COLUMNS]
    except ValueError as err:
        raise UnusableFileError(
            f"{path.name}: 表头应为 / the header must be {','.join(COLUMNS)};"
            " 补上缺少的列 / add what lacks"
        ) from err


def _mapping(
    where: str, cells: list[str], places: list[int]
) -> tuple[LegacyType, str, ConfirmedMapping]:
    padded = cells + [""] * (max(places) + 1 - len(cells))
    kind, code, uscc, since, until, confirmed_by = (padded[place] for place in places)
    if kind not in _LEGACY:
        allowed = ", ".join(sorted(_LEGACY))
        raise UnusableFileError(
            f"{where}: legacy_type: 允许 / allowed: {allowed}; 改正 / correct it"
        )
    if (fault := uscc_fault(normalise_uscc(uscc))) is not None:
        raise UnusableFileError(f"{where}: uscc: {fault.value}; 核对代码 / read the licence again")
    if not confirmed_by:
        raise UnusableFileError(
            f"{where}: confirmed_by: 空 / empty; 写明由谁确认 / say which office confirmed it"
        )
    try:
        mapping = ConfirmedMapping(
            normalise_uscc(uscc),
            date.fromisoformat(since) if since else date.min,
            date.fromisoformat(until) if until else date.max,
        )
    except ValueError as err:
        raise UnusableFileError(
            f"{where}: valid_from, valid_to: 写作 2026-06-16 / write days as 2026-06-16"
        ) from err
    return LegacyType(kind), normalise_uscc(code), mapping
