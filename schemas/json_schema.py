"""JSON Schema of every message, with the meaning of each field."""

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.base import Model
from schemas.field_meanings import meaning_of
from schemas.messages import CHANNELS, OURS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def message_models() -> tuple[type[Model], ...]:
    """Return the model of every message, each once, in the order of design §4."""
    return tuple(dict.fromkeys(m.model for channel in CHANNELS for m in channel.messages))


def message_schema(model: type[Model]) -> Schema:
    """Return a schema of one message that needs no other file."""
    parts = part_schemas([model], "#/$defs/{model}")
    whole = parts.pop(model.__name__)
    return {"$schema": DIALECT} | whole | ({"$defs": parts} if parts else {})


def part_schemas(models: Iterable[type[Model]], reference: str) -> dict[str, Schema]:
    """Return the schemas of *models* and of all their parts by name, sorted.

    *reference* is how one points to another, with `{model}` for the name. What we write and others
    read may carry keys that they do not know yet, and must ignore; what we read may not.
    """
    models = tuple(models)
    modes = [(model, "validation") for model in models]
    _, found = models_json_schema(modes, ref_template=reference)  # type: ignore[arg-type]
    parts: dict[str, Schema] = dict(sorted(found["$defs"].items()))
    for name, part in parts.items():
        for field, schema in part.get("properties", {}).items():
            schema.pop("title", None)
            schema["description"] = meaning_in(name, field)
    refused = [model.__name__ for model in models if model not in _OUTPUTS]
    for name in parts.keys() - _reached(refused, parts):
        parts[name].pop("additionalProperties", None)
    return parts


def _reached(names: Iterable[str], parts: dict[str, Schema]) -> set[str]:
    """Return *names* and the names of all parts that they lead to."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in parts if _points_to(parts[name], other)]
    return found


def _points_to(schema: Any, name: str) -> bool:
    if isinstance(schema, dict):
        told = schema.get("$ref")
        return (isinstance(told, str) and told.rpartition("/")[2] == name) or any(
            _points_to(each, name) for each in schema.values()
        )
    return isinstance(schema, list) and any(_points_to(each, name) for each in schema)


def meaning_in(model: str, field: str) -> str:
    """Return what *field* means in *model*, where the envelope may be keyed by a department."""
    if field == "subject" and model in _KEYED_BY_DEPARTMENT:
        return meaning_of("DepartmentKeyedEvent", field)
    return meaning_of(model, field)


_KEYED_BY_DEPARTMENT = {
    message.model.__name__
    for channel in CHANNELS
    for message in channel.messages
    if message.types and message.key != "USCC"
}
# Written by our roles alone, and read by somebody else than who wrote it.
_OUTPUTS = {
    message.model
    for channel in CHANNELS
    for message in channel.messages
    if OURS.issuperset(channel.written_by) and set(channel.read_by) - set(channel.written_by)
}
