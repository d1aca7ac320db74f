"""The entries of one organisation, each with whether it counts on a day, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from infra.kafka import murmur2_partition
from schemas.errors import StopServiceError
from schemas.list_change import RemovalReason
from schemas.registry import ListSpec
from schemas.topics import LISTS
from schemas.uscc import is_individual_business
from sources.held_lists import HeldEntry, fold
from sources.topic_reader import partition_count, read_to_end


@dataclass(frozen=True)
class ShownEntry:
    """One entry for a reader; `until` is exclusive, `active` on the day that was asked about."""

    list_code: str
    title_zh: str
    title_en: str
    entry_id: str
    revision: int
    subject_name: str
    doc_no: str
    recognised_by: str
    effective_from: date
    until: date | None
    provider: str
    jurisdiction: str | None
    active: bool
    why_zh: str
    why_en: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry as plain data, days as YYYY-MM-DD."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
        }


def show_entries(
    uscc: str, *, bootstrap: str, lists: Mapping[str, ListSpec], on: date
) -> list[ShownEntry]:
    """Return the entries of *uscc* on `credit.lists`, sorted by list and entry.

    Read from the topic itself, so it is true whatever Redis holds. The name of an individual
    business is masked. Raises: StopServiceError if Kafka is not there.
    """
    count = partition_count(bootstrap, LISTS)
    partition = murmur2_partition(uscc.encode(), count)
    held = fold(read_to_end(bootstrap, LISTS, [partition]), count, lists)
    return [
        _shown(entry, lists, on)
        for _, entry in sorted(held.entries.items())
        if entry.subject == uscc
    ]


def standing(entry: HeldEntry, spec: ListSpec, on: date) -> tuple[bool, str, str]:
    """Return whether *entry* counts on *on*, and why, in Chinese and English.

    The same rule as the trigger's: from inclusive, until and removal exclusive, a suspended entry
    does not count, an annulled one never did, one of elsewhere only under an agreement.
    """
    counts, zh, en = _standing_there(entry, on)
    if not counts or entry.jurisdiction is None:
        return counts, zh, en
    place = entry.jurisdiction
    for each in spec.agreements_with(entry.provider):
        if each.effect == "effective" and each.holds_on(on):
            basis = each.basis
            return (
                True,
                f"{place} 认定, 依《{basis.act}》{basis.article} 互认; {zh}",
                f"listed in {place}, recognised under {basis.act} {basis.article}; {en}",
            )
    return (
        False,
        f"{place} 认定, 本市未承认其效力, 仅供参考",
        f"listed in {place}, without effect here: for information",
    )


def _standing_there(entry: HeldEntry, on: date) -> tuple[bool, str, str]:
    data = entry.data
    if data.removal_reason == RemovalReason.ANNULLED.value:
        return False, "已撤销, 自始无效", "annulled, void from the start"
    if data.removed_on is not None and data.removed_on <= on:
        return False, f"已于 {data.removed_on} 移出", f"removed on {data.removed_on}"
    if entry.suspended:
        return False, "已中止", "suspended"
    if on < data.effective_from:
        return False, f"{data.effective_from} 起生效", f"takes effect on {data.effective_from}"
    if data.effective_until is not None and data.effective_until <= on:
        return False, f"已于 {data.effective_until} 到期", f"over since {data.effective_until}"
    zh, en = data.effective_until or "移出", data.effective_until or "removed"
    return True, f"有效, 至 {zh} 为止", f"in force until {en}"


def _shown(entry: HeldEntry, lists: Mapping[str, ListSpec], on: date) -> ShownEntry:
    data = entry.data
    spec = lists.get(data.list_code)
    if spec is None:  # fold() lets through only lists that the catalogue knows
        raise StopServiceError(f"{data.list_code}: 没有这个名单 / no such list; 检查 lists.yaml")
    active, zh, en = standing(entry, spec, on)
    return ShownEntry(
        list_code=data.list_code,
        title_zh=spec.title.zh,
        title_en=spec.title.en,
        entry_id=data.entry_id,
        revision=data.revision,
        subject_name="***" if is_individual_business(entry.subject) else data.subject_name,
        doc_no=data.doc_no,
        recognised_by=data.recognised_by,
        effective_from=data.effective_from,
        until=data.effective_until,
        provider=entry.provider,
        jurisdiction=entry.jurisdiction,
        active=active,
        why_zh=zh,
        why_en=en,
    )
