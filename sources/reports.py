"""What an import did, for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sources.row_fault import RowFault

_FIRST_FAULTS = 10


@dataclass
class FileReport:
    """One file. `natural_persons` are line numbers and nothing else; `faults` counts by reason."""

    file: str
    format: str
    family: str = ""
    rows: int = 0
    published: int = 0
    repeated: int = 0
    rejected: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    natural_persons: list[int] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    rejects_file: str | None = None
    first_faults: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add_faults(self, line: int, faults: Sequence[RowFault]) -> None:
        """Count a refused row, and keep what is wrong with it if it is among the first."""
        self.rejected += 1
        for reason in {fault.reason.value for fault in faults}:
            self.faults[reason] = self.faults.get(reason, 0) + 1
        for fault in faults:
            if len(self.first_faults) < _FIRST_FAULTS:
                told = {"line": line, "reason": fault.reason.value}
                self.first_faults.append({**told, "problem": fault.problem, "cure": fault.cure})

    @property
    def findings(self) -> bool:
        """Tell whether somebody has to look at something."""
        return self.rejected > 0 or bool(self.natural_persons)


@dataclass
class ImportReport:
    """All files of one call. `checked_only`: nothing was sent."""

    files: list[FileReport] = field(default_factory=list)
    checked_only: bool = False
    seconds: float = 0.0

    @property
    def published(self) -> int:
        """How many messages the broker has acknowledged."""
        return sum(file.published for file in self.files)

    @property
    def findings(self) -> bool:
        """Tell whether any file has rejects or rows on natural persons."""
        return any(file.findings for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {**asdict(self), "published": self.published}


def file_name(path: Path) -> str:
    """Return how a report names *path*: without its folders, which may name a person."""
    return path.name
