"""Identities that replay reproduces: UUIDv5 over what the thing is made of (contracts F)."""

import hashlib
import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_SEEDED = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)


def identity(*parts: str) -> str:
    """Return the UUIDv5 of *parts* joined by line feeds, in text.

    The same value as `uuid.uuid5`, made in a quarter of its time: one is due for every event.
    """
    digest = _SEEDED.copy()
    digest.update("\n".join(parts).encode())
    raw = digest.hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-5{raw[13:16]}-{_VARIANT[raw[16]]}{raw[17:20]}-{raw[20:32]}"


def decision_id(source: str, event_id: str) -> str:
    """Return the id of the decision on one event, the same for every `sequence`."""
    return identity(source, event_id)


def action_id(source: str, event_id: str, list_code: str, entry_id: str, measure_id: str) -> str:
    """Return the id of what one measure does about one event because of one entry."""
    return identity(source, event_id, f"{list_code}/{entry_id}", measure_id)
