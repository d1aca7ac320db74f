"""What docs/ says of the messages is what the schemas say."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.wanted_topics import wanted_topics
from schemas import topics
from schemas.asyncapi import asyncapi_document
from schemas.field_meanings import MEANINGS
from schemas.json_schema import message_models, message_schema, part_schemas
from schemas.messages import CHANNELS, ROLES
from schemas.uscc import ALPHABET
from tests.schemas.any_message import any_of
from tests.schemas.given import event, list_change, member_event, published
from tests.schemas.test_uscc import CLASSES, codes

DOCS = Path(__file__).parents[2] / "docs"
MODELS = {model.__name__: model for model in message_models()}


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what validates messages of the model *name*; its schema itself is sound."""
    schema = message_schema(MODELS[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def generated() -> dict[str, str]:
    place = DOCS / "generate" / "messages.py"
    spec = importlib.util.spec_from_file_location("generate_messages", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    documents: dict[str, str] = module.message_documents()
    return documents


def test_the_documents_are_what_the_schemas_generate() -> None:
    for path, text in generated().items():
        assert (DOCS / path).read_text(encoding="utf-8") == text, f"docs/{path}: run make docs"


def test_no_document_of_a_message_that_is_no_more_is_left() -> None:
    left = {f"schemas/{path.name}" for path in (DOCS / "schemas").iterdir()}
    assert left == {path for path in generated() if path.startswith("schemas/")}


def test_every_field_means_something_and_no_meaning_is_left_over() -> None:
    parts = part_schemas(message_models(), "{model}")
    fields = {name for part in parts.values() for name in part["properties"]}
    for name, part in parts.items():
        for field, schema in part["properties"].items():
            assert schema["description"], f"{name}.{field}"
    for key in MEANINGS:
        model, _, field = key.rpartition(".")
        assert field in fields, key
        assert not model or model == "DepartmentKeyedEvent" or field in parts[model]["properties"]


def test_every_topic_that_is_made_has_its_channel() -> None:
    made = wanted_topics(["approval"], ["X"], partitions=4, brokers=1, embedded=True)
    told = {c.topic.format(family="approval", department="X") for c in CHANNELS}
    assert told == {topic.name for topic in made}


def test_every_role_that_reads_or_writes_is_explained() -> None:
    assert {role for c in CHANNELS for role in (*c.written_by, *c.read_by)} == set(ROLES)


def test_the_trigger_alone_writes_what_has_legal_effect() -> None:
    writers = {channel.topic: channel.written_by for channel in CHANNELS}
    for topic in (topics.DECISIONS, topics.ACTIONS, topics.STATE, topics.MEMBERS):
        assert writers[topic] == ("trigger",)


def test_asyncapi_has_an_operation_for_everyone_who_reads_or_writes() -> None:
    operations = asyncapi_document()["operations"]
    assert operations.keys() == {
        *(f"{role}.sends.{c.name}" for c in CHANNELS for role in c.written_by),
        *(f"{role}.receives.{c.name}" for c in CHANNELS for role in c.read_by),
    }


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi_document()

    def follow(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                follow(each)
        elif isinstance(node, dict):
            if "$ref" in node:
                found = document
                for step in node["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for each in node.values():
                follow(each)

    follow(document)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.data())
def test_what_a_model_takes_its_json_schema_takes(name: str, chosen: st.DataObject) -> None:
    message = chosen.draw(any_of(MODELS[name]))
    validator(name).validate(json.loads(message.model_dump_json(by_alias=True)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("DepartmentEvent", event(unknown=1)),
        ("DepartmentEvent", event(amount_fen=-1)),
        ("DepartmentEvent", event(department="00000000000000000X")),
        ("MemberEvent", event()),
        ("ListChange", list_change(severity="grave")),
        ("ListChange", list_change("vanished")),
        ("ListPublished", published(digest="0")),
    ],
)
def test_what_a_json_schema_can_see_it_refuses(name: str, message: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator(name).validate(message)


@pytest.mark.parametrize("name", ["Decision", "Action", "Alert", "Tally", "Feedback"])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.data())
def test_a_reader_of_ours_must_ignore_what_it_does_not_know(
    name: str, chosen: st.DataObject
) -> None:
    message = json.loads(chosen.draw(any_of(MODELS[name])).model_dump_json(by_alias=True))
    message["data"]["of_next_year"] = message["of_next_year"] = 1
    validator(name).validate(message)


@pytest.mark.parametrize("make", [event, member_event, list_change, published])
def test_valid_messages_pass_their_json_schema(make: Any) -> None:
    name = {
        "event": "DepartmentEvent",
        "member_event": "MemberEvent",
        "list_change": "ListChange",
        "published": "ListPublished",
    }[make.__name__]
    validator(name).validate(make())


@cache
def _pattern() -> str:
    schema = part_schemas(message_models(), "{model}")["Member"]["properties"]["uscc"]
    return str(schema["pattern"])


@given(codes())
def test_the_pattern_of_a_uscc_takes_every_valid_code(code: str) -> None:
    jsonschema.validate(code, {"pattern": _pattern()})


def test_the_pattern_of_a_uscc_knows_the_class_table() -> None:
    validator = jsonschema.Draft202012Validator({"pattern": _pattern()})
    for first in ALPHABET:
        for second in ALPHABET:
            valid = validator.is_valid(f"{first}{second}210500MA0BX0015F")
            assert valid == (second in CLASSES.get(first, ""))
