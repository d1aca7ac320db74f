"""The shape that an upstream system asks for, as a file: its fields and where each comes from."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from consumers.feedback.union_case import COLUMNS, UnionCase
from schemas.errors import StopServiceError
from streams.rules.catalogue_text import parse_yaml

if TYPE_CHECKING:
    from streams.rules.faults import Fault

Value = str | int


class MappingFaultError(StopServiceError):
    """A mapping file that cannot be used; the message names file, key and cure."""


def _refuse_unknown(column: str | None) -> None:
    if column is not None and column not in COLUMNS:
        raise ValueError(f"unknown column {column!r}; take one of {', '.join(COLUMNS)}")


class MappedField(BaseModel):
    """One field of the shape: copied `from` a column of the case, translated by `codes`.

    `codes` must name every value that comes; only an empty one may stay empty without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1)]
    from_: Annotated[str | None, Field(alias="from")] = None
    codes: dict[str, str] | None = None

    @model_validator(mode="after")
    def _known_column(self) -> "MappedField":
        _refuse_unknown(self.from_)
        if self.codes is not None and self.from_ is None:
            raise ValueError("codes translate a column; add `from`, or leave codes out")
        return self

    def value_of(self, case: UnionCase) -> Value:
        """Return what stands in this field. Raises: MappingFaultError for a value without code."""
        if self.from_ is None:
            return ""
        value: Value = getattr(case, self.from_)
        if self.codes is None or str(value) in self.codes:
            return value if self.codes is None else self.codes[str(value)]
        if value == "":
            return ""
        raise MappingFaultError(
            f"{self.name}: {self.from_} {value}: 没有代码 / has no code; "
            f"在 codes 中补上 / add it to codes of the mapping file"
        )


class Shape(BaseModel):
    """A shape; a field without `from` is one that the receiver or its clerk fills in.

    `only`: by column, the values that the receiver takes; other cases are left out, and counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    title: str
    source: str
    only: dict[str, list[str]] = {}
    fields: Annotated[list[MappedField], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_once(self) -> "Shape":
        for column in self.only:
            _refuse_unknown(column)
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"field names given twice: {', '.join(twice)}; keep one of each")
        return self

    def takes(self, case: UnionCase) -> bool:
        """Tell whether the receiver has a place for *case*."""
        return all(str(getattr(case, column)) in values for column, values in self.only.items())

    def row(self, case: UnionCase) -> Mapping[str, Value]:
        """Return *case* under the shape's names. Raises: MappingFaultError, see `MappedField`."""
        return {field.name: field.value_of(case) for field in self.fields}


UNION = Shape(
    title="奖惩案例",
    source="union of what upstream systems ask for",
    fields=[MappedField.model_validate({"name": name, "from": name}) for name in COLUMNS],
)


def load_shape(path: Path) -> Shape:
    """Return the shape that the file at *path* gives.

    Raises: MappingFaultError if it is not YAML or breaks the rules above.
    """
    faults: list[Fault] = []
    try:
        told = parse_yaml(path.name, path.read_bytes().decode("utf-8-sig"), faults)
    except UnicodeDecodeError as err:
        raise MappingFaultError(
            f"{path.name}: 不是 UTF-8 / not UTF-8; 另存为 UTF-8 / save it as UTF-8"
        ) from err
    if faults:
        raise MappingFaultError(str(faults[0]))
    try:
        return Shape.model_validate(told)
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise MappingFaultError(f"{path.name}: {key}: {_cured(first)}") from err


def _cured(fault: ErrorDetails) -> str:
    inside = "fields" in fault["loc"]
    known = "name, from, codes" if inside else "title, source, only, fields"
    if fault["type"] == "extra_forbidden":
        return f"没有这个键 / no such key; 可用 / take one of {known}"
    if fault["type"] == "missing":
        return f"缺少 / missing; 补上 / add it (keys: {known})"
    if fault["type"] == "value_error":
        return fault["msg"].removeprefix("Value error, ")
    return f"{fault['msg']}; 更正 / correct it (keys: {known})"
