"""The duty to report back: what is owed when, and that order and repetition change nothing."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.action import ActionData
from schemas.receipt import ReceiptData
from schemas.times import SHANGHAI
from streams.rules.duty import Duty
from streams.rules.workdays import Workdays

# National Day 2026 and the two days worked for it (domain.md §8).
DAYS_OFF = {date(2026, 10, day): False for day in range(1, 8)}
CALENDAR = Workdays(2026, 2026, {**DAYS_OFF, date(2026, 10, 10): True})
DUE = date(2026, 10, 9)  # a Friday; the working days before it are 10-08 and 09-30


def _action(revision: int = 0, **changes: object) -> ActionData:
    fields: dict[str, object] = {
        "action_id": "a",
        "revision": revision,
        "state": "in_force",
        "polarity": "punish",
        "due_on": DUE,
    }
    return ActionData.model_construct(**{**fields, **changes})  # type: ignore[arg-type]


def _receipt(number: int, day: date, *, served: bool = False) -> ReceiptData:
    at = datetime(day.year, day.month, day.day, 23, 30, tzinfo=SHANGHAI)
    return ReceiptData(
        receipt_id=f"r{number}",
        action_id="a",
        department="11210500001234562F",
        outcome="executed",
        served_at=at if served else None,
        at=at,
    )


def _kinds(duty: Duty, day: date) -> list[str]:
    return [owed.kind for owed in duty.owed(CALENDAR, day)]


def test_the_reminder_comes_two_working_days_before_and_overdue_the_day_after() -> None:
    """Over the National Day holidays that is nine days before."""
    duty = Duty().with_action(_action())
    assert _kinds(duty, date(2026, 9, 29)) == []
    assert _kinds(duty, date(2026, 9, 30)) == ["due_soon"]
    assert _kinds(duty, DUE) == ["due_soon"]
    assert _kinds(duty, date(2026, 10, 10)) == ["overdue", "unserved"]
    assert duty.looks(CALENDAR) == (date(2026, 9, 30), date(2026, 10, 10))


def test_a_receipt_ends_the_duty_to_report_but_not_the_duty_to_serve() -> None:
    """Half past eleven in the evening of the last day in Shanghai is in time."""
    reported = Duty().with_action(_action()).with_receipt(_receipt(1, DUE))
    assert _kinds(reported, date(2026, 10, 10)) == ["unserved"]
    assert _kinds(reported.with_receipt(_receipt(2, DUE, served=True)), date(2026, 10, 10)) == []


def test_nothing_is_owed_for_an_action_that_is_not_in_force() -> None:
    """Suspended, withdrawn, dismissed, or still with an officer."""
    for state in ("suspended", "withdrawn", "dismissed", "awaiting_review"):
        assert _kinds(Duty().with_action(_action(state=state)), date(2027, 1, 4)) == []


_days = st.dates(date(2026, 9, 20), date(2026, 10, 20))
_receipts = st.builds(_receipt, st.integers(0, 9), _days, served=st.booleans())
_actions = st.builds(
    lambda n: _action(n, due_on=DUE + timedelta(days=n), state="in_force"), st.integers(0, 3)
)


@given(st.lists(st.one_of(_actions, _receipts), max_size=8), _days, st.data())
def test_order_and_repetition_change_nothing(
    messages: list[ActionData | ReceiptData], day: date, data: st.DataObject
) -> None:
    """The same messages, shuffled and some of them twice, leave the same duty and alerts."""
    repeated = data.draw(st.lists(st.sampled_from(messages), max_size=4)) if messages else []
    shuffled = data.draw(st.permutations([*messages, *repeated]))
    one, other = _folded(messages), _folded(shuffled)
    assert one == other
    assert one.owed(CALENDAR, day) == other.owed(CALENDAR, day)


def _folded(messages: list[ActionData | ReceiptData]) -> Duty:
    duty = Duty()
    for message in messages:
        if isinstance(message, ReceiptData):
            duty = duty.with_receipt(message)
        else:
            duty = duty.with_action(message)
    return duty
