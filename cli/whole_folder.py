"""A folder of files that is there whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def write_whole_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into *out*, in place of what stood there."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    before = out.with_name(f".{out.name}.{os.getpid()}.before")
    try:
        part.mkdir()
        for name, content in files.items():
            (part / name).write_bytes(content)
        if out.exists():
            out.rename(before)  # a folder that is not empty cannot be replaced in one step
        part.rename(out)
    finally:
        if before.exists() and not out.exists():
            before.rename(out)
        for each in (part, before):
            shutil.rmtree(each, ignore_errors=True)
