"""Text from messages, fit for a terminal: nothing in it can steer the screen."""


def plain(text: str) -> str:
    r"""Return *text* with every character that is not printable spelt out, as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def plain_bytes(raw: bytes, limit: int) -> str:
    """Return *raw* as UTF-8 for a terminal, at most *limit* bytes of it; bad bytes spelt out."""
    text = plain(raw[:limit].decode(errors="backslashreplace"))
    more = len(raw) - limit
    return f"{text} … (+{more} bytes)" if more > 0 else text
