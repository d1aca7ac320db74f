"""Counts of one batch, so that feedback need not read every decision."""

from typing import Literal

from schemas.base import Count, Model, Short
from schemas.cloudevent import DepartmentKeyedEvent
from schemas.times import Day
from schemas.uscc import Uscc

TALLY_COUNTED = "credit.tally.counted"


class TallyCount(Model):
    """`n` decisions of one department, on one business day, with one verdict."""

    day: Day
    department: Uscc
    family: Short
    stage: Short
    verdict: Literal["pass", "hold", "deny"]
    n: Count


class TallyData(Model):
    """`data` of a tally; `batch_id` is `<input topic>/<partition>/<last offset>`."""

    batch_id: Short
    counts: list[TallyCount]


class Tally(DepartmentKeyedEvent):
    """A message on `credit.tallies`, keyed by the department."""

    type: Literal["credit.tally.counted"]
    data: TallyData
