"""From the cells of a row to the fields of a message, as its format says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from schemas.uscc import holds_resident_number
from sources.cell_dates import read_day, read_end_day, read_instant
from sources.cell_values import Unit, read_fen, read_flag, read_integer, read_unit, split_values
from sources.crosswalk import Crosswalk
from sources.file_format import ATTRIBUTE, Column, ColumnType, LegacyType, normalise_header
from sources.format_match import Match
from sources.identifiers import resolve
from sources.row_fault import CellFaultError, NaturalPersonRowError, RowFault, RowRefusedError

Value = str | int | bool | date | datetime | list[str] | None
# Headers that nobody described and that name a person all the same: dropped unread.
_PERSONAL_WORDS = (
    "身份证",
    "证件号",
    "联系人",
    "联系电话",
    "手机",
    "电话",
    "姓名",
    "经办人",
    "代理人",
    "代表人",
    "负责人",
    "ID_CARD",
    "IDCARD",
    "PHONE",
    "MOBILE",
)
_LONGEST_NAME = 4  # 复姓 and two characters; no body that has lost its code is called so
_END_FIELDS = frozenset({"effective_until"})


@dataclass(frozen=True)
class Fields:
    """What a row says: values by field, and `texts`, the cells that may be shown again."""

    values: dict[str, Value]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    column: Column
    at: int
    header: str


class RowReader:
    """Reads the rows below one header. `kept` are the cells that a rejects file may show."""

    def __init__(self, match: Match, crosswalk: Crosswalk, today: date) -> None:
        self._format = match.format
        self._crosswalk = crosswalk
        self._today = today
        self._by_header = {
            normalise_header(name): place
            for column, place in zip(match.format.columns, match.places, strict=True)
            if place is not None
            for name in column.names
        }
        known = [
            _Place(column, place, match.header[place])
            for column, place in zip(match.format.columns, match.places, strict=True)
            if place is not None
        ]
        self._places = [p for p in known if p.column.type is not ColumnType.PERSONAL]
        self._filling = [p for p in self._places if p.column.to is not None]
        # The stage decides which other columns count, so it is read first.
        self._filling.sort(key=lambda place: place.column.to != "stage")
        self._dates_first = sorted(
            self._filling, key=lambda p: p.column.type is ColumnType.IDENTIFIER
        )
        self._person_marks = [place.at for place in known if place.column.marks_person]
        self._codes = [p.at for p in self._filling if p.column.to == "subject"]
        self._names = [p.at for p in self._filling if p.column.to == "subject_name"]
        unknown = [place for place in match.unknown if not _names_a_person(match.header[place])]
        self._looked_at = [place.at for place in self._places] + unknown
        self.kept = sorted(place.at for place in self._places)
        self.kept_headers = [match.header[place] for place in self.kept]
        self.unused_headers = tuple(match.header[place] for place in match.unknown)

    def read(self, cells: Sequence[str]) -> Fields:
        """Return the fields of the row.

        Raises: NaturalPersonRowError; RowRefusedError with every fault of the row.
        """
        self._refuse_persons(cells)
        faults: list[RowFault] = []
        fields = Fields(dict(self._format.fixed))
        if self._format.stage is not None:
            fields.values["stage"] = self._format.stage
        for place in self._dates_first:
            self._fill(place, cells, fields, faults)
        for place in self._places:
            self._check_duty(place, cells, faults)
        if faults:
            raise RowRefusedError(faults)
        return fields

    def _refuse_persons(self, cells: Sequence[str]) -> None:
        looked_at = [cells[at] for at in self._looked_at if at < len(cells)]
        if holds_resident_number("\n".join(looked_at)):
            raise NaturalPersonRowError
        for place in self._places:
            refuse = place.column.refuse
            if refuse is None or refuse.reason != "natural-person":
                continue
            if _cell(cells, place.at) in refuse.values:
                raise NaturalPersonRowError
        if not any(_cell(cells, at) for at in self._codes) and self._tells_a_person(cells):
            raise NaturalPersonRowError

    def _tells_a_person(self, cells: Sequence[str]) -> bool:
        """Tell whether a row without any organisation's code is a person's, to be kept nowhere.

        By a filled personal number, or by a name as short as only people's are.
        """
        marked = any(_cell(cells, at) for at in self._person_marks)
        return marked or any(0 < len(_cell(cells, at)) <= _LONGEST_NAME for at in self._names)

    def _check_duty(self, place: _Place, cells: Sequence[str], faults: list[RowFault]) -> None:
        text = _cell(cells, place.at)
        if place.column.required and not text:
            faults.append(
                CellFaultError("必填项为空", "must not be empty", "补填", "fill it in").at(
                    place.header
                )
            )
        refuse = place.column.refuse
        if refuse is not None and refuse.reason != "natural-person" and text in refuse.values:
            faults.append(
                CellFaultError(
                    "该取值的行不导入",
                    "rows with this value are not taken",
                    "核对后改正或删除该行",
                    "check it; correct or delete the row",
                ).at(place.header)
            )

    def _fill(
        self, place: _Place, cells: Sequence[str], fields: Fields, faults: list[RowFault]
    ) -> None:
        column, text = place.column, _cell(cells, place.at)
        target = cast("str", column.to)
        if not text and not (column.type is ColumnType.CODE and "" in (column.codes or {})):
            return
        if column.stages and fields.values.get("stage") not in column.stages:
            return
        if fields.headers.get(target) is not None:
            return  # an earlier column has filled it
        try:
            fields.values[target] = self._value(place, text, cells, fields)
        except CellFaultError as fault:
            faults.append(fault.at(place.header))
        fields.headers[target] = place.header

    def _value(self, place: _Place, text: str, cells: Sequence[str], fields: Fields) -> Value:
        column = place.column
        match column.type:
            case ColumnType.MONEY:
                return read_fen(text, self._unit(column, cells))
            case ColumnType.CODE:
                return _translate(column, text)
            case ColumnType.IDENTIFIER:
                return resolve(text, self._kind(column, cells), self._crosswalk, self._on(fields))
            case ColumnType.IDENTIFIERS:
                on = self._on(fields)
                return [resolve(p, column.kind, self._crosswalk, on) for p in split_values(text)]
            case ColumnType.DATE:
                return _as_day(column, text)
            case _:
                return _PLAIN[column.type](text)

    def _on(self, fields: Fields) -> date:
        """Return the day on which a legacy code is looked up: the row's own, else today."""
        when = fields.values.get("time") or fields.values.get("effective_from")
        if isinstance(when, datetime):
            return when.date()
        return when if isinstance(when, date) else self._today

    def _unit(self, column: Column, cells: Sequence[str]) -> Unit:
        told = self._told(column.unit_from, cells)
        if told:
            return read_unit(told)
        if column.unit is None:
            raise CellFaultError(
                "未注明金额单位",
                "the unit of the amount is not told",
                "填写金额单位",
                "fill in the unit",
            )
        return column.unit

    def _kind(self, column: Column, cells: Sequence[str]) -> LegacyType:
        told = self._told(column.kind_from, cells)
        if not told:
            return column.kind
        kinds = column.kinds or {}
        if told not in kinds:
            raise CellFaultError(
                "代码类型未知",
                f"unknown type of identifier; allowed: {', '.join(kinds)}",
                "改为允许的代码类型",
                "use one of these",
            )
        return kinds[told]

    def _told(self, header: str | None, cells: Sequence[str]) -> str:
        place = self._by_header.get(normalise_header(header)) if header is not None else None
        return _cell(cells, place) if place is not None else ""


_PLAIN: dict[ColumnType, Callable[[str], Value]] = {
    ColumnType.TEXT: str,
    ColumnType.TEXTS: split_values,
    ColumnType.INSTANT: read_instant,
    ColumnType.INTEGER: read_integer,
    ColumnType.FLAG: read_flag,
}


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _names_a_person(header: str) -> bool:
    plain = normalise_header(header)
    return any(word in plain for word in _PERSONAL_WORDS)


def _translate(column: Column, text: str) -> str:
    codes = column.codes or {}
    found = codes.get(text, column.otherwise)
    if found is None:
        raise CellFaultError(
            "代码不在代码表中",
            f"not in the code table; allowed: {', '.join(filter(None, codes))}",
            "改为允许的代码, 或在格式文件中补充",
            "use one of these, or add it to the format file",
        )
    return found


def _as_day(column: Column, text: str) -> Value:
    target = column.to or ""
    if target == "time":
        return read_instant(read_day(text).isoformat())
    if target in _END_FIELDS or column.including:
        end = read_end_day(text)
        return end + timedelta(days=1) if end is not None and column.including else end
    return read_day(text).isoformat() if target.startswith(ATTRIBUTE) else read_day(text)
