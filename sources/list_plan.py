"""What a list file changes: pure, so that it can be shown before anything is written."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from msgspec.structs import asdict

from schemas.list_change import (
    AMENDED,
    ENTERED,
    REMOVED,
    RESUMED,
    SUSPENDED,
    ListChangeData,
    RemovalReason,
)
from sources.held_lists import HeldEntry
from sources.listed_row import StatedEntry

_AGAIN = "~"  # a removal is final: the second listing of a case is `<id>~2`


@dataclass(frozen=True)
class PlannedChange:
    """One message to write."""

    type: str
    subject: str
    data: ListChangeData


@dataclass
class Plan:
    """The messages in their order, and the list as it will be: entry id -> (subject, revision)."""

    changes: list[PlannedChange] = field(default_factory=list)
    unchanged: int = 0
    relisted: int = 0
    disappeared: int = 0
    live_before: int = 0
    members: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many messages of each kind, by the last word of their type."""
        return dict(Counter(change.type.rpartition(".")[2] for change in self.changes))

    @property
    def share_gone(self) -> float:
        """The share of the live entries that a full file no longer holds."""
        return self.disappeared / self.live_before if self.live_before else 0.0

    def add(self, kind: str, subject: str, data: ListChangeData) -> None:
        """Plan one message and remember what the list then holds."""
        self.changes.append(PlannedChange(kind, subject, data))
        if kind == REMOVED:
            self.members.pop(data.entry_id, None)
        else:
            self.members[data.entry_id] = subject, data.revision


def plan_changes(held: Mapping[str, HeldEntry], stated: Iterable[StatedEntry]) -> Plan:
    """Return what *stated*, one statement an entry, changes in *held*; agreement writes nothing.

    An entry that was removed and stands in the file again is a new listing with a new id.
    """
    plan = Plan(
        members={e: (h.subject, h.data.revision) for e, h in held.items() if h.live},
        live_before=sum(h.live for h in held.values()),
    )
    for entry in stated:
        entry_id = _current_id(held, entry)
        known = held.get(entry_id)
        if known is None:
            _enter(plan, entry, entry_id)
        elif known.live:
            _update(plan, known, entry)
        else:
            plan.unchanged += 1
    return plan


@dataclass(frozen=True)
class WholeList:
    """What makes absence mean something: the ids that *provider*'s full file states, and when.

    `reason` is why an entry is gone while its term runs.
    """

    seen: frozenset[str]
    provider: str
    today: date
    reason: str


def plan_absent(plan: Plan, held: Mapping[str, HeldEntry], whole: WholeList) -> None:
    """Add the removal of what the provider listed and its full file no longer states.

    An entry whose term is over is `expired`, on the day its term ended; any other leaves today.
    """
    for entry_id, known in held.items():
        base = entry_id.partition(_AGAIN)[0]
        stated = not {entry_id, base}.isdisjoint(whole.seen)
        if not known.live or known.provider != whole.provider or stated:
            continue
        until = known.data.effective_until
        over = until is not None and until <= whole.today
        gone = {
            "revision": known.data.revision + 1,
            "removed_on": until if over else whole.today,
            "removal_reason": RemovalReason.EXPIRED.value if over else whole.reason,
        }
        plan.add(REMOVED, known.subject, as_model(known).model_copy(update=gone))
        plan.disappeared += not over


def as_model(held: HeldEntry) -> ListChangeData:
    """Return the entry of the lean message as the contract's model."""
    return ListChangeData.model_validate(asdict(held.data))


def _current_id(held: Mapping[str, HeldEntry], entry: StatedEntry) -> str:
    """Return the id under which the entry lives, or the next free one for a new listing."""
    first = entry.data.entry_id
    entry_id, number = first, 1
    while entry_id in held and not held[entry_id].live:
        following = f"{first}{_AGAIN}{number + 1}"
        if entry.state == "removed" and following not in held:
            return entry_id
        entry_id, number = following, number + 1
    return entry_id


def _enter(plan: Plan, entry: StatedEntry, entry_id: str) -> None:
    if entry.state == "removed":
        plan.unchanged += 1  # never known here, and gone already
        return
    plan.relisted += entry_id != entry.data.entry_id
    data = entry.data.model_copy(update={"entry_id": entry_id, "revision": 1})
    plan.add(ENTERED, entry.subject, data)
    if entry.state == "suspended":
        plan.add(SUSPENDED, entry.subject, data.model_copy(update={"revision": 2}))


def _update(plan: Plan, known: HeldEntry, entry: StatedEntry) -> None:
    before = as_model(known)
    following = {"entry_id": before.entry_id, "revision": before.revision + 1}
    data = entry.data.model_copy(update=following)
    if entry.state == "removed":
        plan.add(REMOVED, entry.subject, data)
        return
    changed = data.model_copy(update={"revision": before.revision}) != before
    if changed:
        plan.add(AMENDED, entry.subject, data)
        data = data.model_copy(update={"revision": data.revision + 1})
    if (entry.state == "suspended") != known.suspended:
        plan.add(SUSPENDED if entry.state == "suspended" else RESUMED, entry.subject, data)
    elif not changed:
        plan.unchanged += 1
