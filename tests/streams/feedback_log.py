"""A synthetic log of some days for reports: every message of the four topics, by a seed."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from infra.kafka import murmur2_partition, producer_config
from schemas import topics
from schemas.ids import identity
from schemas.times import SHANGHAI, format_instant
from schemas.uscc import make_uscc
from tests.rules.test_feedback_report import DEPARTMENTS, NOTICE, REMEDY

PARTITIONS = 2
COUNTS = {
    topics.TALLIES: 1,
    topics.DECISIONS: PARTITIONS,
    topics.ACTIONS: PARTITIONS,
    topics.RECEIPTS: PARTITIONS,
    topics.FEEDBACK: 1,
    topics.DEAD_LETTERS: 1,
}
TRIGGER = "/credit-trigger/trigger"
FIRMS = [make_uscc("91210500", f"MAXX{number:04d}") for number in range(1, 30)]
_ENDED = {"dismissed": "dismissed", "suspended": "suspended", "withdrawn": "withdrawn"}
_REASONS = ["already_decided", "legal_obstacle", "discretion_not_used", None]


@dataclass
class Sent:
    """One message, when it comes to its topic, and the partition where it belongs."""

    at: datetime
    topic: str
    key: str
    value: bytes

    @property
    def partition(self) -> int:
        return murmur2_partition(self.key.encode(), COUNTS[self.topic]) if self.spread else 0

    @property
    def spread(self) -> bool:
        return COUNTS[self.topic] > 1


@dataclass
class SyntheticLog:
    """Days of events from *first* on, *events* a day; `sent` in the order of time."""

    seed: int
    first: date
    days: int
    events: int = 40
    departments: Sequence[str] = tuple(DEPARTMENTS)
    measures: Sequence[str] = ("p01", "p07")
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        for day in range(self.days):
            self._a_day(self.first + timedelta(days=day), dice)
        self.sent.sort(key=lambda each: each.at)

    def _a_day(self, day: date, dice: random.Random) -> None:
        counted: dict[tuple[str, int], Counter[tuple[str, ...]]] = defaultdict(Counter)
        for number in range(self.events):
            moment = _instant(day, dice.randrange(8 * 60, 18 * 60))
            # Some tell of a day before: what a department imports in the morning.
            about = moment - timedelta(days=dice.choice([0, 0, 0, 1]))
            # The last department sends nothing.
            department = dice.choice(self.departments[:-1])
            firm = dice.choice(FIRMS)
            event = {"source": "/b", "id": f"{day}-{number}", "time": format_instant(about)}
            event["type"] = dice.choice(["credit.bidding.registered", "credit.approval.applied"])
            verdict = dice.choices(["pass", "hold", "deny"], [8, 1, 1])[0]
            self._decision(moment, firm, department, event, verdict)
            _, family, stage = event["type"].split(".")
            batch = department, number // 5
            counted[batch][about.date().isoformat(), family, stage, verdict] += 1
            if dice.random() < 0.4:
                self._action(moment, firm, department, event, dice)
        for (department, number), rows in counted.items():
            self._tally(_instant(day, 18 * 60 + number), department, rows, f"{day}/{number}")

    def _decision(
        self, at: datetime, firm: str, department: str, event: dict[str, str], verdict: str
    ) -> None:
        decision = identity(event["source"], event["id"])
        data = {
            "decision_id": decision, "sequence": 0, "event": event, "department": department,
            "item_code": "i", "application_no": event["id"], "verdict": verdict, "actions": [],
            "reasons": [], "entries": [], "decided_at": format_instant(at), "cause": "event",
            "catalogue_version": "v",
            "event_position": {"topic": "credit.events.bidding", "partition": 0, "offset": 0},
            "list_position": {"partition": 0, "offset": 0},
            "review_position": {"partition": 0, "offset": 0}, "day": at.date().isoformat(),
        }  # fmt: skip
        self._add(topics.DECISIONS, "credit.decision.made", f"{decision}/0", firm, at, data)

    def _tally(self, at: datetime, department: str, rows: Counter[Any], batch: str) -> None:
        names = ("day", "family", "stage", "verdict")
        counts = [
            dict(zip(names, of, strict=True)) | {"department": department, "n": n}
            for of, n in sorted(rows.items())
        ]
        data = {"batch_id": f"credit.events.bidding/0/{batch}", "counts": counts}
        id_ = identity(data["batch_id"], department)
        self._add(topics.TALLIES, "credit.tally.counted", id_, department, at, data)

    def _action(
        self, at: datetime, firm: str, department: str, event: dict[str, str], dice: random.Random
    ) -> None:
        of = identity(event["id"], "action")
        effect = dice.choice(["block", "refer"])
        due = (at + timedelta(days=dice.randrange(1, 4))).date().isoformat()
        measure = {"id": dice.choice(self.measures), "version": "v", "title": "t"}
        provisional = dice.random() < 0.3
        changes = ["issued"]
        changes += dice.sample(
            ["confirmed", "suspended", "amended", "withdrawn"], dice.choice([0, 0, 1, 2])
        )
        moment, marked = at, None
        for revision, change in enumerate(changes):
            state = _ENDED.get(change, "in_force")
            if change == "amended":
                marked = {"marked_at": format_instant(moment), "outcome": None}
            data = {
                "action_id": of, "revision": revision, "decision_id": "d", "event": event,
                "entry": {"list_code": "tax-a", "entry_id": "n", "revision": 1},
                "measure": measure, "polarity": "punish", "effect": effect,
                "proposed_effect": None, "force": "mandatory", "verified": True, "state": state,
                "resumes_to": None,
                "legal_basis": [{"act": "a", "article": "1", "level": "law", "url": "u"}],
                "department": department, "item_code": "i", "application_no": event["id"],
                "from": at.date().isoformat(), "until": None, "notice": NOTICE | REMEDY,
                "due_on": due if state == "in_force" else None, "due_provisional": provisional,
                "review_due_on": None, "objection": marked,
                "reason": "repaired" if change == "withdrawn" else None,
            }  # fmt: skip
            kind = f"credit.action.{change}"
            self._add(topics.ACTIONS, kind, f"{of}/{revision}", firm, moment, data)
            moment += timedelta(hours=dice.randrange(1, 30))
        for number in range(dice.choice([0, 1, 1, 2])):
            answered = at + timedelta(hours=dice.randrange(1, 80))
            outcome = dice.choice(["executed", "executed", "not_executed", "other"])
            receipt = {
                "receipt_id": f"{of}-{number}", "action_id": of, "department": department,
                "outcome": outcome, "reason_code": dice.choice(_REASONS),
                "at": format_instant(answered),
            }  # fmt: skip
            kind = "credit.receipt.recorded"
            self._add(topics.RECEIPTS, kind, f"{of}-{number}", firm, answered, receipt)

    def _add(  # noqa: PLR0917 - what a message consists of
        self, topic: str, kind: str, id_: str, subject: str, at: datetime, data: Mapping[str, Any]
    ) -> None:
        message = {"specversion": "1.0", "id": id_, "source": TRIGGER, "type": kind}
        message |= {"subject": subject, "time": format_instant(at), "data": data}
        self.sent.append(Sent(at, topic, subject, json.dumps(message).encode()))


def raw_of(sent: Sequence[Sent]) -> dict[str, list[bytes]]:
    """Return the messages as the independent batch job takes them."""
    names = {topics.TALLIES: "tallies", topics.ACTIONS: "actions", topics.RECEIPTS: "receipts"}
    return {
        name: [each.value for each in sent if each.topic == topic] for topic, name in names.items()
    }


def publish(bootstrap: str, sent: Sequence[Sent]) -> None:
    """Write *sent* in their order."""
    producer = Producer(producer_config(bootstrap))
    for each in sent:
        producer.produce(each.topic, each.value, each.key.encode(), each.partition)
        producer.poll(0)
    assert producer.flush(60) == 0


def _instant(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(minutes=minute)
