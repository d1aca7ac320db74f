"""The table of contracts D, every state against every move."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from schemas.action import ActionState
from schemas.lean import ActionData, EntryRef
from streams.rules import transitions as t
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.workdays import Deadline
from tests.rules.given import as_of, entry, event

DUE = Deadline(date(2026, 7, 1), provisional=False)
LATE = date(2027, 1, 1)
Move = Callable[[ActionData], t.Step | t.Overdue]
MOVES: dict[str, Move] = {
    "confirm": lambda a: t.confirm(a, DUE),
    "dismiss": lambda a: t.dismiss(a, "not-proportionate"),
    "lapse": lambda a: t.lapse(a, LATE),
    "suspend": lambda a: t.suspend(a, "entry-suspended"),
    "resume": lambda a: t.resume(a, "entry-resumed"),
    "withdraw": lambda a: t.withdraw(a, "superseded"),
    "amend": lambda a: t.amend_term(
        a, entry=EntryRef("x", "y", 2), until=LATE, notice=replace(a.notice, term="新期限")
    ),
    "object": lambda a: t.mark_objection(a, "2026-06-18T12:00:00.000+08:00"),
    "uphold": t.uphold,
    "overturn": t.overturn,
}
# (from, move): (to, change); what is not here is refused.
TABLE = {
    ("awaiting_review", "confirm"): ("in_force", "confirmed"),
    ("awaiting_review", "dismiss"): ("dismissed", "dismissed"),
    ("awaiting_review", "lapse"): ("dismissed", "dismissed"),
    ("in_force", "suspend"): ("suspended", "suspended"),
    ("awaiting_review", "suspend"): ("suspended", "suspended"),
    ("suspended", "resume"): ("in_force", "resumed"),
    **{
        (state, move): (to or state, change)
        for state in ("in_force", "awaiting_review", "suspended")
        for move, to, change in (
            ("withdraw", "withdrawn", "withdrawn"),
            ("overturn", "withdrawn", "withdrawn"),
            ("amend", None, "amended"),
            ("object", None, "amended"),
        )
    },
}
STATES = ("in_force", "awaiting_review", "suspended", "withdrawn", "dismissed")


@pytest.fixture(scope="module")
def refer(catalogue: Catalogue) -> ActionData:
    """Return an action that awaits review: discretionary, proposing a block."""
    happened = event()
    entries = (entry("wage-arrears"),)
    return decide(happened, entries, catalogue, as_of=as_of(happened)).actions[0]


def in_state(action: ActionData, state: str) -> ActionData:
    resumes_to = "in_force" if state == "suspended" else None
    return replace(action, state=state, resumes_to=resumes_to)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", STATES)
def test_each_move_from_each_state_does_what_the_table_says(
    refer: ActionData, state: str, move: str
) -> None:
    before = in_state(refer, state)

    step = MOVES[move](before)

    if (state, move) in TABLE:
        to, change = TABLE[state, move]
        assert isinstance(step, t.Moved)
        assert (step.action.state, step.change) == (to, change)
        assert step.action.revision == before.revision + 1
        assert step.action.action_id == before.action_id
        assert (step.action.resumes_to is not None) == (to == "suspended")
    elif state in {"withdrawn", "dismissed"}:
        assert step == t.TooLate(before.action_id, ActionState(state))
    else:
        assert step == t.NotNow(before.action_id, ActionState(state))


def test_a_confirmed_refer_becomes_the_block_that_it_proposed(refer: ActionData) -> None:
    step = t.confirm(refer, DUE)

    assert isinstance(step, t.Moved)
    assert (step.action.effect, step.action.due_on) == ("block", DUE.day)
    assert step.action.review_due_on is None


@pytest.mark.parametrize("state", ["in_force", "awaiting_review"])
def test_a_suspended_action_resumes_to_where_it_was(refer: ActionData, state: str) -> None:
    suspended = t.suspend(in_state(refer, state), "reward-masked")
    assert isinstance(suspended, t.Moved)
    resumed = t.resume(suspended.action, "mask-gone")

    assert isinstance(resumed, t.Moved)
    assert resumed.action.state == state
    assert resumed.action.revision == refer.revision + 2


def test_the_day_on_which_a_review_is_due_is_still_in_time(refer: ActionData) -> None:
    assert refer.review_due_on is not None
    step = t.lapse(refer, refer.review_due_on)

    assert isinstance(step, t.NotNow)
    assert isinstance(t.lapse(refer, refer.review_due_on + timedelta(days=1)), t.Moved)


def test_what_the_law_commands_waits_on_past_its_due_day(refer: ActionData) -> None:
    mandatory = replace(refer, force="mandatory")

    assert t.lapse(mandatory, LATE) == t.Overdue(refer.action_id)


@pytest.mark.parametrize(
    "reason",
    ["repaired", "expired", "annulled", "corrected", "early", "superseded", "overturned"],
)
def test_a_withdrawal_says_why(refer: ActionData, reason: t.WithdrawalReason) -> None:
    step = t.withdraw(refer, reason)

    assert isinstance(step, t.Moved)
    assert step.action.reason == reason


def test_an_objection_is_marked_then_answered(refer: ActionData) -> None:
    marked = t.mark_objection(refer, "2026-06-18T12:00:00.000+08:00")
    assert isinstance(marked, t.Moved)
    upheld = t.uphold(marked.action)
    overturned = t.overturn(marked.action)

    assert isinstance(upheld, t.Moved)
    assert isinstance(overturned, t.Moved)
    assert upheld.action.objection is not None
    assert overturned.action.objection is not None
    assert (upheld.action.state, upheld.action.objection.outcome) == (refer.state, "upheld")
    assert overturned.action.objection.outcome == "overturned"
    assert (overturned.action.state, overturned.action.reason) == ("withdrawn", "overturned")
    assert t.uphold(upheld.action) == t.NotNow(refer.action_id, ActionState(refer.state))
