"""What follow-up tells of an organisation: whatever happens in between, the outside agrees."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.followed import Followed, Listed, Task, decode, encode
from schemas.receipt import ReceiptData
from schemas.times import SHANGHAI
from streams.rules import following
from streams.rules.duty import answered_of
from streams.rules.following import NOTHING
from streams.rules.reminders import cleared, raised
from streams.rules.workdays import Workdays
from tests.rules.duties import DEPARTMENT, DUE, law_of, office, receipt, task

LAW = law_of(
    Workdays(2026, 2026, {date(2026, 10, day): False for day in range(1, 8)}),
    departments={DEPARTMENT: office()},
)
FIRST = date(2026, 9, 25)
Message = tuple[str, Task | ReceiptData | Listed]


class Outside:
    """Whoever reads `credit.alerts`: an alert that was cleared stays cleared."""

    def __init__(self) -> None:
        self.raised: set[str] = set()
        self.cleared: set[str] = set()

    def hear(self, said: following.Telling) -> None:
        """Read what was sent, once or twice."""
        self.raised |= said.raised.keys()
        self.cleared |= said.cleared.keys()

    @property
    def standing(self) -> set[str]:
        """The alerts that were raised and not cleared since."""
        return self.raised - self.cleared


def _folded(known: Followed, message: Message) -> Followed:
    action_id, data = message
    if isinstance(data, Listed):
        return following.with_entry(known, data)
    if isinstance(data, Task):
        return following.with_task(known, action_id, data)
    return following.with_answer(known, action_id, answered_of(data))


def _ticked(known: Followed, day: date, outside: Outside, *, dies_after: int) -> Followed:
    """Return what is on disk after a tick that may die after its first, second or third step."""
    said = following.to_tell(known, LAW, day, _at(day))
    on_disk = following.telling(known, said)
    if dies_after > 1:
        outside.hear(said)
    return following.told(on_disk, said) if dies_after > 2 else on_disk


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=SHANGHAI)


_days = st.dates(FIRST, FIRST + timedelta(days=40))
_ids = st.sampled_from(["a", "b"])
_tasks = st.builds(
    lambda n: task(
        n,
        effect="accept_with_gaps",
        due_on=DUE + timedelta(days=7 * (n // 2)),
        state="withdrawn" if n == 5 else "in_force",
        changed_on=FIRST + timedelta(days=n),
        began_on=FIRST + timedelta(days=n),
    ),
    st.integers(0, 5),
)
_receipts = st.builds(
    receipt,
    st.integers(0, 9),
    _days,
    served_on=st.none() | _days,
    started_on=st.none() | _days,
    ended_on=st.none() | _days,
)
# Put right in ever more time, suspended for a while, and removed in the end.
_entries = st.builds(
    lambda n, name: Listed(
        revision=n,
        list_code="city-focus",
        entry_id=name,
        state="removed" if n == 3 else "suspended" if n == 1 else "active",
        changed_on=FIRST,
        recognised_by="本溪市信用办",
        facts="f",
        until=FIRST + timedelta(days=5 * (n + 1)),
    ),
    st.integers(0, 3),
    _ids,
)
_messages = st.lists(st.tuples(_ids, st.one_of(_tasks, _receipts, _entries)), max_size=8)


@given(_messages, st.data())
def test_however_it_came_and_wherever_it_died_the_outside_agrees_in_the_end(
    messages: Sequence[Message], data: st.DataObject
) -> None:
    """Messages, days and deaths in any order: what stands outside is what stands by the law."""
    known, outside, day = NOTHING, Outside(), FIRST
    for message in messages:
        known = decode(encode(_folded(known, message)))
        day += timedelta(days=data.draw(st.integers(0, 9)))
        known = _ticked(known, day, outside, dies_after=data.draw(st.integers(0, 3)))
    known = _ticked(known, day, outside, dies_after=3)

    fresh = NOTHING
    for message in data.draw(st.permutations(messages)):
        fresh = _folded(fresh, message)
    should = following.to_tell(fresh, LAW, day, _at(day)).raised
    assert outside.standing == should.keys() == known.told.keys()
    assert not following.to_tell(known, LAW, day, _at(day)).raised


@given(_messages, _messages)
def test_two_records_of_one_organisation_join_to_what_both_know(
    one: Sequence[Message], other: Sequence[Message]
) -> None:
    """A worker that was away writes over what its successor knew: nothing of it is lost."""
    first, second, both = NOTHING, NOTHING, NOTHING
    for message in one:
        first, both = _folded(first, message), _folded(both, message)
    for message in other:
        second, both = _folded(second, message), _folded(both, message)
    together = following.joined(first, second)
    assert (together.duties, together.entries) == (both.duties, both.entries)


def test_what_was_begun_and_perhaps_not_sent_is_said_again_with_the_same_bytes() -> None:
    """A repetition is one in every field, and a clearing is a message of its own."""
    known = following.with_task(NOTHING, "a", task())
    said = following.to_tell(known, LAW, DUE, _at(DUE))
    again = following.to_tell(following.telling(known, said), LAW, DUE, _at(DUE) + timedelta(1))
    ((alert_id, one),), ((_, other),) = said.raised.items(), again.raised.items()
    subject = "91210500MA0BX0015F"
    alert = raised(subject, alert_id, one, known, LAW)
    assert alert == raised(subject, alert_id, other, known, LAW)
    over = cleared(raised(subject, alert_id, one, NOTHING, LAW), _at(DUE))
    assert (over.type, over.data.alert_id) == ("credit.alert.cleared", alert_id)
    assert over.id != alert_id


def test_the_code_of_an_individual_business_is_not_told_in_full() -> None:
    """It may lead to a person; `uscc` is the record itself."""
    known = following.with_task(NOTHING, "a", task())
    ((alert_id, one),) = following.to_tell(known, LAW, DUE, _at(DUE)).raised.items()
    alert = raised("92210502MA0BX00234", alert_id, one, known, LAW)
    assert "MA0BX00234" not in alert.data.text_zh + alert.data.text_en
    assert "2026-10-09" in alert.data.text_zh


def test_nothing_is_left_of_an_organisation_whose_last_action_ended_long_ago() -> None:
    """Thirty days after."""
    known = following.with_task(NOTHING, "a", task(state="withdrawn", changed_on=DUE))
    assert following.without_ended(known, LAW, DUE + timedelta(days=29)) == known
    assert following.without_ended(known, LAW, DUE + timedelta(days=30)) == NOTHING
