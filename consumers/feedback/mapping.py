"""The shape that an upstream system asks for, as a file: its fields and where each comes from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from consumers.feedback.union_case import COLUMNS, UnionCase


class MappingFaultError(Exception):
    """A mapping file that cannot be used; the message names file, key and cure."""


class MappedField(BaseModel):
    """One field of the shape: copied `from` a column of the case, translated by `codes`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1)]
    from_: Annotated[str | None, Field(alias="from")] = None
    codes: dict[str, str] = {}

    @model_validator(mode="after")
    def _known_column(self) -> "MappedField":
        if self.from_ is not None and self.from_ not in COLUMNS:
            raise ValueError(f"unknown column {self.from_!r}; take one of {', '.join(COLUMNS)}")
        return self


class Shape(BaseModel):
    """A shape; a field without `from` is one that the receiver or its clerk fills in."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    title: str
    source: str
    fields: Annotated[list[MappedField], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_once(self) -> "Shape":
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"field names given twice: {', '.join(twice)}; keep one of each")
        return self

    def row(self, case: UnionCase) -> Mapping[str, str | int]:
        """Return *case* under the shape's names; a value that `codes` does not know stays."""
        found: dict[str, str | int] = {}
        for field in self.fields:
            value = "" if field.from_ is None else getattr(case, field.from_)
            found[field.name] = field.codes.get(str(value), value)
        return found


def load_shape(path: Path) -> Shape:
    """Return the shape that the file at *path* gives.

    Raises: MappingFaultError if it is not YAML or breaks the rules above.
    """
    try:
        return Shape.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        raise MappingFaultError(f"{path.name}: not YAML in UTF-8 ({err}); correct it") from err
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise MappingFaultError(f"{path.name}: {key}: {first['msg']}") from err
