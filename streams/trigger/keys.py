"""Keys on `credit.state`: `<USCC>/entries` and `<USCC>/matter/<matter id>`."""


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
