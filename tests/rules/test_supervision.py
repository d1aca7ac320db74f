"""The supervision list and repeated overdue: what counts, for whom, in which period."""

from datetime import date, timedelta

from schemas.followed import Duty, Followed, Task
from schemas.receipt import ReceiptData
from streams.rules.duty import answered_of, joined
from streams.rules.periods import period_of
from streams.rules.supervision import Assessed, assessed, lapses
from streams.rules.workdays import Workdays
from tests.rules.duties import DEPARTMENT, DUE, law_of, receipt, task

DAYS_OFF = {date(2026, 10, day): False for day in range(1, 8)}
LAW = law_of(Workdays(2026, 2026, {**DAYS_OFF, date(2026, 10, 10): True}))
SUBJECT = "91210500MA0BX0015F"
LATER = date(2026, 10, 13)  # a Tuesday; the 10th is worked, so three working days after
HALF = period_of(LATER, "half")
OTHER = "12210500MB0BX0043K"


def _known(*duties: tuple[Task, list[ReceiptData]]) -> dict[str, Followed]:
    made = {}
    for number, (newest, receipts) in enumerate(duties):
        duty = Duty(task=newest)
        for each in receipts:
            duty = joined(duty, Duty(answers=(answered_of(each),)))
        made[f"a{number}"] = duty
    return {SUBJECT: Followed(made)}


def test_a_term_that_ended_unreported_stands_on_the_list_with_its_working_days() -> None:
    """Not on the last day of the term; three working days late on the Tuesday after."""
    known = _known((task(), []))
    assert lapses(known, LAW, DUE) == []
    (lapse,) = lapses(known, LAW, LATER)
    assert (lapse.department, lapse.due_on, lapse.days_late, lapse.is_open) == (
        *(DEPARTMENT, DUE, 3),
        True,
    )


def test_a_report_after_the_term_leaves_the_list_and_stays_counted() -> None:
    """Its days late end with the report; one in time never was a lapse, nor is another's one."""
    late = _known((task(), [receipt(1, DUE + timedelta(days=1))]))
    (lapse,) = lapses(late, LAW, LATER)
    assert (lapse.is_open, lapse.days_late, lapse.reported_on) == (False, 1, date(2026, 10, 10))
    assert assessed(late, LAW, LATER, HALF) == [Assessed(DEPARTMENT, 1, 1, 0)]
    in_time = _known((task(), [receipt(1, DUE)]))
    assert lapses(in_time, LAW, LATER) == []
    assert assessed(in_time, LAW, LATER, HALF) == [Assessed(DEPARTMENT, 1, 0, 0)]
    foreign = _known((task(), [receipt(1, DUE, department=OTHER)]))
    assert [each.is_open for each in lapses(foreign, LAW, LATER)] == [True]


def test_nobody_had_to_act_where_the_action_ended_within_the_term() -> None:
    """One that was withdrawn after it had lapsed is counted and can no longer be made good."""
    in_term = _known((task(state="withdrawn", changed_on=DUE), []))
    assert lapses(in_term, LAW, LATER) == []
    assert assessed(in_term, LAW, LATER, HALF) == []
    after = _known((task(state="withdrawn", changed_on=DUE + timedelta(days=1)), []))
    assert [each.is_open for each in lapses(after, LAW, LATER)] == [False]
    assert assessed(after, LAW, LATER, HALF) == [Assessed(DEPARTMENT, 1, 1, 0)]


def test_two_lapses_in_one_period_are_repeated_and_one_in_each_is_not() -> None:
    """A lapse counts in the period of the day after the term: 30 June counts in July."""
    one, two = (task(), []), (task(due_on=DUE - timedelta(days=1)), [])
    first_half = (task(due_on=date(2026, 6, 29)), [])
    on_the_edge = (task(due_on=date(2026, 6, 30)), [])
    (item,) = assessed(_known(one, first_half), LAW, LATER, HALF)
    assert (item.lapsed, item.is_repeated) == (1, False)
    for second in (two, on_the_edge):
        (item,) = assessed(_known(one, second), LAW, LATER, HALF)
        assert (item.lapsed, item.is_repeated) == (2, True)


def test_who_took_over_the_duties_is_supervised_for_them() -> None:
    """The list names the body that can still report."""
    heir = law_of(LAW.calendar, successors={DEPARTMENT: OTHER})
    assert [each.department for each in lapses(_known((task(), [])), heir, LATER)] == [OTHER]
