"""The duty to report back: what is owed when, and that order and repetition change nothing."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.followed import Duty, Task
from schemas.receipt import ReceiptData
from streams.rules import duty as duties
from streams.rules.catalogue import Catalogue
from streams.rules.workdays import Workdays
from tests.rules.duties import DEPARTMENT, DUE, law_of, receipt, task

# National Day 2026 and the two days worked for it (domain.md §8).
DAYS_OFF = {date(2026, 10, day): False for day in range(1, 8)}
LAW = law_of(Workdays(2026, 2026, {**DAYS_OFF, date(2026, 10, 10): True}))
OTHER = "12210500MB0BX0043K"


def _kinds(duty: Duty, day: date, law: duties.Law = LAW) -> list[str]:
    return [owed.kind for owed in duties.owed(duty, "a", law, day)]


def _duty(newest: Task, *receipts: ReceiptData) -> Duty:
    duty = Duty(task=newest)
    for each in receipts:
        duty = duties.joined(duty, Duty(answers=(duties.answered_of(each),)))
    return duty


def test_the_reminder_comes_two_working_days_before_and_overdue_the_day_after() -> None:
    """Over the National Day holidays that is nine days before."""
    duty = _duty(task())
    assert _kinds(duty, date(2026, 9, 29)) == []
    assert _kinds(duty, date(2026, 9, 30)) == ["due_soon"]
    assert _kinds(duty, DUE) == ["due_soon"]
    assert _kinds(duty, date(2026, 10, 10)) == ["overdue", "unserved"]
    assert duties.looks(duty, LAW) == (date(2026, 9, 30), date(2026, 10, 10))


def test_a_receipt_ends_the_duty_to_report_but_not_the_duty_to_serve() -> None:
    """Half past eleven in the evening of the last day in Shanghai is in time."""
    assert _kinds(_duty(task(), receipt(1, DUE)), date(2026, 10, 10)) == ["unserved"]
    served = receipt(2, DUE, served_on=DUE)
    assert _kinds(_duty(task(), receipt(1, DUE), served), date(2026, 10, 10)) == []


def test_nothing_is_owed_for_an_action_that_is_not_in_force() -> None:
    """Suspended, withdrawn, dismissed, or still with an officer."""
    for state in ("suspended", "withdrawn", "dismissed", "awaiting_review"):
        assert _kinds(_duty(task(state=state)), date(2027, 1, 4)) == []


def test_a_receipt_of_a_department_that_was_not_asked_answers_nothing() -> None:
    """It is kept all the same: who took over the duties of that department may be asked later."""
    duty = _duty(task(), receipt(1, DUE, department=OTHER, served_on=DUE))
    assert _kinds(duty, date(2026, 10, 10)) == ["overdue", "unserved"]
    heir = law_of(LAW.calendar, successors={DEPARTMENT: OTHER})
    assert _kinds(duty, date(2026, 10, 10), heir) == []


def test_a_receipt_dated_in_the_future_counts_from_its_day_and_that_day_is_looked_at() -> None:
    """Until then the action is overdue; nobody else would look at it on that day."""
    later = date(2026, 10, 20)
    duty = _duty(task(), receipt(1, later, served_on=later))
    assert _kinds(duty, later - timedelta(days=1)) == ["overdue", "unserved"]
    assert _kinds(duty, later) == []
    assert later in duties.looks(duty, LAW)


def test_a_term_past_the_published_calendar_is_counted_again_once_there_is_one(
    catalogue: Catalogue,
) -> None:
    """Seven working days from 2026-12-30: the days off around New Year are not known before."""
    measure = catalogue.measures[0]
    days = measure.receipt_due_working_days
    began = date(2026, 12, 30)
    provisional = catalogue.calendar.add_working_days(began, days)
    assert provisional.provisional
    duty = _duty(
        task(due_on=provisional.day, due_provisional=True, began_on=began, measure_id=measure.id)
    )
    before = law_of(catalogue.calendar, measures={measure.id: measure})
    assert duties.due_of(duty, before) == provisional.day
    known = Workdays(2026, 2027, {date(2027, 1, day): False for day in (1, 4)})
    after = law_of(known, measures={measure.id: measure})
    assert duties.due_of(duty, after) == known.add_working_days(began, days).day
    assert duties.due_of(duty, after) != provisional.day


def test_an_action_that_has_ended_is_forgotten_after_thirty_days_and_an_open_one_never() -> None:
    """So is a receipt about an action that never came."""
    ended = _duty(task(state="withdrawn", changed_on=DUE))
    stray = Duty(answers=(duties.answered_of(receipt(1, DUE)),))
    day = DUE + duties.KEPT
    for duty in (ended, stray):
        assert not duties.is_forgotten(duty, day - timedelta(days=1))
        assert duties.is_forgotten(duty, day)
        assert day in duties.looks(duty, LAW)
    assert not duties.is_forgotten(_duty(task(), receipt(1, DUE)), date(2036, 1, 1))


_days = st.dates(date(2026, 9, 20), date(2026, 10, 20))
_receipts = st.builds(
    receipt,
    st.integers(0, 9),
    _days,
    served_on=st.none() | _days,
    department=st.sampled_from([DEPARTMENT, OTHER]),
)
# Each revision says one thing; the term is counted again by every second one.
_tasks = st.builds(
    lambda n: task(
        n,
        due_on=DUE + timedelta(days=n // 2),
        state="suspended" if n == 2 else "in_force",
        changed_on=DUE - timedelta(days=9 - n),
        began_on=DUE - timedelta(days=9 - n),
    ),
    st.integers(0, 4),
)


@given(st.lists(st.one_of(_tasks, _receipts), max_size=8), _days, st.data())
def test_order_and_repetition_change_nothing(
    messages: list[Task | ReceiptData], day: date, data: st.DataObject
) -> None:
    """The same messages, shuffled and some of them twice, leave the same duty and alerts."""
    repeated = data.draw(st.lists(st.sampled_from(messages), max_size=4)) if messages else []
    shuffled = data.draw(st.permutations([*messages, *repeated]))
    one, other = _folded(messages), _folded(shuffled)
    assert one == other
    assert duties.owed(one, "a", LAW, day) == duties.owed(other, "a", LAW, day)


@given(st.lists(st.one_of(_tasks, _receipts), max_size=8))
def test_what_is_owed_changes_on_no_day_that_is_not_looked_at(
    messages: list[Task | ReceiptData],
) -> None:
    """The index of due days rests on it: between two looks nothing happens."""
    duty = _folded(messages)
    looks = duties.looks(duty, LAW)
    for n in range(60):
        day = date(2026, 9, 1) + timedelta(days=n)
        if day not in looks:
            before = duties.owed(duty, "a", LAW, day - timedelta(days=1))
            assert duties.owed(duty, "a", LAW, day) == before


def _folded(messages: list[Task | ReceiptData]) -> Duty:
    duty = Duty()
    for message in messages:
        news = (
            Duty(answers=(duties.answered_of(message),))
            if isinstance(message, ReceiptData)
            else Duty(task=message)
        )
        duty = duties.joined(duty, news)
    return duty
