"""Duties of a made-up action, as the tests of follow-up need them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from schemas.followed import Task
from schemas.measure import Measure
from schemas.receipt import ReceiptData
from schemas.registry import Department, ListSpec
from schemas.times import SHANGHAI
from streams.rules.workdays import Workdays

DEPARTMENT = "11210500001234562F"
DUE = date(2026, 10, 9)  # a Friday; the working days before it are 10-08 and 09-30


@dataclass(frozen=True)
class OwnLaw:
    """A law of the test's own: its calendar, and who took over from whom."""

    calendar: Workdays
    successors: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    lists: Mapping[str, ListSpec] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)

    def measure(self, measure_id: str) -> Measure | None:
        """Return one of the measures that the test gave."""
        return self.measures.get(measure_id)

    def current_department(self, uscc: str) -> Department | None:
        """Return the successor."""
        heir = self.successors.get(uscc, uscc)
        return Department.model_construct(uscc=heir)


def law_of(calendar: Workdays, **more: Any) -> OwnLaw:
    """Return the law with *calendar*."""
    return OwnLaw(calendar, **more)


def office() -> Department:
    """Return a credit office."""
    return Department.model_construct(uscc=DEPARTMENT, name="本溪市信用办", class_="credit-office")


def task(revision: int = 0, **changes: Any) -> Task:
    """Return a punishing action in force, due on `DUE`."""
    fields: dict[str, Any] = {
        "revision": revision,
        "state": "in_force",
        "polarity": "punish",
        "effect": "block",
        "department": DEPARTMENT,
        "item_code": "I1",
        "application_no": "A1",
        "decision_id": "d",
        "measure_id": "m",
        "measure_title": "不予受理",
        "changed_on": date(2026, 9, 20),
        "began_on": date(2026, 9, 20),
        "due_on": DUE,
    }
    return Task(**{**fields, **changes})


def receipt(
    number: int,
    day: date,
    *,
    served_on: date | None = None,
    department: str = DEPARTMENT,
    **more: Any,
) -> ReceiptData:
    """Return a receipt of half past eleven in the evening of *day*; *more* overrides."""
    fields: dict[str, Any] = {
        "receipt_id": f"r{number}",
        "action_id": "a",
        "department": department,
        "outcome": "executed",
        "served_at": None if served_on is None else _late_on(served_on),
        "at": _late_on(day),
    }
    return ReceiptData(**{**fields, **more})


def _late_on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 30, tzinfo=SHANGHAI)
