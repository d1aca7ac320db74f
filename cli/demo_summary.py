"""What the demo's day came to: for machines as one object, for people as tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.explanation import Explanation
from consumers.flow import percentile
from schemas.decision import STRICTNESS
from schemas.ids import decision_id
from schemas.times import format_instant
from schemas.topics import TRIGGER_SOURCE
from sources.demo_day.calendar_day import DAY, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.demo_import import DemoImport
    from consumers.flow import Flow, Seen
    from sources.reports import FileReport


@dataclass(frozen=True)
class DemoSummary:
    """The finished day; `seconds` from the start of the servers to the last report."""

    flow: Flow
    imports: DemoImport
    seconds: float

    @property
    def files(self) -> list[FileReport]:
        """The reports of all files, lists first."""
        events = self.imports.events.files if self.imports.events else []
        return [report.file for report in self.imports.lists] + events

    @property
    def entries(self) -> int:
        """How many list entries were written."""
        return sum(sum(report.changes.values()) for report in self.imports.lists)

    def rejected(self) -> Counter[str]:
        """Return how many rows the imports refused, by reason."""
        counts: Counter[str] = Counter()
        for file in self.files:
            counts.update(file.faults)
        return counts

    def times(self) -> dict[str, dict[str, int | None]]:
        """Return p50 and p99 in ms from an event's sending to what can be read of it."""
        flow = self.flow
        return {
            what: {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}
            for what, values in (("decision", flow.decision_ms), ("action", flow.action_ms))
        }

    def as_json(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        flow = self.flow
        families = sorted({family for family, _ in flow.verdicts})
        return {
            "day": DAY.isoformat(),
            "clock": format_instant(NOW),
            "seconds": round(self.seconds, 1),
            "entries": self.entries,
            "events": flow.events,
            "shares": flow.shares,
            "decided": flow.decided,
            "repeated": flow.repeated(),
            "verdicts": {
                family: {v.value: flow.verdicts[family, v.value] for v in STRICTNESS}
                for family in families
            },
            "actions": _by_family(flow.effects),
            "polarities": _by_family(flow.polarities),
            "natural_person_rows": sum(len(file.natural_persons) for file in self.files),
            "rejected_rows": dict(self.rejected()),
            "dead_letters": dict(flow.dead),
            "latency_ms": self.times(),
            "samples": [told.decision_id for told in samples(flow)],
        }


def _by_family(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {}
    for (family, what), count in sorted(counts.items()):
        told.setdefault(family, {})[what] = count
    return told


def samples(flow: Flow) -> list[Explanation]:
    """Return a few decisions that show what is there, the same ones every time.

    A block by itself, a consortium that one member spoils, a referral to an officer, a reward.
    """
    chosen: dict[str, Explanation] = {}
    for candidates in (_blocked(flow), _spoilt_bid(flow), _referred(flow), _rewarded(flow)):
        first = min(
            (seen for seen in candidates if seen.decision.decision_id not in chosen),
            key=lambda seen: (len(seen.decision.actions), seen.decision.decision_id),
            default=None,
        )
        if first is not None:
            chosen[first.decision.decision_id] = _explanation(first, flow)
    return list(chosen.values())


def _blocked(flow: Flow) -> Iterator[Seen]:
    return (s for s in flow.remarkable.values() if s.decision.verdict == "deny" and _alone(s))


def _spoilt_bid(flow: Flow) -> Iterator[Seen]:
    for seen in flow.remarkable.values():
        others = [share.decision.verdict for share in _shares(seen, flow)]
        if any(verdict != "pass" for verdict in others):
            yield seen


def _referred(flow: Flow) -> Iterator[Seen]:
    return (
        s
        for s in flow.remarkable.values()
        if s.decision.verdict == "hold" and s.decision.actions and _alone(s)
    )


def _rewarded(flow: Flow) -> Iterator[Seen]:
    for seen in flow.remarkable.values():
        actions = flow.actions.get(seen.decision.decision_id, [])
        if actions and all(a.polarity == "reward" for a in actions) and _alone(seen):
            yield seen


def _alone(seen: Seen) -> bool:
    return not seen.decision.members and seen.decision.consortium_of is None


def _shares(seen: Seen, flow: Flow) -> list[Seen]:
    event = seen.decision.event
    ids = [decision_id(TRIGGER_SOURCE, f"{event.id}/{uscc}") for uscc in seen.decision.members]
    return [flow.remarkable[each] for each in ids if each in flow.remarkable]


def _explanation(seen: Seen, flow: Flow) -> Explanation:
    data = seen.decision
    return Explanation(
        recorded=True,
        uscc=seen.uscc,
        decision_id=data.decision_id,
        event=data.event,
        department=data.department,
        item_code=data.item_code,
        application_no=data.application_no,
        verdict=data.verdict,
        reasons=data.reasons,
        entries=data.entries,
        actions=tuple(flow.actions.get(data.decision_id, ())),
        day=data.day,
        decided_at=data.decided_at,
        catalogue_version=data.catalogue_version,
        sequence=data.sequence,
        cause=data.cause,
        consortium_of=data.consortium_of,
        members=tuple(_explanation(share, flow) for share in _shares(seen, flow)),
    )
