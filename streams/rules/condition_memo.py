"""Answers of conditions, kept: a CEL evaluation costs 45 µs, most of it copying its input.

A condition is pure, so its answer depends on the fields that it names and on nothing else. Those
fields are read off its text; where the text leaves any doubt the whole map is taken.
"""

import re
from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct

from schemas.measure import Measure
from streams.rules.catalogue import Catalogue

# One answer for each combination of values seen; the limit bounds what a hostile sender can fill.
_KEPT_ANSWERS = 4096

_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_FIELD = re.compile(r"(?<![\w.])(event|entry|item)\s*\.\s*([A-Za-z_]\w*)")
# An attribute by name; a name followed by a bracket is a macro over the whole map.
_ATTRIBUTE = re.compile(r"\s*\.\s*([A-Za-z_]\w*)\b(?!\s*[(\[])")
_ABSENT = object()

View = Mapping[str, object]
Field = tuple[str, str, str | None]  # root, field, and for attributes the one that is read
_Answers = dict[tuple[object, ...], frozenset[str]]
_ANSWERS: WeakKeyDictionary[Catalogue, _Answers] = WeakKeyDictionary()


def fields_read(source: str | None) -> tuple[Field, ...]:
    """Return the fields that the condition *source* can depend on, sorted, each once."""
    bare = _STRING.sub("''", source or "")
    found: set[Field] = set()
    for match in _FIELD.finditer(bare):
        root, name = match.groups()
        attribute = _ATTRIBUTE.match(bare, match.end()) if name == "attributes" else None
        found.add((root, name, attribute.group(1) if attribute else None))
    return tuple(sorted(found, key=_in_text))


class Asked(Struct, frozen=True):
    """Measures whose conditions depend on the same fields, so that one question answers all."""

    measures: tuple[str, ...]
    fields: tuple[Field, ...]
    name: str  # of all of them in one text, whose hash is made once


def asked_of(measures: Iterable[Measure]) -> tuple[Asked, ...]:
    """Return what is to be asked about *measures*; nothing about those without a condition."""
    together: dict[tuple[Field, ...], list[str]] = {}
    for measure in measures:
        if measure.when is not None:
            together.setdefault(fields_read(measure.when), []).append(measure.id)
    return tuple(Asked(tuple(ids), fields, "\n".join(ids)) for fields, ids in together.items())


def holding(
    catalogue: Catalogue, asked: Asked, *, event: View, entry: View, item: View
) -> frozenset[str]:
    """Return the measures whose conditions are true of the views, as `Catalogue` would tell.

    Raises: KeyError if the catalogue has no such measure.
    """
    answers = _ANSWERS.get(catalogue)
    if answers is None:
        answers = _ANSWERS.setdefault(catalogue, {})
    views = {"event": event, "entry": entry, "item": item}
    values = [_value(views[root], name, part) for root, name, part in asked.fields]
    key = asked.name, *values
    known = answers.get(key)
    if known is None:
        known = frozenset(m for m in asked.measures if _holds(catalogue, m, event, entry, item))
        if len(answers) >= _KEPT_ANSWERS:
            answers.clear()
        answers[key] = known
    return known


def _holds(catalogue: Catalogue, measure_id: str, event: View, entry: View, item: View) -> bool:
    measure = catalogue.measure(measure_id)
    if measure is None:
        raise KeyError(measure_id)
    return catalogue.condition_holds(measure, event, entry, item)


def _in_text(field: Field) -> tuple[str, str, str]:
    root, name, part = field
    return root, name, part or ""


def _value(view: View, name: str, part: str | None) -> object:
    """Return what is read there, hashable, with its type: for a condition true is not 1."""
    value = view.get(name, _ABSENT)
    if isinstance(value, dict):
        if part is not None:
            read = value.get(part, _ABSENT)
            return type(read), read
        return tuple(sorted((key, type(v).__name__, v) for key, v in value.items()))
    return (list, *value) if isinstance(value, list) else (type(value), value)
