"""Where the trigger's state stands: keys on `credit.state` and in Redis.

One Redis hash holds one subject: field `e` its entries, `m:<matter>` a matter, `i:<decision id>`
the matter in which that event was decided. The last is derived, so that the same identity in
another matter is noticed; only the first two are records on `credit.state`.
"""

from schemas.state import BIRTH_KEY, POSITION_KEY

ENTRIES_FIELD = "e"
MATTER_PREFIX = "m:"
IDENTITY_PREFIX = "i:"

__all__ = ["BIRTH_KEY", "POSITION_KEY", "entries_key", "matter_id", "matter_key", "split_key"]


def matter_id(department: str, application_no: str) -> str:
    """Return what tells the matters of one subject apart."""
    return f"{department}/{application_no}"


def entries_key(uscc: str) -> bytes:
    """Return the key on `credit.state` of a subject's entries."""
    return f"{uscc}/entries".encode()


def matter_key(uscc: str, matter: str) -> bytes:
    """Return the key on `credit.state` of one matter."""
    return f"{uscc}/matter/{matter}".encode()


def split_key(key: bytes) -> tuple[str, str, str]:
    """Return (USCC, kind, id) of a key on `credit.state`; the id is empty for entries."""
    uscc, _, rest = key.decode().partition("/")
    kind, _, identifier = rest.partition("/")
    return uscc, kind, identifier
