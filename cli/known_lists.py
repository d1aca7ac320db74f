"""What is known of an organisation's listings when an event is explained here, and from where."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas import incoming
from schemas.errors import RejectRecordError
from schemas.lean import Envelope, KnownEntry, ListChangeData, ListFreshness
from schemas.list_change import REMOVED, RESUMED, SUSPENDED
from schemas.registry import ListSpec
from schemas.times import format_instant
from schemas.topics import LISTS
from sources.held_lists import HeldLists, fold
from sources.topic_reader import partition_count, read_to_end
from streams.rules.catalogue import Catalogue
from streams.rules.standing import Standing, standing_of


class EntriesFileError(Exception):
    """The file given as `--entries` cannot be used; the text says where and why."""


@dataclass(frozen=True)
class KnownLists:
    """Entries by subject, the standing of the lists, and the words that say where from."""

    entries: Callable[[str], tuple[KnownEntry, ...]]
    standing: Standing
    source: tuple[str, str]


def lists_of_services(
    bootstrap: str, catalogue: Catalogue, *, at: datetime, judge_age: bool
) -> KnownLists:
    """Return what `credit.lists` of *bootstrap* says, to its end.

    *judge_age*: a list older at *at* than its interval is stale; otherwise one that was ever
    published counts as fresh. Raises: StopServiceError if Kafka is not there.
    """
    count = partition_count(bootstrap, LISTS)
    held = fold(read_to_end(bootstrap, LISTS, range(count)), count, catalogue.lists)

    def entries(subject: str) -> tuple[KnownEntry, ...]:
        return tuple(
            KnownEntry(
                each.data, each.suspended, each.provider, format_instant(at), each.jurisdiction
            )
            for each in held.entries.values()
            if each.subject == subject
        )

    standing = _standing(held, catalogue, at)
    if not judge_age:
        standing = Standing(missing=standing.missing)
    found = f"credit.lists, Kafka {bootstrap}"
    return KnownLists(entries, standing, (found, found))


def lists_of_file(path: Path, lists: Mapping[str, ListSpec]) -> KnownLists:
    """Return the entries of *path*: list changes as CloudEvents, a JSON array or one a line.

    Every list counts as published and fresh. Raises: EntriesFileError.
    """
    held: dict[tuple[str, str, str], KnownEntry] = {}
    for place, raw in _changes_in(path):
        try:
            change = incoming.list_change(raw, list)
        except RejectRecordError as fault:
            raise EntriesFileError(f"{path.name}: {place}: {fault}") from fault
        if change.data.list_code not in lists:
            allowed = ", ".join(lists)
            raise EntriesFileError(
                f"{path.name}: {place}: data.list_code: 没有这个名单 / no such list; "
                f"可选 / allowed: {allowed}"
            )
        _take(held, change, lists[change.data.list_code].place_of(change.source))

    def entries(subject: str) -> tuple[KnownEntry, ...]:
        return tuple(entry for (whose, _, _), entry in held.items() if whose == subject)

    return KnownLists(entries, Standing(), (f"文件 {path.name}", f"file {path.name}"))


def no_lists() -> KnownLists:
    """Return nothing known: an organisation on no list, every list published and fresh."""
    return KnownLists(
        lambda _: (),
        Standing(),
        ("没有运行的服务, 也没有 --entries: 按不在任何名单上计算",
         "no services run and no --entries: taken to be on no list"),
    )  # fmt: skip


def _standing(held: HeldLists, catalogue: Catalogue, at: datetime) -> Standing:
    freshness = {
        code: ListFreshness(data.generation, data.published_at, data.published_at, sound=True)
        for code, data in held.published.items()
    }
    return standing_of(catalogue, freshness, at)


def _changes_in(path: Path) -> Iterable[tuple[str, bytes]]:
    """Yield (place for an error message, bytes) of each change in the file."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace").strip()
    if not text.startswith("["):
        lines = text.splitlines()
        if not _is_json(lines[:1]):  # one change over several lines
            yield "1", text.encode()
            return
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield f"行 / line {number}", line.encode()
        return
    try:
        changes = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise EntriesFileError(
            f"{path.name}: 不是 JSON / not JSON; 应为 credit.list.* 的 CloudEvents / "
            "give CloudEvents of type credit.list.*, an array or one a line"
        ) from err
    for number, change in enumerate(changes, 1):
        yield f"第 / no. {number}", json.dumps(change, ensure_ascii=False).encode()


def _is_json(lines: Sequence[str]) -> bool:
    try:
        return all(isinstance(json.loads(line), dict) for line in lines)
    except (ValueError, RecursionError):
        return False


def _take(
    held: dict[tuple[str, str, str], KnownEntry],
    change: Envelope[ListChangeData],
    place: str | None,
) -> None:
    """Put *change* in the place of what is known, if its revision is higher."""
    data = change.data
    where = change.subject, data.list_code, data.entry_id
    known = held.get(where)
    if known is not None and known.change.revision >= data.revision:
        return
    suspended = change.type == SUSPENDED or (
        change.type not in (RESUMED, REMOVED) and known is not None and known.suspended
    )
    held[where] = KnownEntry(data, suspended, change.source, change.time, place)
