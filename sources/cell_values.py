"""Amounts, numbers, yes and no, and several values in one cell."""

import re
from decimal import Decimal, InvalidOperation
from typing import Literal

from schemas.base import MAX_FEN
from sources.row_fault import CellFaultError

Unit = Literal["yuan", "wanyuan"]
FEN: dict[str, Decimal] = {"yuan": Decimal(100), "wanyuan": Decimal(1_000_000)}
UNIT_WORDS: dict[str, Unit] = {
    "元": "yuan",
    "人民币元": "yuan",
    "YUAN": "yuan",
    "万元": "wanyuan",
    "人民币万元": "wanyuan",
    "万": "wanyuan",
}
_NOISE = str.maketrans("", "", ",，￥¥ \u00a0")
_NUMBER = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)
_PARTS = re.compile(r"[;；、|｜\r\n]+")
_YES = frozenset({"是", "1", "Y", "YES", "TRUE", "T", "有"})
_NO = frozenset({"否", "0", "N", "NO", "FALSE", "F", "无"})


def read_fen(text: str, unit: Unit) -> int:
    """Return the amount in fen, exactly: 0.2 万元 is 200000. Raises: CellFaultError.

    What is no whole number of fen is refused, never rounded.
    """
    plain = text.translate(_NOISE)
    for word in ("万元", "元"):
        if plain.endswith(word):
            plain, unit = plain.removesuffix(word), UNIT_WORDS[word]
            break
    if not _NUMBER.fullmatch(plain):
        raise CellFaultError(
            "不是金额", "not an amount", "只写数字, 如 1234.50", "digits alone, like 1234.50"
        )
    try:
        fen = Decimal(plain) * FEN[unit]
    except InvalidOperation as err:
        raise CellFaultError("不是金额", "not an amount", "只写数字", "digits alone") from err
    if fen != fen.to_integral_value() or fen > MAX_FEN:
        raise CellFaultError(
            "金额不是整数分或过大",
            "not a whole number of fen, or too large",
            "核对金额与单位(元/万元)",
            "check amount and unit (yuan or 10,000 yuan)",
        )
    return int(fen)


def read_unit(text: str) -> Unit:
    """Return the unit that a cell names (元, 万元). Raises: CellFaultError."""
    unit = UNIT_WORDS.get(text.upper())
    if unit is None:
        raise CellFaultError(
            "金额单位未知", "unknown unit of money", "写“元”或“万元”", "write 元 or 万元"
        )
    return unit


def read_integer(text: str) -> int:
    """Return the whole number. Raises: CellFaultError."""
    if not re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        raise CellFaultError("不是整数", "not a whole number", "只写数字", "digits alone")
    return int(text)


def read_flag(text: str) -> bool:
    """Return yes or no. Raises: CellFaultError."""
    word = text.upper()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellFaultError("不是“是/否”", "neither yes nor no", "写“是”或“否”", "write 是 or 否")


def split_values(text: str) -> list[str]:
    """Return the values of one cell, parted by ; 、 | or line breaks."""
    return [part.strip() for part in _PARTS.split(text) if part.strip()]
