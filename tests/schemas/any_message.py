"""Any value that a pydantic model takes, made from the model itself."""

from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import AfterValidator, AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from schemas.times import SHANGHAI
from schemas.uscc import check_uscc
from tests.schemas.given import COMPANY, COMPANY_2, COOPERATIVE, DEPARTMENT

MAX_ITEMS = 3
_CHARACTERS = st.characters(codec="utf-8")
_ODD = st.sampled_from(['"', "\\", "\n", "\u2028", "中", "𠮷", "\x00", "\x7f", "é"])
_CODES = st.sampled_from([COMPANY, COMPANY_2, COOPERATIVE, DEPARTMENT])
_INSTANTS = st.integers(631_152_000_000, 4_102_444_800_000).map(
    lambda millis: datetime.fromtimestamp(millis / 1000, SHANGHAI)
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    NoneType: st.none(),
    Any: st.integers(0, 9) | st.text(max_size=5),
    bool: st.booleans(),
    date: st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    AwareDatetime: _INSTANTS,
}


@cache
def any_of(model: type[BaseModel], *leave_out: str) -> st.SearchStrategy[Any]:
    """Return every instance of *model*; fields with a default are given or left unset.

    *leave_out*: fields with a default that are never given.
    """
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        made = _of(field.annotation, list(field.metadata))
        (required if field.is_required() else optional)[field.alias or name] = made
    return st.fixed_dictionaries(required, optional=optional).map(
        lambda fields: _make(model, fields)
    )


def _make(model: type[BaseModel], fields: dict[str, Any]) -> BaseModel:
    try:
        return model.model_validate(fields, strict=False)
    except ValidationError:  # fields that do not go together
        reject()


def _of(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], [*arguments[1:], *metadata])
    if origin in {Union, UnionType}:
        return st.one_of(*(_of(each, metadata) for each in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {list, tuple}:
        least = _bound(metadata, "min_length") or 0
        return st.lists(_of(arguments[0], []), min_size=least, max_size=max(MAX_ITEMS, least))
    if origin is dict:
        return st.dictionaries(_of(arguments[0], []), _of(arguments[1], []), max_size=MAX_ITEMS)
    return _plain(annotation, metadata)


def _plain(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if annotation is int:
        return st.integers(_bound(metadata, "ge"), _bound(metadata, "le") or 2**53 - 1)
    if annotation is str:
        return _text(metadata)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any_of(annotation)
    return _PLAIN[annotation]


def _text(metadata: list[Any]) -> st.SearchStrategy[str]:
    if any(isinstance(m, AfterValidator) and m.func is check_uscc for m in metadata):
        return _CODES
    if (pattern := _bound(metadata, "pattern")) is not None:
        return st.from_regex(pattern, fullmatch=True)
    least, most = _bound(metadata, "min_length") or 0, _bound(metadata, "max_length")
    some = st.text(_CHARACTERS | _ODD, min_size=least, max_size=12)
    if most is None:
        return some
    return some | st.sampled_from(["中", "x"]).map(lambda character: character * most)


def _bound(metadata: list[Any], name: str) -> Any:
    for each in metadata:
        if isinstance(each, FieldInfo):
            inner = _bound(each.metadata, name)
            if inner is not None:
                return inner
        elif getattr(each, name, None) is not None:
            return getattr(each, name)
    return None
