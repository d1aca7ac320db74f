"""What the reports of one period say, counted from the facts of the topics.

Every fact counts once by its message's identity, so order and repetition change nothing.
What became of an action is told as of the end of the period: a receipt that comes later, or
corrects an earlier one, is told in the period in which it came.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Literal, cast

from schemas.feedback_counts import (
    AgreeingSum,
    EventCount,
    FeedbackCounts,
    MeasureCount,
    ReasonCount,
    Reconciliation,
    Timeliness,
    TimeToExecute,
    TopicRead,
    VerdictCount,
)
from streams.rules.feedback_facts import (
    Answer,
    Change,
    Decided,
    Tallied,
    day_of,
    once_each,
)
from streams.rules.feedback_line import Line, line_of, with_terms
from streams.rules.nearest_rank import nearest_rank
from streams.rules.receipt_term import TermLaw

CITY = "city"
MEDIAN, NINE_IN_TEN = 50, 90
Cell = tuple[date, str, str, str, str]  # day, department, family, stage, verdict


@dataclass(frozen=True)
class Facts:
    """What was read of the topics, in any order, perhaps more than once."""

    tallies: Collection[Tallied] = ()
    decisions: Collection[Decided] = ()
    changes: Collection[Change] = ()
    answers: Collection[Answer] = ()
    read: Sequence[TopicRead] = ()


@dataclass(frozen=True)
class PeriodReport:
    """The counts of one department, or of `city`."""

    counts: FeedbackCounts
    measures: list[MeasureCount]
    reconciled: Reconciliation


@dataclass
class _Office:
    """What is counted for one department."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    lines: dict[tuple[str, str, str], Line] = field(default_factory=lambda: defaultdict(Line))
    receipts: Counter[str] = field(default_factory=Counter)

    @property
    def silent(self) -> bool:
        """Whether the department sent nothing: no event and no receipt."""
        return not self.events and not self.receipts

    def add(self, other: "_Office") -> None:
        """Add what *other* holds."""
        self.events += other.events
        self.verdicts += other.verdicts
        self.decided += other.decided
        self.receipts += other.receipts
        for of, line in other.lines.items():
            self.lines[of].add(line)


class PeriodCount:
    """Counts one period as its facts are handed over, each once; keeps totals alone.

    *owing*: the departments that owe a report, a nil return too. Whoever else has something to
    count in the period gets a report as well. *law*: what provisional terms are counted again by.
    """

    def __init__(self, first: date, end: date, owing: Iterable[str], law: TermLaw) -> None:
        self._first, self._end, self._law = first, end, law
        self._offices: dict[str, _Office] = defaultdict(_Office)
        for department in owing:
            self._offices[department] = _Office()

    def tallied(self, cell: Cell, n: int) -> None:
        """Count *n* tallied decisions of one day, department, family, stage and verdict."""
        day, department, family, stage, verdict = cell
        if self._first <= day < self._end:
            self._offices[department].events[family, stage] += n
            self._offices[department].verdicts[verdict] += n

    def decided(self, day: date, department: str, verdict: str, n: int) -> None:
        """Count *n* first decisions."""
        if self._first <= day < self._end:
            self._offices[department].decided[verdict] += n

    def action(self, history: Sequence[Change], answers: Iterable[Answer]) -> None:
        """Count one action: all its revisions, the first one first, and all receipts for it.

        Without a revision the receipts are for an action that nobody knows.
        """
        own: list[Answer] = []
        for answer in answers:
            # Nobody answers for another department; such a receipt shows in the sums.
            known = bool(history) and history[0].department == answer.department
            if known:
                own.append(answer)
            if self._first <= day_of(answer.at) < self._end:
                office = self._offices[answer.department]
                office.receipts["known" if known else "unknown"] += 1
        if not history:
            return
        terms = with_terms(history, self._law)
        if line := line_of(terms, own, self._first, self._end):
            of = history[0]
            measure = of.measure_id, of.measure_version, of.effect
            self._offices[of.department].lines[measure].add(line)

    def told(self, read: Sequence[TopicRead]) -> Mapping[str, PeriodReport]:
        """Return the report of each department and of `city`; *read* is what they rest on."""
        city = _Office()
        for office in self._offices.values():
            city.add(office)
        silent = sorted(name for name, office in self._offices.items() if office.silent)
        told = {name: _told(office, [], read) for name, office in sorted(self._offices.items())}
        return told | {CITY: _told(city, silent, read)}


