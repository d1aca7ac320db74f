"""What the reports of one period say, counted from the facts of the topics.

Every fact counts once by its message's identity, so order and repetition change nothing.
What became of an action is told as of the end of the period: a receipt that comes later, or
corrects an earlier one, is told in the period in which it came.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
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
    NEVER,
    NO_OBJECTION,
    Answer,
    Change,
    Decided,
    Tallied,
    day_of,
    once_each,
)
from streams.rules.nearest_rank import nearest_rank

CITY = "city"
MEDIAN, NINE_IN_TEN = 50, 90
_MINUTE = timedelta(minutes=1)


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
class Line:
    """What became of the actions of one measure, version and effect; or of several such."""

    totals: Counter[str] = field(default_factory=Counter)
    not_executed: Counter[str] = field(default_factory=Counter)
    withdrawn: Counter[str] = field(default_factory=Counter)
    minutes: list[int] = field(default_factory=list)

    def add(self, other: "Line") -> None:
        """Add what *other* holds."""
        self.totals += other.totals
        self.not_executed += other.not_executed
        self.withdrawn += other.withdrawn
        self.minutes += other.minutes


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


def reports(
    facts: Facts, first: date, end: date, registered: Iterable[str]
) -> Mapping[str, PeriodReport]:
    """Return the report of each department and of `city` for the days from *first* to *end*.

    *end* is exclusive. *registered*: the departments that owe a report, a nil return too.
    The facts are those of the whole log up to now: an action of an earlier period may fall due
    or be answered in this one.
    """
    offices: dict[str, _Office] = {department: _Office() for department in registered}
    offices |= {d: _Office() for d in _seen(facts) if d not in offices}
    _count_decisions(facts, first, end, offices)
    histories = _histories(facts.changes)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in once_each(facts.answers):
        day = day_of(answer.at)
        history = histories.get(answer.action_id)
        # Nobody answers for another department; such a receipt shows in the sums.
        known = history is not None and history[0].department == answer.department
        if known and day < end:
            answers[answer.action_id].append(answer)
        if first <= day < end:
            offices[answer.department].receipts["known" if known else "unknown"] += 1
    for action_id, history in histories.items():
        _count_action(history, answers[action_id], first, end, offices[history[0].department])
    city = _Office()
    for office in offices.values():
        city.add(office)
    silent = sorted(department for department, office in offices.items() if office.silent)
    told = {name: _told(office, [], facts.read) for name, office in sorted(offices.items())}
    return told | {CITY: _told(city, silent, facts.read)}


def _seen(facts: Facts) -> set[str]:
    return (
        {row[1] for tally in facts.tallies for row in tally.counts}
        | {decided.department for decided in facts.decisions}
        | {change.department for change in facts.changes}
        | {answer.department for answer in facts.answers}
    )


def _count_decisions(facts: Facts, first: date, end: date, offices: dict[str, _Office]) -> None:
    for tally in once_each(facts.tallies):
        for day, department, family, stage, verdict, n in tally.counts:
            if first <= day < end:
                offices[department].events[family, stage] += n
                offices[department].verdicts[verdict] += n
    for decided in once_each(facts.decisions):
        if first <= decided.day < end:
            offices[decided.department].decided[decided.verdict] += 1


def _histories(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return the revisions of each action, the first one first."""
    ordered = sorted(once_each(changes), key=lambda c: (c.action_id, c.revision, c))
    return {of: list(revisions) for of, revisions in groupby(ordered, lambda c: c.action_id)}


def _count_action(
    history: list[Change], answers: list[Answer], first: date, end: date, office: _Office
) -> None:
    """Count one action: its changes in the period, its answer, its term."""
    issued = history[0]
    line = Line()
    for change in history:
        if not first <= day_of(change.at) < end:
            continue
        if change.change in ("issued", "confirmed", "dismissed"):
            line.totals[change.change] += 1
        elif change.change == "withdrawn":
            line.withdrawn[change.reason] += 1
    marks = (c.objection_at for c in history if c.objection_at != NO_OBJECTION)
    if any(first <= day_of(mark) < end for mark in marks):
        line.totals["objections_marked"] += 1
    answers = sorted(answers, key=lambda a: (a.at, a.receipt_id, a))
    if answers and day_of(answers[-1].at) >= first:
        _count_answer(issued, answers[-1], line)
    _count_term(history, answers, first, end, line)
    if any((line.totals, line.not_executed, line.withdrawn)):
        office.lines[issued.measure_id, issued.measure_version, issued.effect].add(line)


def _count_answer(issued: Change, answer: Answer, line: Line) -> None:
    """Count the answer that stands at the end of the period."""
    if answer.outcome == "executed":
        line.totals["executed"] += 1
        # A clock of the department that is behind ours must not make time negative.
        line.minutes.append(max((answer.at - issued.at) // _MINUTE, 0))
    elif answer.outcome == "not_executed":
        line.not_executed[answer.reason_code] += 1
    else:
        line.totals["answered_other"] += 1


def _count_term(
    history: list[Change], answers: list[Answer], first: date, end: date, line: Line
) -> None:
    """Count whether the first answer came in its term, or the term passed without one.

    The term is `due_on`, in working days as the trigger set it and, past the published
    calendar, amended it. An action that was not in force on that day owed no answer.
    """
    if answers:
        answered_on = day_of(answers[0].at)
        known = [change for change in history if day_of(change.at) <= answered_on]
        due_on = (known or history)[-1].due_on
        if first <= answered_on < end and due_on != NEVER:
            line.totals["in_time" if answered_on <= due_on else "late"] += 1
    missed_on = _missed_on(history, answers)
    if missed_on is not None and first <= missed_on < end:
        line.totals["overdue"] += 1


def _missed_on(history: list[Change], answers: list[Answer]) -> date | None:
    """Return the first day on which an answer was overdue; an action is overdue once."""
    for change, after in zip(history, [*history[1:], None], strict=True):
        if change.state != "in_force" or change.due_on == NEVER:
            continue
        missed_on = max(change.due_on, day_of(change.at)) + timedelta(days=1)
        if after is not None and day_of(after.at) < missed_on:
            continue  # by then another revision says what holds
        answered = bool(answers) and day_of(answers[0].at) < missed_on
        return None if answered else missed_on
    return None


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
