"""Departments' files onto `credit.events.*`: each row one event, or a reason why not."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from schemas.department_event import DepartmentEvent
from schemas.times import legal_day
from schemas.topics import events_topic
from schemas.uscc import is_individual_business
from sources.crosswalk import Crosswalk
from sources.department_row import EventMaker
from sources.file_format import FileFormat
from sources.opened_file import OpenedFile, open_file
from sources.publisher import Publisher
from sources.rejects import RejectsFile, check_place, rejects_path
from sources.reports import FileReport, ImportReport, file_name
from sources.row import Row
from sources.row_fault import NaturalPersonRowError, RowRefusedError
from sources.row_reader import RowReader

_SHOWN = 3
_STEP = 500  # rows between two steps of the progress bar
Progress = Callable[[str, int], None]  # file name, rows done so far


class Sink(Protocol):
    """Where events go."""

    def send(self, topic: str, key: str, value: bytes) -> None:
        """Hand one message over; delivery is waited for elsewhere."""


@dataclass(frozen=True)
class ImportOptions:
    """How to read: formats by name, the one to take, who publishes, where rejects go."""

    formats: Mapping[str, FileFormat]
    format_name: str | None = None
    department: str | None = None
    rejects: Path | None = None
    crosswalk: Crosswalk = field(default_factory=Crosswalk)


def import_events(
    paths: Sequence[Path],
    *,
    bootstrap: str | None,
    options: ImportOptions,
    clock: Callable[[], datetime],
    progress: Progress = lambda _file, _rows: None,
) -> ImportReport:
    """Publish the rows of *paths* as events and return what became of them.

    *bootstrap* None: only check, touch neither Kafka nor the rejects file. *clock* gives now: rows
    of the future are refused by it, and messages carry it as their timestamp.
    Raises: UnusableFileError (before anything of any file is sent, where the header tells);
    StopServiceError if Kafka is not there.
    """
    started = time.monotonic()
    report = ImportReport(checked_only=bootstrap is None)
    opened = [_open(path, options) for path in paths]
    if bootstrap is not None:
        for path in paths:
            check_place(rejects_path(path, options.rejects))
    with nullcontext() if bootstrap is None else Publisher(bootstrap, clock) as sink:
        seen: set[bytes] = set()
        for file in opened:
            run = _Run(file, options, clock(), sink, seen)
            report.files.append(run.publish(progress))
    report.seconds = time.monotonic() - started
    return report


def _open(path: Path, options: ImportOptions) -> OpenedFile:
    events = {n: f for n, f in options.formats.items() if f.describes == "events"}
    return open_file(
        path,
        events,
        format_name=options.format_name,
        department_given=options.department is not None,
    )


class _Run:
    """One file on its way."""

    def __init__(
        self, file: OpenedFile, options: ImportOptions, now: datetime, sink: Sink | None,
        seen: set[bytes],
    ) -> None:  # fmt: skip
        self._file = file
        self._format = file.match.format
        self._reader = RowReader(file.match, options.crosswalk, legal_day(now))
        self._maker = EventMaker(self._reader, self._format, options.department, now)
        self._topic = events_topic(self._format.family or "")
        self._sink = sink
        self._seen = seen
        self._rejects_path = rejects_path(file.path, options.rejects)
        self.report = FileReport(
            file_name(file.path), self._format.format, self._format.family or ""
        )
        self.report.unused_columns = list(self._reader.unused_headers)

    def publish(self, progress: Progress) -> FileReport:
        report = self.report
        rejects = RejectsFile(self._rejects_path, self._reader.kept_headers, self._reader.kept)
        with rejects:
            for row in self._file.rows:
                report.rows += 1
                self._one(row, rejects)
                if report.rows % _STEP == 0:
                    progress(report.file, report.rows)
        progress(report.file, report.rows)
        report.rejects_file = str(rejects.path) if rejects.path else None
        return report

    def _one(self, row: Row, rejects: RejectsFile) -> None:
        report = self.report
        try:
            event = self._maker.event(row.cells)
        except NaturalPersonRowError:
            report.natural_persons.append(row.line)
            return
        except RowRefusedError as refused:
            report.add_faults(row.line, refused.faults)
            if self._sink is not None:
                rejects.add(row.line, row.cells, refused.faults)
            return
        identity = blake2b(f"{event.source}\n{event.id}".encode(), digest_size=16).digest()
        if identity in self._seen:
            report.repeated += 1
            return
        self._seen.add(identity)
        if self._sink is not None:
            self._sink.send(self._topic, event.subject, to_json(event))
            report.published += 1
        elif len(report.examples) < _SHOWN:
            report.examples.append(_shown(event, row.line))
        report.by_type[event.type] = report.by_type.get(event.type, 0) + 1


def to_json(event: DepartmentEvent) -> bytes:
    """Return the event as it travels; what was not told is left out."""
    return event.model_dump_json(exclude_unset=True, by_alias=True).encode()


def _shown(event: DepartmentEvent, line: int) -> dict[str, Any]:
    """Return what a row becomes, for `--check`; names of individual businesses are masked."""
    shown: dict[str, Any] = {"line": line, **event.model_dump(mode="json", exclude_unset=True)}
    if is_individual_business(event.subject):
        shown["data"]["subject_name"] = "***"
    for member in shown["data"].get("members", []):
        if is_individual_business(member["uscc"]):
            member["name"] = "***"
    return shown
