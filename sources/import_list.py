"""A list file onto `credit.lists`: only what differs, then the watermark."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.errors import Reason
from schemas.registry import ListSpec
from schemas.times import legal_day
from schemas.topics import LISTS
from sources.crosswalk import Crosswalk
from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.held_lists import HeldLists, fold
from sources.list_plan import Plan, WholeList, plan_absent, plan_changes
from sources.list_writer import ListWriter
from sources.listed_row import EntryMaker, StatedEntry
from sources.opened_file import OpenedFile, open_file
from sources.rejects import RejectsFile, check_place, rejects_path
from sources.reports import FileReport, file_name
from sources.row import Row
from sources.row_fault import NaturalPersonRowError, RowFault, RowRefusedError
from sources.row_reader import RowReader
from sources.topic_reader import partition_count, read_to_end

SMALL_SHARE = 0.1  # more of a list than that does not vanish in a day without somebody's word
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class ListOptions:
    """How to read one list: formats by name, all lists by code, who speaks, and what is allowed.

    `full`: the file is the whole list, so what it does not state is removed. `yes`: also where
    more than a small share would go. `check`: say what would be done and write nothing.
    `provider` None: the first that the list names. `group` begins the transactional id.
    """

    formats: Mapping[str, FileFormat]
    lists: Mapping[str, ListSpec]
    full: bool = False
    check: bool = False
    yes: bool = False
    format_name: str | None = None
    provider: str | None = None
    rejects: Path | None = None
    crosswalk: Crosswalk = field(default_factory=Crosswalk)
    group: str = "credit-trigger"


@dataclass
class ListReport:
    """What became of one list file. `written` false: only checked, or `needs_yes`."""

    list_code: str
    provider: str
    full: bool
    file: FileReport
    changes: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    relisted: int = 0
    disappeared: int = 0
    withheld_removals: bool = False
    entries: int = 0
    generation: int = 0
    needs_yes: bool = False
    written: bool = False
    seconds: float = 0.0

    @property
    def findings(self) -> bool:
        """Tell whether somebody has to look at something."""
        return self.file.findings or self.needs_yes

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)


def import_list(  # noqa: PLR0913  # two of what, four of how; the how is by name
    path: Path,
    list_code: str,
    *,
    bootstrap: str,
    options: ListOptions,
    clock: Callable[[], datetime],
    progress: Progress = lambda _file, _rows: None,
) -> ListReport:
    """Bring the list *list_code* on `credit.lists` to what the file at *path* states.

    Rows that agree with what is known write nothing; a watermark is written in any case, as it
    says how fresh the list is. While rows are rejected, nothing is removed for being absent: a
    mistyped row must not free whom it names.
    Raises: UnusableFileError; StopServiceError if Kafka is not there.
    """
    started = time.monotonic()
    provider = _provider(list_code, options)
    opened = _open(path, list_code, options)
    if not options.check:
        check_place(rejects_path(path, options.rejects))
    count = partition_count(bootstrap, LISTS)
    writer = ListWriter(bootstrap, list_code, provider, clock, group=options.group)
    if not options.check:
        writer.open()
    held = fold(read_to_end(bootstrap, LISTS, range(count)), count, options.lists, only=list_code)
    run = _Run(opened, list_code, options, clock(), held)
    report = ListReport(list_code, provider, options.full, run.report)
    plan = run.plan(provider, progress)
    _describe(report, plan, held, options)
    report.withheld_removals = options.full and run.report.rejected > 0
    if not (options.check or report.needs_yes):
        writer.write(
            plan.changes, plan.members, generation=report.generation, partitions=count,
            progress=lambda done: progress(report.file.file, done),
        )  # fmt: skip
        report.written = True
        report.file.published = len(plan.changes)
    report.seconds = time.monotonic() - started
    return report


def check_list(list_code: str, options: ListOptions) -> None:
    """Raise UnusableFileError where *options* cannot feed *list_code*, whatever the file holds."""
    _provider(list_code, options)
    _fitting(list_code, options)


def _provider(list_code: str, options: ListOptions) -> str:
    spec = options.lists.get(list_code)
    if spec is None:
        raise UnusableFileError(
            f"--list {list_code}: 没有这个名单 / no such list;"
            f" 可选 / choose among: {', '.join(sorted(options.lists))}"
        )
    if options.provider is not None and options.provider not in spec.providers:
        raise UnusableFileError(
            f"--provider {options.provider}: 不是该名单的提供单位 / does not provide this list;"
            f" 可选 / choose among: {', '.join(spec.providers)}"
        )
    return options.provider or spec.providers[0]


def _open(path: Path, list_code: str, options: ListOptions) -> OpenedFile:
    return open_file(path, _fitting(list_code, options), format_name=options.format_name)


def _fitting(list_code: str, options: ListOptions) -> dict[str, FileFormat]:
    fitting = {name: f for name, f in options.formats.items() if list_code in f.lists}
    if not fitting:
        raise UnusableFileError(
            f"--list {list_code}: 没有格式可导入 / no format feeds this list;"
            " 在格式文件的 lists 中加入它 / add it to `lists` of a format file"
        )
    return fitting


def _describe(report: ListReport, plan: Plan, held: HeldLists, options: ListOptions) -> None:
    newest = held.published.get(report.list_code)
    report.generation = (newest.generation if newest is not None else 0) + 1
    report.changes, report.unchanged = plan.counts, plan.unchanged
    report.relisted, report.disappeared = plan.relisted, plan.disappeared
    report.entries = len(plan.members)
    report.needs_yes = plan.share_gone > SMALL_SHARE and not (options.yes or options.check)


class _Run:
    """One list file on its way."""

    def __init__(
        self, file: OpenedFile, list_code: str, options: ListOptions, now: datetime,
        held: HeldLists,
    ) -> None:  # fmt: skip
        self._file = file
        self._options = options
        self._today = legal_day(now)
        self._held = held.of(list_code)
        self._reader = RowReader(file.match, options.crosswalk, self._today)
        self._maker = EntryMaker(
            self._reader, file.match.format, options.lists[list_code], self._today
        )
        self._stated: dict[str, StatedEntry] = {}
        self.report = FileReport(file_name(file.path), file.match.format.format)
        self.report.unused_columns = list(self._reader.unused_headers)

    def plan(self, provider: str, progress: Progress) -> Plan:
        """Read the file and return what it changes. Raises: UnusableFileError if it is empty."""
        path = rejects_path(self._file.path, self._options.rejects)
        rejects = RejectsFile(path, self._reader.kept_headers, self._reader.kept)
        with rejects:
            for row in self._file.rows:
                self.report.rows += 1
                self._one(row, rejects)
            progress(self.report.file, self.report.rows)
        self.report.rejects_file = str(rejects.path) if rejects.path else None
        if not self._stated:
            raise UnusableFileError(
                f"{self.report.file}: 没有可用的条目, 名单未动 / no usable entry, list untouched;"
                f" {self._first_reject() or '检查文件 / check the file'}"
            )
        return self._changes(provider)

    def _first_reject(self) -> str:
        """Return why the first of the rejected rows is one, and how many they are."""
        if not self.report.first_faults:
            return ""
        first = self.report.first_faults[0]
        return (
            f"拒收 / rejected: {self.report.rejected}; 行 / line {first['line']}:"
            f" {first['problem']}; {first['cure']}"
        )

    def _changes(self, provider: str) -> Plan:
        plan = plan_changes(self._held, self._stated.values())
        if self._options.full and not self.report.rejected:
            reason = self._file.match.format.absent
            seen = frozenset(self._stated)
            plan_absent(plan, self._held, WholeList(seen, provider, self._today, reason))
        return plan

    def _one(self, row: Row, rejects: RejectsFile) -> None:
        try:
            entry = self._maker.entry(row.line, row.cells)
            self._check_once(entry)
        except NaturalPersonRowError:
            self.report.natural_persons.append(row.line)
        except RowRefusedError as refused:
            self.report.add_faults(row.line, refused.faults)
            if not self._options.check:
                rejects.add(row.line, row.cells, refused.faults)

    def _check_once(self, entry: StatedEntry) -> None:
        """Take *entry* unless the file or the list says something else under its id."""
        entry_id = entry.data.entry_id
        earlier = self._stated.get(entry_id)
        known = self._held.get(entry_id)
        if known is not None and known.subject != entry.subject:
            raise RowRefusedError([_id_taken("该编号属于另一主体", "the id is another subject's")])
        if earlier is None:
            self._stated[entry_id] = entry
        elif (earlier.subject, earlier.state, earlier.data) == (
            entry.subject, entry.state, entry.data,
        ):  # fmt: skip
            self.report.repeated += 1
        else:
            raise RowRefusedError(
                [_id_taken("同一编号出现两次而内容不同", "the id stands twice, unlike")]
            )


def _id_taken(zh: str, en: str) -> RowFault:
    return RowFault(
        Reason.ID_REUSED, "", zh, en, "核对编号后只留一行", "check the number, keep one row"
    )