def reports(
    facts: Facts, first: date, end: date, owing: Iterable[str], law: TermLaw
) -> Mapping[str, PeriodReport]:
    """Return the report of each department and of `city` for the days from *first* to *end*.

    *end* is exclusive; *owing* and *law* as in PeriodCount. The facts are those of the whole log
    up to now: an action of an earlier period may fall due or be answered in this one.
    """
    count = PeriodCount(first, end, owing, law)
    for tally in once_each(facts.tallies):
        for day, department, family, stage, verdict, n in tally.counts:
            count.tallied((day, department, family, stage, verdict), n)
    for decided in once_each(facts.decisions):
        count.decided(decided.day, decided.department, decided.verdict, 1)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in once_each(facts.answers):
        answers[answer.action_id].append(answer)
    for action_id, history in _histories(facts.changes).items():
        count.action(history, answers.pop(action_id, ()))
    for strays in answers.values():
        count.action((), strays)
    return count.told(facts.read)


def _histories(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return the revisions of each action, the first one first."""
    ordered = sorted(once_each(changes), key=in_order)
    return {of: list(revisions) for of, revisions in groupby(ordered, lambda c: c.action_id)}


def in_order(change: Change) -> tuple[object, ...]:
    """Return what sorts revisions: action by action, the first one first."""
    return change.action_id, change.revision, change


def _told(office: _Office, silent: list[str], read: Sequence[TopicRead]) -> PeriodReport:
    whole = Line()
    for line in office.lines.values():
        whole.add(line)
    totals = whole.totals
    counts = FeedbackCounts(
        events=[
            EventCount(family=family, stage=stage, n=n)
            for (family, stage), n in sorted(office.events.items())
        ],
        verdicts=[
            VerdictCount(verdict=cast("Literal['pass', 'hold', 'deny']", verdict), n=n)
            for verdict, n in sorted(office.verdicts.items())
        ],
        issued=totals["issued"],
        confirmed=totals["confirmed"],
        dismissed=totals["dismissed"],
        executed=totals["executed"],
        not_executed=_reasons(whole.not_executed),
        answered_other=totals["answered_other"],
        withdrawn=_reasons(whole.withdrawn),
        overdue=totals["overdue"],
        objections_marked=totals["objections_marked"],
        time_to_execute=_times(whole.minutes),
        timeliness=Timeliness(in_time=totals["in_time"], late=totals["late"]),
        nil_return=office.silent,
        nil_departments=silent,
    )
    measures = [_measure(of, line) for of, line in sorted(office.lines.items())]
    return PeriodReport(counts, measures, _reconciled(office, read))


def _measure(of: tuple[str, str, str], line: Line) -> MeasureCount:
    return MeasureCount(
        measure_id=of[0],
        measure_version=of[1],
        effect=of[2],
        issued=line.totals["issued"],
        confirmed=line.totals["confirmed"],
        dismissed=line.totals["dismissed"],
        executed=line.totals["executed"],
        not_executed=_reasons(line.not_executed),
        answered_other=line.totals["answered_other"],
        withdrawn=_reasons(line.withdrawn),
        overdue=line.totals["overdue"],
        objections_marked=line.totals["objections_marked"],
        time_to_execute=_times(line.minutes),
    )


def _reasons(counted: Counter[str]) -> list[ReasonCount]:
    return [ReasonCount(reason_code=code, n=n) for code, n in sorted(counted.items())]


def _times(minutes: list[int]) -> TimeToExecute:
    return TimeToExecute(
        n=len(minutes),
        median_minutes=nearest_rank(minutes, MEDIAN),
        p90_minutes=nearest_rank(minutes, NINE_IN_TEN),
    )


def _reconciled(office: _Office, read: Sequence[TopicRead]) -> Reconciliation:
    """Compare what two topics say of the same thing."""
    sums = [
        AgreeingSum(
            name=f"tallied and decided: {verdict}",
            left=office.verdicts[verdict],
            right=office.decided[verdict],
        )
        for verdict in ("pass", "hold", "deny")
    ]
    sums.append(
        AgreeingSum(
            name="receipts and those for an action of the department",
            left=office.receipts.total(),
            right=office.receipts["known"],
        )
    )
    ordered = sorted(read, key=lambda part: (part.topic, part.partition))
    return Reconciliation(
        agrees=all(total.left == total.right for total in sums), read=ordered, sums=sums
    )
