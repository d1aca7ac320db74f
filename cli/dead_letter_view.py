"""One dead letter for people and for machines; never anything of a natural person."""

import re
from collections.abc import Iterator
from typing import Any

from cli.dead_letter_words import cure_of
from cli.import_words import Words
from cli.plain_text import plain, plain_bytes
from consumers.dead_letters import DeadLetter, may_be_shown

_SHOWN_BYTES = 8_000
_INDIVIDUAL = re.compile(rb"(?<![0-9A-Za-z])92[0-9A-Z]{16}(?![0-9A-Za-z])")
_MASKED = "个体工商户, 已遮蔽 / individual business, masked"


def letter_lines(letter: DeadLetter, replayed_to: str | None, say: Words) -> Iterator[str]:
    """Yield the lines that show *letter*; *replayed_to* is where it was put back, if it was."""
    yield f"{say('死信', 'dead letter')} {letter.id}  {plain(letter.at)}"
    yield f"{say('来自', 'came from')}: {plain(letter.origin)}"
    yield f"{say('原因', 'reason')}: {plain(letter.reason)}"
    yield f"{say('说明', 'detail')}: {plain(letter.detail)}"
    yield f"{say('怎么办', 'what to do')}: {say(*cure_of(letter.reason))}"
    if replayed_to:
        yield f"{say('已放回', 'was put back')}: {plain(replayed_to)}"
    if letter.digest:
        yield f"SHA-256: {plain(letter.digest)}"
    if not may_be_shown(letter):
        yield say("内容不予显示 (自然人)", "what came is not shown (a natural person)")
        return
    if _is_masked(letter):
        yield f"{say('内容', 'value')}: {_MASKED}"
        return
    for name, value in letter.headers:
        yield f"{say('消息头', 'header')}: {plain(name)} = {plain_bytes(value, 500)}"
    if letter.key is not None:
        yield f"{say('键', 'key')}: {plain_bytes(letter.key, 500)}"
    if letter.value is not None:
        yield f"{say('内容', 'value')}: {plain_bytes(letter.value, _SHOWN_BYTES)}"


def letter_json(letter: DeadLetter, replayed_to: str | None) -> dict[str, Any]:
    """Return *letter* as plain data; `key`, `value`, `headers` are null where not shown."""
    shown = may_be_shown(letter) and not _is_masked(letter)
    zh, en = cure_of(letter.reason)
    return {
        "id": str(letter.id),
        "at": letter.at,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": letter.reason,
        "detail": letter.detail,
        "what_to_do": {"zh": zh, "en": en},
        "replayed_to": replayed_to,
        "sha256": letter.digest,
        "key": _text(letter.key) if shown else None,
        "value": _text(letter.value) if shown else None,
        "headers": {k: _text(v) for k, v in letter.headers} if shown else None,
    }


def _is_masked(letter: DeadLetter) -> bool:
    """Tell whether it names an individual business, whose name is often a person's."""
    parts = (letter.key, letter.value, *(value for _, value in letter.headers))
    return any(_INDIVIDUAL.search(part or b"") for part in parts)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="backslashreplace")
