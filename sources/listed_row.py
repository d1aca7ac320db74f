"""One row of a list file as what the provider says about one entry."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast

from pydantic import ValidationError

from schemas.base import MAX_SHORT
from schemas.list_change import ListChangeData
from schemas.registry import ListSpec
from schemas.uscc import normalise_uscc
from sources.file_format import FileFormat
from sources.row_fault import CellFaultError, RowFault, RowRefusedError
from sources.row_reader import Fields, RowReader
from streams.rules.term import latest_end

State = Literal["listed", "suspended", "removed"]
REMOVAL_REASONS = ("repaired", "expired", "annulled", "corrected", "early")
_OF_ENTRY = (
    "subject_name", "doc_no", "recognised_by", "effective_from", "effective_until", "facts",
    "facts_code", "severity", "scope",
)  # fmt: skip
_NEEDED = ("subject", "subject_name", "doc_no", "recognised_by", "effective_from", "facts")


@dataclass(frozen=True)
class StatedEntry:
    """What a file says: `data` at revision 0, in `state`, about the organisation `subject`."""

    line: int
    subject: str
    state: State
    data: ListChangeData


class EntryMaker:
    """Makes entries of the rows of one file of the list *spec*, as of *today*."""

    def __init__(self, reader: RowReader, found: FileFormat, spec: ListSpec, today: date) -> None:
        self._reader = reader
        self._format = found
        self._list_code = spec.code
        self._max_term = spec.max_term
        self._today = today

    def entry(self, line: int, cells: Sequence[str]) -> StatedEntry:
        """Return the entry that the row states.

        `entry_id` is the file's own, else the natural key; 64 hex digits of it where that is
        longer than an id may be. Raises: NaturalPersonRowError, RowRefusedError.
        """
        fields = self._reader.read(cells)
        values = fields.values
        faults = [_missing(name) for name in _NEEDED if values.get(name) is None]
        state = cast("State", values.get("state") or "listed")
        if values.get("removed_on") is not None:
            state = "removed"
        faults += self._state_faults(state, fields)
        if state != "removed":  # who is let go is let go, however long the listing was
            faults += self._term_faults(fields)
        if faults:
            raise RowRefusedError(faults)
        data: dict[str, Any] = {name: values[name] for name in _OF_ENTRY if values.get(name)}
        if isinstance(data.get("scope"), str):
            data["scope"] = [data["scope"]]
        if state == "removed":
            data["removed_on"] = values.get("removed_on") or self._today
            data["removal_reason"] = values["removal_reason"]
        try:
            stated = ListChangeData.model_validate(
                {"entry_id": self._entry_id(values), "revision": 0, "list_code": self._list_code,
                 **data}
            )  # fmt: skip
        except ValidationError as err:
            raise RowRefusedError(_of_model(err, fields)) from None
        return StatedEntry(line, str(values["subject"]), state, stated)

    def _entry_id(self, values: dict[str, Any]) -> str:
        own = values.get("entry_id")
        if own is not None:
            return str(own)
        natural = "/".join(_text(values.get(name)) for name in self._format.natural_key)
        return (
            natural if len(natural) <= MAX_SHORT else hashlib.sha256(natural.encode()).hexdigest()
        )

    def _state_faults(self, state: State, fields: Fields) -> list[RowFault]:
        reason = fields.values.get("removal_reason")
        if state == "removed" and reason not in REMOVAL_REASONS:
            fault = CellFaultError(
                "移出的条目缺少移出原因", "a removed entry must say why it was removed",
                "填写移出原因", "fill in the reason of removal",
            )  # fmt: skip
        elif state != "removed" and reason is not None:
            fault = CellFaultError(
                "有移出原因而状态不是移出", "a reason of removal, but the entry is not removed",
                "核对状态与移出日期", "check state and day of removal",
            )  # fmt: skip
        else:
            return []
        return [fault.at(fields.headers.get("removal_reason", "removal_reason"))]

    def _term_faults(self, fields: Fields) -> list[RowFault]:
        """Return the fault of an end that is later than the list's basis allows."""
        start, until = (fields.values.get(name) for name in ("effective_from", "effective_until"))
        if self._max_term is None or not isinstance(start, date) or not isinstance(until, date):
            return []
        if until <= (latest := latest_end(self._max_term, start)):
            return []
        last = latest - timedelta(days=1)
        fault = CellFaultError(
            f"超过该名单的最长期限 {self._max_term}",
            f"longer than the list allows, {self._max_term}",
            f"核对列入日期与期限, 最迟为 {last}; 期限确有法律依据的, 修改 lists.yaml 的 max_term",
            f"check both dates, the last day may be {last}; where the law allows more, correct"
            " max_term in lists.yaml",
        )
        return [fault.at(fields.headers.get("effective_until", "effective_until"))]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else normalise_uscc(str(value or ""))


def _missing(name: str) -> RowFault:
    return CellFaultError(
        f"缺少 {name}", f"nothing in the row tells {name}", "补填对应列", "fill in its column"
    ).at("")


def _of_model(err: ValidationError, fields: Fields) -> list[RowFault]:
    found = []
    for detail in err.errors(include_input=False, include_url=False, include_context=False):
        name = str(detail["loc"][0]) if detail["loc"] else "effective_until"
        said = detail["msg"].removeprefix("Value error, ")
        fault = CellFaultError("取值不合要求", said, "改正该列", "correct that column")
        found.append(fault.at(fields.headers.get(name, name)))
    return found
