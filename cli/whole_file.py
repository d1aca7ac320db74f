"""A file that is there whole or not at all."""

import os
from pathlib import Path

import click


def write_whole(out: Path, content: bytes) -> None:
    """Write the file so that nobody ever finds half of one under its name."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def refuse_to_overwrite(*outs: Path, yes: bool) -> None:
    """Let nothing be replaced without *yes*. Raises: click.UsageError naming what is there."""
    there = [out.name for out in outs if out.exists()]
    if there and not yes:
        raise click.UsageError(
            f"{', '.join(there)}: 已存在 / exists already; "
            "换名或加 --yes / take another name or --yes"
        )
