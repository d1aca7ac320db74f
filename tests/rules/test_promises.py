"""Promises: from when they run, by when they are to be kept, and what becomes of them."""

from datetime import date, datetime, timedelta

from schemas.followed import Duty, Followed, Task
from schemas.receipt import ReceiptData
from schemas.times import SHANGHAI
from streams.rules import following, promises
from streams.rules.catalogue import Catalogue
from streams.rules.duty import answered_of, joined
from streams.rules.reminders import raised
from streams.rules.supervision import Promised, promised
from tests.rules.duties import DEPARTMENT, receipt, task

USED = date(2026, 9, 21)  # a Monday
# Ten working days on: 9-22 to 9-24 and 9-28 to 9-30 (Mid-Autumn is 9-25 to 9-27), 10-8 to 10-12.
ENDS = date(2026, 10, 12)
DAY = timedelta(days=1)
GAPS = {"measure_id": "i02-accept-with-gaps", "effect": "accept_with_gaps", "polarity": "reward"}
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def _duty(*receipts: ReceiptData, **changes: object) -> Duty:
    newest: Task = task(**{**GAPS, **changes})
    duty = Duty(task=newest)
    for each in receipts:
        duty = joined(duty, Duty(answers=(answered_of(each),)))
    return duty


def _breaches(duty: Duty, catalogue: Catalogue, day: date) -> bool:
    return promises.breach(duty, "a", catalogue, day) is not None


def test_a_promise_runs_from_its_use_for_the_days_of_its_measure(catalogue: Catalogue) -> None:
    """From `started_on`, else from the report; ten days for a measure that names none."""
    reported = _duty(receipt(1, USED))
    started = _duty(receipt(1, USED + 3 * DAY, started_on=USED))
    for duty in (reported, started, _duty(receipt(1, USED), measure_id="i03-offer-commitment")):
        promise = promises.promise_of(duty, catalogue)
        assert promise is not None
        assert (promise.used_on, promise.due_on) == (USED, ENDS)
        assert not _breaches(duty, catalogue, ENDS)
        assert _breaches(duty, catalogue, ENDS + DAY)
        assert ENDS + DAY in promises.looks(duty, catalogue)


def test_a_promise_is_kept_by_what_was_there_in_time_and_healed_by_what_came_late(
    catalogue: Catalogue,
) -> None:
    """Kept late ends the breach and is not counted as kept."""
    kept = _duty(receipt(1, USED), receipt(2, ENDS, ended_on=ENDS))
    late = _duty(receipt(1, USED), receipt(2, ENDS + 2 * DAY, ended_on=ENDS + DAY))
    assert not _breaches(kept, catalogue, ENDS + DAY)
    assert not _breaches(late, catalogue, ENDS + 2 * DAY)
    counted = {
        state: promised({"x": Followed({"a": duty})}, catalogue, ENDS + 3 * DAY, YEAR)
        for state, duty in {"kept": kept, "late": late, "open": _duty(receipt(1, USED))}.items()
    }
    assert counted == {
        "kept": [Promised(DEPARTMENT, used=1, kept=1, broken=0, running=0)],
        "late": [Promised(DEPARTMENT, used=1, kept=0, broken=1, running=0)],
        "open": [Promised(DEPARTMENT, used=1, kept=0, broken=1, running=0)],
    }
    assert promised({"x": Followed({"a": kept})}, catalogue, ENDS, (USED + DAY, YEAR[1])) == []


def test_what_was_not_used_or_is_no_promise_is_none(catalogue: Catalogue) -> None:
    """A department that did not use it has nothing to wait for."""
    assert promises.promise_of(_duty(receipt(1, USED, outcome="not_executed")), catalogue) is None
    assert promises.promise_of(_duty(), catalogue) is None
    assert promises.promise_of(_duty(receipt(1, USED), effect="priority"), catalogue) is None
    foreign = receipt(1, USED, department="12210500MB0BX0043K")
    assert promises.promise_of(_duty(foreign), catalogue) is None


def test_a_promise_outlives_its_action_and_a_breach_goes_to_the_credit_office(
    catalogue: Catalogue,
) -> None:
    """A later stage withdrew the action as superseded; the kind is one of the closed set."""
    duty = _duty(receipt(1, USED), state="withdrawn", changed_on=USED + DAY)
    known = following.without_ended(Followed({"a": duty}), catalogue, ENDS + 90 * DAY)
    assert known.duties
    day = ENDS + DAY
    at = datetime(day.year, day.month, day.day, 8, tzinfo=SHANGHAI)
    ((alert_id, told),) = following.to_tell(known, catalogue, day, at).raised.items()
    alert = raised("91210500MA0BX0015F", alert_id, told, known, catalogue).data
    office = next(d for d in catalogue.departments.values() if d.class_ == "credit-office")
    assert (alert.kind, alert.department, alert.action_id) == ("overdue", office.uscc, "a")
    assert "违诺" in alert.text_zh
    assert str(ENDS) in alert.text_en
