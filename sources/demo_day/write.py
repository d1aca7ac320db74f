"""Writes the demo's files: `python -m sources.demo_day.write FOLDER`."""

import sys
from pathlib import Path

from sources.crosswalk import COLUMNS
from sources.demo_day.calendar_day import CROSSWALK_FILE
from sources.demo_day.companies import crosswalk_rows
from sources.demo_day.event_tables import event_files
from sources.demo_day.file_bytes import csv_bytes
from sources.demo_day.list_tables import list_files
from sources.demo_day.permit_tables import LEGACY


def demo_files() -> dict[str, bytes]:
    """Return every generated file of the demo by its path in the demo folder."""
    crosswalk = csv_bytes([list(COLUMNS), *crosswalk_rows(LEGACY)], "utf-8")
    return {CROSSWALK_FILE: crosswalk, **list_files(), **event_files()}


def write_demo(folder: Path) -> list[Path]:
    """Write the files below *folder* and return their paths."""
    written = []
    for name, content in demo_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


if __name__ == "__main__":
    write_demo(Path(sys.argv[1]))
