"""One row of a department's file as a department event."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from pydantic import ValidationError

from schemas.department_event import DepartmentEvent
from schemas.errors import Reason
from schemas.times import format_instant
from schemas.uscc import fault_text, uscc_fault
from sources.file_format import ATTRIBUTE, FileFormat
from sources.row_fault import CellFaultError, RowFault, RowRefusedError
from sources.row_reader import Fields, RowReader

AHEAD = timedelta(minutes=10)  # contracts G: later than that is time-in-future
KEPT = timedelta(days=400)  # contracts G: older than that is too-old
_HASH_DIGITS = 12
_PLAIN = ("item_code", "item_name", "application_no", "subject_name", "amount_fen", "region")


@dataclass(frozen=True)
class EventMaker:
    """Makes events of the rows of one file; `department` where the rows do not say, at `now`."""

    reader: RowReader
    format: FileFormat
    department: str | None
    now: datetime

    def event(self, cells: Sequence[str]) -> DepartmentEvent:
        """Return the event that the row says.

        `id` is the natural key, `#`, and 12 hex digits of the SHA-256 of type, time and data: the
        same row is the same event, a corrected row is a new one (contracts F).
        Raises: NaturalPersonRowError, RowRefusedError.
        """
        fields = self.reader.read(cells)
        values = fields.values
        if values.get("department") is None:
            values["department"] = self.department
        faults = [*_missing(fields), *self._time_faults(fields)]
        data = {
            "department": values["department"],
            **{name: values[name] for name in _PLAIN if values.get(name) is not None},
            **_members(fields, faults),
            **_attributes(values),
        }
        if faults:
            raise RowRefusedError(faults)
        when = cast("datetime", values["time"])
        what = {
            "type": f"credit.{self.format.family}.{values['stage']}",
            "time": when,
            "data": data,
        }
        try:
            return DepartmentEvent.model_validate(
                {
                    "specversion": "1.0",
                    "id": self._id(values, what),
                    "source": f"/departments/{values['department']}/{self.format.format}",
                    "subject": values["subject"],
                    **what,
                }
            )
        except ValidationError as err:
            raise RowRefusedError(_of_model(err, fields)) from None

    def _id(self, values: dict[str, Any], what: dict[str, Any]) -> str:
        canonical = json.dumps(
            what, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_text
        )
        natural = "/".join(_text(values.get(name) or "") for name in self.format.natural_key)
        return f"{natural}#{hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_DIGITS]}"

    def _time_faults(self, fields: Fields) -> list[RowFault]:
        when = fields.values.get("time")
        column = fields.headers.get("time", "time")
        if not isinstance(when, datetime):
            return []
        if when > self.now + AHEAD:
            fault = CellFaultError(
                "时间晚于现在",
                "lies in the future",
                "核对日期; 到期后再导入",
                "check the day, or import it when it has come",
                Reason.TIME_IN_FUTURE,
            )
        elif when < self.now - KEPT:
            fault = CellFaultError(
                "早于400天前",
                "is more than 400 days ago",
                "核对日期; 过旧的记录不再触发",
                "check the day; records that old trigger nothing",
                Reason.TOO_OLD,
            )
        else:
            return []
        return [fault.at(column)]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _missing(fields: Fields) -> list[RowFault]:
    """Return a fault for each duty that nothing in the row fills, and for a bad department."""
    faults = []
    for name in (
        "subject",
        "subject_name",
        "item_code",
        "item_name",
        "application_no",
        "time",
        "stage",
    ):
        if fields.values.get(name) is None:
            fault = CellFaultError(
                f"缺少 {name}",
                f"nothing in the row tells {name}",
                "补填对应列",
                "fill in its column",
            )
            faults.append(fault.at(fields.headers.get(name, "")))
    department = fields.values.get("department")
    if department is None:
        fault = CellFaultError(
            "缺少部门代码",
            "the department is not told",
            "补填, 或用 --department 指定",
            "fill it in, or give --department",
        )
        faults.append(fault.at(""))
    elif (wrong := uscc_fault(str(department))) is not None:
        problem, _, _ = fault_text(wrong).partition(";")
        fault = CellFaultError(
            "报送部门的代码无效",
            f"the department's own code is {problem}",
            "填写部门真实的统一社会信用代码",
            "write the department's real USCC",
            wrong,
        )
        faults.append(fault.at(fields.headers.get("department", "--department")))
    return faults


def _members(fields: Fields, faults: list[RowFault]) -> dict[str, Any]:
    """Return the consortium, in the order of the file; names and codes must pair up."""
    codes = cast("list[str]", fields.values.get("members.uscc") or [])
    names = cast("list[str]", fields.values.get("members.name") or [])
    if len(codes) != len(names):
        fault = CellFaultError(
            "联合体成员的代码与名称个数不同",
            f"{len(codes)} codes but {len(names)} names of members",
            "逐一对应填写, 用分号分隔",
            "pair them one by one, parted by ;",
        )
        faults.append(fault.at(fields.headers.get("members.uscc", "members")))
        return {}
    if not codes:
        return {}
    return {"members": [{"uscc": c, "name": n} for c, n in zip(codes, names, strict=True)]}


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    found = {
        name.removeprefix(ATTRIBUTE): value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if name.startswith(ATTRIBUTE) and value is not None
    }
    return {"attributes": found} if found else {}


def _of_model(err: ValidationError, fields: Fields) -> list[RowFault]:
    """Return what the message model refuses, with the header of the column that filled it."""
    faults = []
    for detail in err.errors(include_input=False, include_url=False, include_context=False):
        where = [str(part) for part in detail["loc"] if part != "data"]
        name = ".".join(where[:2] if where[:1] == ["attributes"] else where[:1])
        faults.append(
            RowFault(
                Reason.BAD_FIELD,
                fields.headers.get(name, name),
                "取值不合要求",
                detail["msg"],
                "改正该列",
                "correct that column",
            )
        )
    return faults
