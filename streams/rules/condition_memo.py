"""Answers of conditions, kept: a CEL evaluation costs 45 µs, most of it copying its input.

A condition is pure, so its answer depends on the fields that it names and on nothing else. Those
fields are read off its text; where the text leaves any doubt the whole map is taken.
"""

import re
from collections.abc import Mapping
from weakref import WeakKeyDictionary

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
_ANSWERS: WeakKeyDictionary[Catalogue, dict[tuple[object, ...], bool]] = WeakKeyDictionary()


def fields_read(source: str | None) -> tuple[Field, ...]:
    """Return the fields that the condition *source* can depend on, sorted, each once."""
    bare = _STRING.sub("''", source or "")
    found: set[Field] = set()
    for match in _FIELD.finditer(bare):
        root, name = match.groups()
        attribute = _ATTRIBUTE.match(bare, match.end()) if name == "attributes" else None
        found.add((root, name, attribute.group(1) if attribute else None))
    return tuple(sorted(found, key=lambda field: (field[0], field[1], field[2] or "")))


def condition_holds(  # noqa: PLR0913  # a measure, its fields, and the three views
    catalogue: Catalogue,
    measure_id: str,
    fields: tuple[Field, ...],
    *,
    event: View,
    entry: View,
    item: View,
) -> bool:
    """Tell whether the condition of the measure is true of the views, as `Catalogue` would.

    Raises: KeyError if the catalogue has no such measure.
    """
    answers = _ANSWERS.get(catalogue)
    if answers is None:
        answers = _ANSWERS.setdefault(catalogue, {})
    views = {"event": event, "entry": entry, "item": item}
    key = (measure_id, *(_value(views[root], name, part) for root, name, part in fields))
    known = answers.get(key)
    if known is None:
        measure = catalogue.measure(measure_id)
        if measure is None:
            raise KeyError(measure_id)
        known = catalogue.condition_holds(measure, event, entry, item)
        if len(answers) >= _KEPT_ANSWERS:
            answers.clear()
        answers[key] = known
    return known


def _value(view: View, name: str, part: str | None) -> object:
    """Return what is read there, hashable, with its type: for a condition true is not 1."""
    value = view.get(name, _ABSENT)
    if isinstance(value, Mapping):
        if part is not None:
            read = value.get(part, _ABSENT)
            return type(read), read
        return tuple(sorted((key, type(v).__name__, v) for key, v in value.items()))
    return (list, *value) if isinstance(value, list) else (type(value), value)
