"""JSON that differs from the next in a few places alone: encoded once, cut there, filled in after.

Filling costs a third of encoding anew, and the bytes are those that `encode` writes, since the
stencil is cut from what `encode` wrote.
"""

# They stand where values differ. Unicode keeps both out of any text that is exchanged.
TEXT = "\uffff"  # for text that needs no escape, or a part of it
VALUE = "\ufffe"  # for a whole value, which comes as JSON

_TEXT, _VALUE = TEXT.encode(), VALUE.encode()
_NO_TEXT = b"\xff"  # never in UTF-8


def cut(example: bytes, blanks: int) -> bytes | None:
    """Return the JSON *example* with `%b` for each mark, to be filled in by `stencil % values`.

    None if it holds another number of marks than *blanks*: then somebody's text holds one as well.
    """
    if example.count(_TEXT) + example.count(_VALUE) != blanks:
        return None
    stencil = example.replace(b"%", b"%%").replace(b'"%b"' % _VALUE, b"%b")
    return stencil.replace(_TEXT, b"%b")


def pieces(stencil: bytes, blanks: int) -> list[bytes]:
    """Return what stands between the *blanks* of *stencil*, as it is written."""
    return (stencil % ((_NO_TEXT,) * blanks)).split(_NO_TEXT)
