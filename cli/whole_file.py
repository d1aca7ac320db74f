"""A file that is there whole or not at all."""

import os
from pathlib import Path


def write_whole(out: Path, content: bytes) -> None:
    """Write the file so that nobody ever finds half of one under its name."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
