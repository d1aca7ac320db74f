"""Closed reports of one half-year, made by the rules themselves from synthetic facts."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from schemas.feedback_counts import TopicRead
from schemas.times import SHANGHAI
from streams.rules.feedback_facts import NEVER, NO_OBJECTION, Answer, Change, Decided, Tallied
from streams.rules.feedback_report import Facts, reports
from tests.rules.terms import KNOWN, law_of

HOUSING, MARKET = "11210500105000226H", "11210500105000330M"
FINANCE = "1121050010500055XW"
SILENT = "112105001050006646"
DEPARTMENTS = (HOUSING, MARKET, FINANCE, SILENT)
HALF = (date(2026, 1, 1), date(2026, 7, 1))
_MEASURES = (
    ("p04-bid-disqualified", "block"),
    ("p16-fraud-new-funds-reviewed", "refer"),
    ("i01-green-channel", "priority"),
)
_REASONS = ("discretion_not_used", "legal_obstacle", "subject_withdrew")


def facts() -> Facts:
    """Return a half-year of 180 actions at three departments; every seventh is never answered."""
    tallies, decisions, changes, answers = [], [], [], []
    for n in range(180):
        day = HALF[0] + timedelta(days=n)
        at = datetime(day.year, day.month, day.day, 9, tzinfo=SHANGHAI)
        department = DEPARTMENTS[n % 3]
        verdict = ("pass", "hold", "deny")[n % 3]
        of = ("/facts", f"{n}")
        tallies.append(Tallied(of, ((day, department, "bidding", "registered", verdict, 1),)))
        decisions.append(Decided(of, day, department, "bidding", "registered", verdict))
        measure, effect = _MEASURES[n % 3]
        kept = {
            "action_id": f"a{n}", "department": department, "measure_id": measure,
            "measure_version": "0123456789abcdef", "effect": effect, "objection_at": NO_OBJECTION,
            "due_provisional": False,
        }  # fmt: skip
        due_on = day + timedelta(days=7)
        changes.append(
            Change(of, revision=0, change="issued", at=at, state="in_force", due_on=due_on,
                   reason="other", **kept)
        )  # fmt: skip
        if n % 10 == 9:
            changes.append(
                Change(("/facts", f"{n}/1"), revision=1, change="withdrawn",
                       at=at + timedelta(days=2), state="withdrawn", due_on=NEVER,
                       reason=("repaired", "superseded")[n % 4 // 2], **kept)
            )  # fmt: skip
        if n % 7:
            outcome = "not_executed" if n % 5 == 0 else "executed"
            reason = _REASONS[n % 3] if n % 5 == 0 else "other"
            took = timedelta(hours=3 + n * 7 % 230)
            answers.append(Answer(of, f"a{n}", department, at + took, f"r{n}", outcome, reason))
    read = [TopicRead(topic="credit.actions", partition=p, until_offset=50 + p) for p in range(2)]
    return Facts(tallies, decisions, changes, answers, read)


def message(
    department: str, period: str, first: date, end: date, told: Any, *, revision: int = 0
) -> dict[str, Any]:
    """Return one report as it lies on `credit.feedback`."""
    name = f"{department}/{period}/{first}"
    return {
        "specversion": "1.0", "id": f"{name}/{revision}", "source": "/credit-trigger/feedback",
        "type": "credit.feedback.closed", "subject": department,
        "time": "2026-07-03T00:00:00.000+08:00", "datacontenttype": "application/json",
        "data": {
            "report_id": f"{name}/{revision}", "department": department, "period": period,
            "from": first.isoformat(), "until": end.isoformat(), "revision": revision,
            "correction_of": f"{name}/{revision - 1}" if revision else None,
            "counts": told.counts.model_dump(mode="json"),
            "measures": [each.model_dump(mode="json") for each in told.measures],
            "reconciled": told.reconciled.model_dump(mode="json"),
        },
    }  # fmt: skip


def half_year(known: Facts | None = None) -> list[dict[str, Any]]:
    """Return the messages of the half-year and of its months, the city's and departments'."""
    made = []
    spans = [("half", *HALF)]
    spans += [("month", date(2026, n, 1), date(2026, n + 1, 1)) for n in range(1, 7)]
    for period, first, end in spans:
        told = reports(known or facts(), first, end, DEPARTMENTS, law_of(KNOWN))
        made += [message(who, period, first, end, each) for who, each in told.items()]
    return made


def lines(messages: list[dict[str, Any]]) -> bytes:
    """Return *messages* as JSON lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages)
