"""What the columns of a department's file mean, as data: one format a YAML file."""

import unicodedata
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Model, Name
from schemas.measure import Code, Title

Target = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z_]*(\.[a-z][a-z0-9_]*)?$", max_length=64)
]
ATTRIBUTE = "attributes."
EVENT_TARGETS = frozenset(
    [
        "subject",
        "subject_name",
        "department",
        "item_code",
        "item_name",
        "application_no",
        "amount_fen",
        "region",
        "time",
        "stage",
        "members.uscc",
        "members.name",
    ]
)
LIST_TARGETS = frozenset(
    [
        "entry_id",
        "subject",
        "subject_name",
        "doc_no",
        "recognised_by",
        "effective_from",
        "effective_until",
        "facts",
        "facts_code",
        "severity",
        "scope",
        "state",
        "removed_on",
        "removal_reason",
    ]
)
_EVENT_NEEDS = ("subject", "subject_name", "item_code", "item_name", "application_no", "time")
_LIST_NEEDS = ("subject", "subject_name", "doc_no", "recognised_by", "effective_from", "facts")


class ColumnType(StrEnum):
    """How the text of a cell becomes a value."""

    TEXT = "text"
    TEXTS = "texts"  # several in one cell, parted by ; 、 | or a line break
    DATE = "date"
    INSTANT = "instant"
    MONEY = "money"
    INTEGER = "integer"
    FLAG = "flag"
    CODE = "code"
    IDENTIFIER = "identifier"
    IDENTIFIERS = "identifiers"
    PERSONAL = "personal"  # about a natural person: dropped unread
    IGNORED = "ignored"  # known and of no use; still may not hold a resident number


class LegacyType(StrEnum):
    """What an identifier is; all but the first go through the crosswalk."""

    USCC = "uscc"
    ORGANISATION = "organisation"
    REGISTRATION = "registration"
    TAX = "tax"
    INSTITUTION = "institution"
    SOCIAL = "social"
    ANY = "any"  # told by its shape


_TYPES: dict[str, frozenset[ColumnType]] = {
    "subject": frozenset({ColumnType.IDENTIFIER}),
    "department": frozenset({ColumnType.IDENTIFIER}),
    "amount_fen": frozenset({ColumnType.MONEY}),
    "time": frozenset({ColumnType.DATE, ColumnType.INSTANT}),
    "stage": frozenset({ColumnType.CODE}),
    "state": frozenset({ColumnType.CODE}),
    "removal_reason": frozenset({ColumnType.CODE}),
    "severity": frozenset({ColumnType.CODE}),
    "effective_from": frozenset({ColumnType.DATE}),
    "effective_until": frozenset({ColumnType.DATE}),
    "removed_on": frozenset({ColumnType.DATE}),
    "members.uscc": frozenset({ColumnType.IDENTIFIERS}),
    "members.name": frozenset({ColumnType.TEXTS}),
    "scope": frozenset({ColumnType.TEXTS, ColumnType.CODE}),
}
_PLAIN = frozenset({ColumnType.TEXT, ColumnType.CODE, ColumnType.INTEGER})
_ATTRIBUTE_TYPES = _PLAIN | {ColumnType.FLAG, ColumnType.DATE, ColumnType.MONEY}
_DROPPED = frozenset({ColumnType.PERSONAL, ColumnType.IGNORED})


class Refusal(Model):
    """Values of a column that keep the row out."""

    values: Annotated[tuple[Name, ...], Field(min_length=1)]
    reason: Literal["natural-person", "bad-field"] = "bad-field"


class Column(Model):
    """One column: the headers it goes by, how to read it, and the field that it fills.

    `required`: the header must be there and every cell filled. Several columns may fill one
    field; the first that is filled counts. `stages`: only for rows of these stages. `unit` of
    money, or `unit_from` with the header that tells it (元, 万元). `kind` of an identifier, or
    `kind_from` with `kinds`. `including`: the day itself still counts, so the next one is stored.
    `marks_person`: filled, in a row without any organisation's code, it makes the row a natural
    person's. `codes` translates; a value that is not in it becomes `otherwise`, or is a fault
    without it.
    """

    names: Annotated[tuple[Name, ...], Field(min_length=1)]
    type: ColumnType = ColumnType.TEXT
    to: Target | None = None
    required: bool = False
    stages: tuple[Code, ...] = ()
    unit: Literal["yuan", "wanyuan"] | None = None
    unit_from: Name | None = None
    kind: LegacyType = LegacyType.ANY
    kind_from: Name | None = None
    kinds: dict[Name, LegacyType] | None = None
    codes: dict[str, Name] | None = None
    otherwise: Name | None = None
    including: bool = False
    refuse: Refusal | None = None
    marks_person: bool = False

    @model_validator(mode="after")
    def _options_fit_the_type(self) -> Self:
        if (self.type is ColumnType.MONEY) != (self.unit is not None or self.unit_from is not None):
            msg = "a money column, and no other, has `unit: yuan|wanyuan` or `unit_from: <header>`"
            raise ValueError(msg)
        if (self.type is ColumnType.CODE) != (self.codes is not None):
            msg = "a code column, and no other, has `codes:`"
            raise ValueError(msg)
        if (self.kind_from is None) != (self.kinds is None):
            msg = "kind_from and kinds belong together"
            raise ValueError(msg)
        if self.marks_person and self.type is not ColumnType.PERSONAL:
            msg = "marks_person belongs to a column of type personal"
            raise ValueError(msg)
        if self.to is not None and self.type in _DROPPED:
            msg = f"a column of type {self.type.value} fills no field; leave out `to`"
            raise ValueError(msg)
        return self


