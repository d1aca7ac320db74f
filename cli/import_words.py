"""What an import tells its user: Chinese first, English beside it, as `CREDIT_LANG` says."""

from collections.abc import Iterator, Sequence
from typing import Any

from sources.import_list import ListReport
from sources.reports import FileReport, ImportReport

_LINES_SHOWN = 20


class Words:
    """Says things in one language or both."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, zh: str, en: str) -> str:
        """Return *zh*, *en*, or `zh / en`."""
        return {"zh": zh, "en": en}.get(self._lang, f"{zh} / {en}")


def event_lines(report: ImportReport, say: Words) -> Iterator[str]:
    """Yield the lines of a report on department files."""
    for file in report.files:
        yield f"{file.file}  [{file.format}]  {say('行', 'rows')} {file.rows}"
        for kind, count in sorted(file.by_type.items()):
            done = ("将发布", "would publish") if report.checked_only else ("已发布", "published")
            yield f"  {say(*done)} {kind}: {count}"
        yield from _findings(file, say, checked_only=report.checked_only)
        for example in file.examples:
            where = f"{say('例', 'example')} ({say('行', 'line')} {example['line']})"
            yield f"  {where}: {_fields(example)}"
    what, count = say("合计", "total"), report.published
    if report.checked_only:
        what = say("只检查, 未发布; 将发布", "checked only, nothing published; would publish")
        count = sum(sum(file.by_type.values()) for file in report.files)
    yield f"{what}: {count} {say('条事件', 'events')}, {report.seconds:.1f} s"


def list_lines(report: ListReport, say: Words) -> Iterator[str]:
    """Yield the lines of a report on one list file."""
    file = report.file
    kind = say("全量", "full") if report.full else say("增量", "delta")
    yield f"{file.file}  [{file.format}]  {report.list_code} ({report.provider}, {kind})"
    counts = ", ".join(f"{name} {count}" for name, count in sorted(report.changes.items())) or "0"
    done = say("已写入", "written") if report.written else say("将写入", "would write")
    yield f"  {done}: {counts}; {say('未变', 'unchanged')} {report.unchanged}"
    held = say("名单现有", "the list then holds")
    yield f"  {held} {report.entries}, generation {report.generation}"
    if report.relisted:
        yield f"  {say('重新列入(新编号)', 'listed again under a new id')}: {report.relisted}"
    if report.withheld_removals:
        yield "  " + say(
            "有拒收行, 未移出任何缺失条目; 更正后再导入",
            "rows were rejected, so nothing absent was removed; correct them and import again",
        )
    yield from _findings(file, say, checked_only=not report.written)
    if report.needs_yes:
        yield "  " + say(
            f"将移出 {report.disappeared} 条期限未到的条目, 未写入; 确认无误后加 --yes",
            f"{report.disappeared} entries would go before their term, nothing is written;"
            " add --yes if that is right",
        )


def _findings(file: FileReport, say: Words, *, checked_only: bool) -> Iterator[str]:
    if file.repeated:
        yield f"  {say('重复行', 'repeated rows')}: {file.repeated}"
    if file.natural_persons:
        lines = line_numbers(file.natural_persons)
        yield (
            f"  {say('自然人行, 未读入', 'rows on natural persons, not taken')}:"
            f" {len(file.natural_persons)} ({say('行', 'lines')} {lines})"
        )
    if file.rejected:
        reasons = ", ".join(f"{name} {count}" for name, count in sorted(file.faults.items()))
        yield f"  {say('拒收', 'rejected')}: {file.rejected} ({reasons})"
        for fault in file.first_faults if checked_only else ():
            yield f"    {say('行', 'line')} {fault['line']}: {fault['problem']}; {fault['cure']}"
        shown = len({fault["line"] for fault in file.first_faults})
        if checked_only and file.rejected > shown:
            rest = file.rejected - shown
            yield f"    {say(f'另有 {rest} 行', f'and {rest} more rows')}"
    if file.rejects_file:
        yield (
            f"  {say('更正后重新导入', 'correct these and import them again')}: {file.rejects_file}"
        )
    if file.unused_columns:
        yield f"  {say('未使用的列', 'columns not used')}: {', '.join(file.unused_columns)}"


def line_numbers(lines: Sequence[int]) -> str:
    """Return the first line numbers, and how many more there are."""
    shown = ", ".join(map(str, lines[:_LINES_SHOWN]))
    more = len(lines) - _LINES_SHOWN
    return f"{shown} … +{more}" if more > 0 else shown


def _fields(example: dict[str, Any]) -> str:
    data = {key: value for key, value in example["data"].items() if key != "attributes"}
    data |= example["data"].get("attributes", {})
    pairs = {
        "type": example["type"],
        "subject": example["subject"],
        "time": example["time"],
        **data,
    }
    return ", ".join(f"{key}={value}" for key, value in pairs.items())
