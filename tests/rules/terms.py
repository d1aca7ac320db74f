"""A calendar and the terms of measures: plain for the batch job, and as our rules take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import yaml

from schemas.measure import Measure
from streams.rules.workdays import Workdays

# Days off with a Sunday that is worked for them; and before anybody knew of them.
KNOWN: Mapping[str, Any] = {
    "days": {"p01": 1, "p07": 3},
    "years": [2026],
    "off": ["2026-06-19", "2026-06-22", "2026-06-26"],
    "worked": ["2026-06-21"],
}
UNKNOWN: Mapping[str, Any] = KNOWN | {"years": [2025], "off": [], "worked": []}  # type: ignore[operator]


def catalogue_law() -> dict[str, Any]:
    """Return the terms of the catalogue and its calendar, read without a word of our code."""
    files = (Path(__file__).parents[2] / "catalogue" / "measures").glob("*.yaml")
    read = [yaml.load(file.read_text("utf-8"), yaml.CSafeLoader) for file in files]
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]
    odd = [day for day in days if chinese_calendar.is_workday(day) != (day.weekday() < 5)]
    return {
        "days": {each["id"]: each["receipt_due_working_days"] for each in read},
        "years": [2025, 2026],
        "off": [day.isoformat() for day in odd if day.weekday() < 5],
        "worked": [day.isoformat() for day in odd if day.weekday() >= 5],
    }


@dataclass(frozen=True)
class Law:
    """What reports take from a catalogue."""

    version: str
    calendar: Workdays
    measures: Mapping[str, Measure]

    def measure(self, measure_id: str) -> Measure | None:
        """Return the measure of that id."""
        return self.measures.get(measure_id)


def law_of(plain: Mapping[str, Any]) -> Law:
    """Return what *plain* says; the same again for the same years."""
    days = {date.fromisoformat(day): False for day in plain["off"]}
    days |= {date.fromisoformat(day): True for day in plain["worked"]}
    measures = {
        of: Measure.model_construct(id=of, receipt_due_working_days=n)
        for of, n in plain["days"].items()
    }
    years = plain["years"]
    return Law(str(years), Workdays(years[0], years[-1], days), measures)