class FileFormat(Model):
    """One kind of file: whose events or list entries it holds and what its columns are.

    `stage`: the stage of all rows; without it a code column `to: stage` tells. `fixed`: fields
    that every row has where no column fills them. `natural_key`: the fields that name a row;
    `lists`: the lists that a file of entries may feed; `absent`: why an entry is gone that a full
    file no longer holds, while its term runs.
    """

    format: Code
    title: Title
    describes: Literal["events", "entries"]
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"
    family: Code | None = None
    stage: Code | None = None
    lists: tuple[Code, ...] = ()
    absent: Literal["repaired", "corrected", "early"] = "corrected"
    natural_key: Annotated[tuple[Target, ...], Field(min_length=1)]
    fixed: dict[Target, bool | int | Name] = Field(default_factory=dict)
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]

    @property
    def targets(self) -> frozenset[str]:
        """Every field that a column or `fixed` can fill."""
        filled = {column.to for column in self.columns if column.to is not None}
        return frozenset(filled | set(self.fixed) | ({"stage"} if self.stage else set()))

    @model_validator(mode="after")
    def _fields_are_known_and_enough(self) -> Self:
        events = self.describes == "events"
        known = EVENT_TARGETS if events else LIST_TARGETS
        for column in self.columns:
            if column.to is not None:
                _check_target(column, known, attributes=events)
        if stray := sorted(t for t in self.fixed if t not in known and not _is_attribute(t)):
            msg = f"fixed: unknown field {stray[0]}; allowed: {', '.join(sorted(known))}"
            raise ValueError(msg)
        needs = (*_EVENT_NEEDS, "stage") if events else _LIST_NEEDS
        if missing := [t for t in (*needs, *self.natural_key) if t not in self.targets | _GIVEN]:
            msg = f"no column fills {', '.join(dict.fromkeys(missing))}; add one, or `fixed`"
            raise ValueError(msg)
        if events != (self.family is not None) or events == bool(self.lists):
            msg = "events have `family` and no `lists`; entries have `lists` and no `family`"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _headers_are_told_apart(self) -> Self:
        seen: set[str] = set()
        for column in self.columns:
            for name in map(normalise_header, column.names):
                if name in seen:
                    msg = f"columns: the header {name} stands twice; keep one"
                    raise ValueError(msg)
                seen.add(name)
        for column in self.columns:
            for other in (column.unit_from, column.kind_from):
                if other is not None and normalise_header(other) not in seen:
                    msg = f"columns: {other} is no header of this format; add that column"
                    raise ValueError(msg)
        return self


_GIVEN = {"department"}  # --department can stand in for a column


def _is_attribute(target: str) -> bool:
    return target.startswith(ATTRIBUTE)


def _check_target(column: Column, known: frozenset[str], *, attributes: bool) -> None:
    target = column.to or ""
    if target not in known and not (attributes and _is_attribute(target)):
        msg = f"columns: unknown field {target}; allowed: {', '.join(sorted(known))}"
        raise ValueError(msg + (", attributes.<name>" if attributes else ""))
    allowed = _ATTRIBUTE_TYPES if _is_attribute(target) else _TYPES.get(target, _PLAIN)
    if column.type not in allowed:
        types = ", ".join(sorted(kind.value for kind in allowed))
        msg = f"columns: {target} is filled by type {types}, not {column.type.value}"
        raise ValueError(msg)


def normalise_header(text: str) -> str:
    """Return a header as it is compared: half width, upper case, no blanks, no mark of duty."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return plain.removesuffix("(必填)").strip("*\ufeff")
