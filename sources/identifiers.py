"""From what stands in an identifier column to the USCC of an organisation."""

import re
from datetime import date

from schemas.errors import Reason
from schemas.uscc import fault_text, normalise_uscc, uscc_fault
from sources.crosswalk import Crosswalk, organisation_fits, registration_fits, shape_of
from sources.file_format import LegacyType
from sources.row_fault import CellFaultError, NaturalPersonRowError

_ZH = {
    Reason.BAD_USCC: "不是有效的统一社会信用代码(18位, 两个校验位、类别、区划)",
    Reason.SUSPECT_TYPO: "疑似笔误: 统一社会信用代码不含 I O S V Z",
}
_EXCEL_ATE_IT = "E+"


# A resident number with a slip of the pen, or masked: still a person's, and not to be shown again.
_LIKE_A_RESIDENT = re.compile(
    r"[1-8]\d{5}(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]|[\dX]*\*[\dX*]*",
    re.ASCII,
)
_LIKE_AN_OLD_ONE = re.compile(
    r"[1-8]\d{7}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}", re.ASCII
)  # 15 digits, of before 1999


def resolve(text: str, kind: LegacyType, crosswalk: Crosswalk, on: date) -> str:
    """Return the USCC for *text*, an identifier of *kind*, as of *on*.

    Letters are never repaired. A legacy code counts only where the crosswalk confirms it.
    Raises: CellFaultError; NaturalPersonRowError for a resident-identity number.
    """
    code = normalise_uscc(text)
    told = shape_of(code) if kind is LegacyType.ANY else kind
    if told is LegacyType.USCC or told is None:
        return _as_uscc(code)
    if uscc_fault(code) is Reason.NATURAL_PERSON:
        raise NaturalPersonRowError
    if not _fits(told, code):
        raise CellFaultError(
            "旧代码校验位不符",
            "the check digit of this legacy code does not match",
            "按证照重新录入",
            "read the licence again",
            Reason.BAD_USCC,
        )
    found = crosswalk.find(told, code, on)
    if found is None:
        raise CellFaultError(
            "旧代码没有已确认的对应关系",
            f"no confirmed mapping for this {told.value} code",
            "改填统一社会信用代码, 或把确认的对应关系加入 crosswalk.csv",
            "write the USCC instead, or add the confirmed mapping to crosswalk.csv",
            Reason.BAD_USCC,
        )
    return found


def _as_uscc(code: str) -> str:
    fault = uscc_fault(code)
    if fault is None:
        return code
    if fault is Reason.NATURAL_PERSON or _looks_like_a_person(code):
        raise NaturalPersonRowError
    if _EXCEL_ATE_IT in code:
        raise CellFaultError(
            "代码被表格软件改成了科学计数",
            "a spreadsheet has turned the code into a rounded number",
            "把该列设为文本后重新录入",
            "set the column to text and enter the code again",
            Reason.BAD_USCC,
        )
    problem, _, _ = fault_text(fault).partition(";")
    raise CellFaultError(
        _ZH[fault],
        problem,
        "请部门按执照重新录入, 系统不改字母",
        "ask the department to read the licence again; letters are never repaired",
        fault,
    )


def _looks_like_a_person(code: str) -> bool:
    return bool(_LIKE_A_RESIDENT.fullmatch(code) or _LIKE_AN_OLD_ONE.fullmatch(code))


def _fits(kind: LegacyType, code: str) -> bool:
    match kind:
        case LegacyType.ORGANISATION:
            return organisation_fits(code)
        case LegacyType.REGISTRATION:
            return registration_fits(code)
        case LegacyType.TAX:
            return len(code) == 15 and organisation_fits(code[6:])
        case _:
            return bool(code)  # certificates of institutions and associations have no check digit
