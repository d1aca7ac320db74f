"""An AsyncAPI 3 document of all topics: who may send what, and who reads it."""

from typing import Any

from schemas.base import Model
from schemas.cloudevent import CONTENT_TYPE
from schemas.errors import Reason
from schemas.json_schema import message_models, part_schemas
from schemas.messages import CHANNELS, PARAMETERS, ROLES, Channel, Message

Node = dict[str, Any]
DEAD_LETTER = "DeadLetter"
_DESCRIPTION = """\
Events of departments are joined with credit lists; decisions and actions come out, with their \
articles of law. CloudEvents 1.0 in structured JSON; the binary Kafka binding is accepted too. \
On input `data` refuses unknown keys; readers of our outputs must ignore keys that they do not know.
"""


def asyncapi_document() -> Node:
    """Return the whole document, the same for the same schemas."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "credit-trigger",
            "version": "0.1.0",
            "description": _DESCRIPTION,
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "Apache Kafka 4.x; partitioner murmur2, isolation read_committed",
                "variables": {
                    "bootstrap": {
                        "description": "setting CREDIT_KAFKA",
                        "default": "127.0.0.1:9092",
                    }
                },
            }
        },
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {
            name: operation for channel in CHANNELS for name, operation in _operations(channel)
        },
        "components": {
            "messages": _messages(),
            "schemas": part_schemas(message_models(), "#/components/schemas/{model}"),
        },
    }


def _channel(channel: Channel) -> Node:
    named = {
        name: meaning for name, meaning in PARAMETERS.items() if f"{{{name}}}" in channel.topic
    }
    return {
        "address": channel.topic,
        "description": f"{channel.about} Kept: {channel.kept}.",
        **({"parameters": {n: {"description": m} for n, m in named.items()}} if named else {}),
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in _names_in(channel)
        },
    }


def _operations(channel: Channel) -> list[tuple[str, Node]]:
    made = []
    for verb, action, roles in (
        ("sends", "send", channel.written_by),
        ("receives", "receive", channel.read_by),
    ):
        for role in roles:
            operation = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel.name}"},
                "summary": f"{ROLES[role]}: {verb} {channel.topic}",
                "tags": [{"name": role}],
                "messages": [
                    {"$ref": f"#/channels/{channel.name}/messages/{name}"}
                    for name in _names_in(channel)
                ],
            }
            made.append((f"{role}.{verb}.{channel.name}", operation))
    return made


def _names_in(channel: Channel) -> list[str]:
    return [m.model.__name__ for m in channel.messages] or [DEAD_LETTER]


def _messages() -> Node:
    made = {
        message.model.__name__: _message(message)
        for channel in CHANNELS
        for message in channel.messages
    }
    return made | {DEAD_LETTER: _dead_letter()}


def _message(message: Message) -> Node:
    name = message.model.__name__
    return {
        "name": name,
        "title": _title(message.model),
        "contentType": CONTENT_TYPE if message.types else "application/json",
        "description": f"Types: {', '.join(message.types)}." if message.types else "No CloudEvent.",
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": message.key}}},
    }


def _dead_letter() -> Node:
    text = {"type": "string"}
    headers = {
        "dlq-topic": text | {"description": "topic that it lay on"},
        "dlq-partition": text | {"description": "its partition, decimal"},
        "dlq-offset": text | {"description": "its offset, decimal"},
        "dlq-reason": text | {"enum": [reason.value for reason in Reason]},
        "dlq-detail": text | {"description": "where, what, what is allowed, what to do"},
        "dlq-at": text | {"format": "date-time", "description": "when it was refused"},
        "dlq-sha256": text
        | {"description": "hash of a value above 900 KB, which is left out; else absent"},
    }
    return {
        "name": DEAD_LETTER,
        "title": "A message that was refused, and why",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": headers,
            "required": [name for name in headers if name != "dlq-sha256"],
        },
        "payload": {"description": "the value as it came; none of a natural person"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "as it came; none of a person"}}
        },
    }


def _title(model: type[Model]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0].rstrip(".")
