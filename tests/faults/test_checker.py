"""The clerk sees every kind of harm: books that are in order pass, and each that is not is told."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from tests.faults.books import Acted, Books, Decided, Listed
from tests.faults.checker import RULES, findings
from tests.faults.imported import imported
from tests.faults.ledger import Ledger, Put, Reviewed

TODAY = date(2026, 6, 10)
FIRM, OTHER = "firm on a list", "firm on none"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")


def decided(name: str, offset: int, subject: str = FIRM, verdict: str = "deny") -> Decided:
    identity = str(uuid.uuid5(_NAMESPACE, f"/business\n{name}"))
    return Decided(
        partition=0,
        offset=offset,
        id=f"{identity}/0",
        decision_id=identity,
        sequence=0,
        event_id=name,
        source="/business",
        business_day=TODAY,
        subject=subject,
        department="department",
        verdict=verdict,
        cause="event",
        day=TODAY,
        written_on=date(2026, 6, 12),
        list_offset=8,
        actions=(f"action of {name}",) if verdict == "deny" else (),
    )


def acted(decision: Decided, state: str = "in_force") -> Acted:
    (action,) = decision.actions
    return Acted(
        partition=0,
        offset=decision.offset,
        id=f"{action}/0",
        type="credit.action.issued",
        action_id=action,
        revision=0,
        decision_id=decision.decision_id,
        state=state,
        subject=decision.subject,
        list_code="licence-bar",
        entry_id="entry",
        reason=None,
    )


def withdrawn(decision: Decided) -> Acted:
    issued = acted(decision, "withdrawn")
    return issued._replace(
        id=f"{issued.action_id}/1",
        type="credit.action.withdrawn",
        revision=1,
        offset=9,
        reason="overturned",
    )


def answer(review: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"alert\n{review}\naction of denied\ntoo_late"))


def listed(offset: int, what: str = "entered", revision: int = 1) -> Listed:
    return Listed(
        partition=0,
        offset=offset,
        type=f"credit.list.{what}",
        subject=FIRM,
        list_code="licence-bar",
        entry_id="entry",
        revision=revision,
        begins=date(2026, 1, 1),
        ends=None,
        removed_on=TODAY if what == "removed" else None,
        annulled=False,
    )


def in_order() -> tuple[Books, Ledger]:
    """Entered at 3, overturned, and then removed at 20; another review came too late."""
    denied, passed = decided("denied", 0), decided("passed", 1, OTHER, "pass")
    books = Books(
        lists=[listed(3), listed(20, "removed", 2)],
        decisions=[denied, passed],
        actions=[acted(denied), withdrawn(denied)],
        alerts=["alert", answer("too late")],
        tallied={("department", "deny"): 1, ("department", "pass"): 1},
        set_aside=[("credit.events.approval", "0", "7")],
    )
    puts = {
        "denied": Put(FIRM, "application", known=(5, 0, 0, 0)),
        "passed": Put(OTHER, "application", known=(5, 0, 0, 0)),
    }
    reviews = {
        "in time": Reviewed("action of denied", "overturn"),
        "too late": Reviewed("action of denied", "confirm"),
    }
    return books, Ledger(events=puts, reviews=reviews, dead_letters=1)


def change_first(books: Books, **how: object) -> None:
    books.decisions[0] = books.decisions[0]._replace(**how)  # type: ignore[arg-type]


def pass_the_listed(books: Books) -> None:
    change_first(books, verdict="pass", actions=())
    books.actions.clear()
    books.tallied = {("department", "pass"): 2}


def pass_and_claim_to_know_nothing(books: Books) -> None:
    pass_the_listed(books)
    change_first(books, list_offset=2)


def decide_again_without_a_cause(books: Books) -> None:
    again = books.decisions[0]._replace(offset=9, sequence=2, id="again", cause="list")
    books.decisions.append(again)


HARM: dict[str, tuple[str, Callable[[Books], None]]] = {
    "an event is lost": ("nothing_lost", lambda b: b.decisions.pop() and None),
    "an event is invented": (
        "nothing_lost",
        lambda b: b.decisions.append(decided("invented", 5, OTHER, "pass")),
    ),
    "a dead letter is lost": ("nothing_lost", lambda b: b.set_aside.clear()),
    "an event is decided twice": (
        "nothing_twice",
        lambda b: b.decisions.append(b.decisions[1]._replace(id="another", offset=9)),
    ),
    "an action is there twice": ("nothing_twice", lambda b: b.actions.append(b.actions[0])),
    "an alert is there twice": ("nothing_twice", lambda b: b.alerts.append("alert")),
    "a dead letter is there twice": (
        "nothing_twice",
        lambda b: b.set_aside.append(b.set_aside[0]),
    ),
    "a number is left out": ("decided_in_sequence", decide_again_without_a_cause),
    "a tally is lost": ("tallies_in_step", lambda b: b.tallied.clear()),
    "an action was never issued": (
        "actions_and_decisions_agree",
        lambda b: b.actions.clear(),
    ),
    "an action is nobody's": (
        "actions_and_decisions_agree",
        lambda b: change_first(b, actions=()),
    ),
    "the lists were not read": (
        "lists_were_read_to_their_end",
        lambda b: change_first(b, list_offset=4),
    ),
    "a listed firm passed": ("no_pass_past_an_entry", pass_the_listed),
    "a listed firm passed unseen": ("no_pass_past_an_entry", pass_and_claim_to_know_nothing),
    "a review is lost": (
        "every_review_answered_once",
        lambda b: b.alerts.remove(answer("too late")),
    ),
    "a review is applied and refused": (
        "every_review_answered_once",
        lambda b: b.alerts.append(answer("in time")),
    ),
    "an action outlives its entry": (
        "no_action_alive_whose_entry_is_gone",
        lambda b: b.actions.pop() and None,
    ),
    "a verdict is not the law's": (
        "decided_as_its_positions_say",
        lambda b: change_first(b, verdict="hold"),
    ),
    "a removed entry still stops": (
        "decided_as_its_positions_say",
        lambda b: change_first(b, list_offset=21),
    ),
    "an id is made up": ("identified_by_its_event", lambda b: change_first(b, decision_id="x")),
    "a day goes back": (
        "days_never_go_back",
        lambda b: change_first(b, day=date(2026, 6, 11)),
    ),
    "a day comes too early": (
        "no_day_lived_in_advance",
        lambda b: change_first(b, written_on=date(2026, 6, 9)),
    ),
}


def test_the_clerk_shares_no_code_with_the_trigger_but_the_schemas() -> None:
    assert imported("tests.faults.checker") == {"schemas", "tests"}


def test_books_in_order_are_in_order() -> None:
    assert findings(*in_order()) == []


@pytest.mark.parametrize("harm", HARM)
def test_every_kind_of_harm_is_told(harm: str) -> None:
    rule, do = HARM[harm]
    books, ledger = in_order()
    do(books)
    assert rule in [told.split(" ")[0] for told in findings(books, ledger)]


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for rule, _ in HARM.values()} == {rule.__name__ for rule in RULES}


def test_a_stale_list_may_hold_what_it_would_deny_but_never_let_it_pass() -> None:
    books, ledger = in_order()
    ledger.events["denied"] = replace(ledger.events["denied"], stale_allowed=True)
    change_first(books, verdict="hold")
    books.tallied = {("department", "hold"): 1, ("department", "pass"): 1}
    assert findings(books, ledger) == []
    pass_the_listed(books)
    assert findings(books, ledger) != []


def test_an_event_is_held_to_what_was_acknowledged_before_it_was_first_published() -> None:
    ledger = Ledger(events={"a": Put(FIRM, "application"), "a/b": Put(OTHER, "application")})
    ledger.shares["a"] = ["a/b"]
    ledger.acknowledged(2, 6)
    ledger.publish("a")
    ledger.acknowledged(2, 9)
    ledger.publish("a")
    assert [put.known for put in ledger.events.values()] == [(0, 0, 7, 0)] * 2
