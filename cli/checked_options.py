"""Options that are checked as they come in: codes, staff ids, texts, days; none is ever echoed."""

import re
from contextlib import suppress
from datetime import date

import click

from schemas.errors import Reason
from schemas.incoming import names_person
from schemas.uscc import fault_text, normalise_uscc, uscc_fault

_STAFF_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,63}")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CODE_FAULTS = {
    Reason.BAD_USCC: "不是有效的统一社会信用代码, 请按执照核对",
    Reason.SUSPECT_TYPO: "疑似笔误: 统一社会信用代码不含 I O S V Z, 请按执照核对",
    Reason.NATURAL_PERSON: "本系统不处理自然人",
}


def uscc_option(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """Return the code in canonical form. Raises: click.BadParameter if it is no organisation's."""
    if text is None:
        return None
    code = normalise_uscc(text)
    if (fault := uscc_fault(code)) is not None:
        raise click.BadParameter(f"{_CODE_FAULTS[fault]} / {fault_text(fault)}", param=option)
    return code


def staff_id_option(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """Return an opaque staff id. Raises: click.BadParameter for what may be a name or a person."""
    if text is not None and (not _STAFF_ID.fullmatch(text) or names_person(text.encode())):
        raise click.BadParameter(
            "应为工号, 如 bx-0123, 不得是姓名或身份证号 / give a staff id like bx-0123 (letters, "
            "digits and . _ : @ / -), never a name or a resident number",
            param=option,
        )
    return text


def text_option(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """Return a text that says something. Raises: click.BadParameter if it names a person."""
    if text is None:
        return None
    if not text.strip():
        raise click.BadParameter("不能为空 / must say something", param=option)
    if names_person(text.encode(errors="replace")):
        raise click.BadParameter(
            "含身份证号, 请删去 / it holds a resident number: leave that out", param=option
        )
    return text.strip()


def day_option(_: click.Context, option: click.Parameter, text: str | None) -> date | None:
    """Return the day that *text* names, None for none. Raises: click.BadParameter."""
    if text is None:
        return None
    if _ISO_DAY.fullmatch(text):  # fromisoformat takes weeks and more, too
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise click.BadParameter("应为日期, 如 2026-06-01 / give a day as YYYY-MM-DD", param=option)
