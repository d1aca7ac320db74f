"""The promises of design §9, each a rule over the books and the ledger; findings are sentences.

Nothing here is shared with the trigger but the schemas. A new rule goes into `RULES`, and into
tests/faults/test_checker.py with books that break it.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tests.faults.books import Acted, Books, Decided
from tests.faults.law import Register
from tests.faults.ledger import Ledger

Rule = Callable[[Books, Ledger], Iterable[str]]
_SHOWN = 5
# What an action says that was reviewed: the type of the message, and its reason.
_ANSWERS = {
    "confirm": ("confirmed", "review-confirmed"),
    "dismiss": ("dismissed", "review-dismissed"),
    "overturn": ("withdrawn", "overturned"),
}
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")


def findings(books: Books, ledger: Ledger, rules: "Sequence[Rule] | None" = None) -> list[str]:
    """Return what breaks *rules* (all of `RULES`): how often, and the first few of each."""
    told = []
    for rule in RULES if rules is None else rules:
        found = list(rule(books, ledger))
        if found:
            told.append(f"{rule.__name__} ({len(found)}): " + "; ".join(found[:_SHOWN]))
    return told


def nothing_lost(books: Books, ledger: Ledger) -> Iterable[str]:
    """Promise 1: every event that went in was decided, and nothing that did not."""
    decided = {each.event_id for each in books.decisions}
    for name in ledger.events.keys() - decided:
        yield f"{name} went in and was never decided"
    for name in decided - ledger.events.keys():
        yield f"{name} was decided and never went in"
    if len(books.set_aside) != ledger.dead_letters:
        yield f"{len(books.set_aside)} dead letters, not {ledger.dead_letters}"


def nothing_twice(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 1: no event decided twice, and no message of ours there twice."""
    first = Counter(each.event_id for each in books.decisions if each.sequence == 0)
    yield from (f"{name} was decided {n} times" for name, n in first.items() if n > 1)
    for what, ids in (
        ("decision", [each.id for each in books.decisions]),
        ("action", [each.id for each in books.actions]),
        ("alert", books.alerts),
        ("dead letter", ["/".join(place) for place in books.set_aside]),
    ):
        yield from (f"{what} {name} {n} times" for name, n in Counter(ids).items() if n > 1)


def decided_in_sequence(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 1: an event is decided by itself first, and each time anew with the next number."""
    reached: dict[str, int] = {}
    for each in books.decisions:
        expected = reached.get(each.decision_id, -1) + 1
        if each.sequence != expected or (each.sequence == 0) != (each.cause == "event"):
            yield f"{each.event_id}: sequence {each.sequence} ({each.cause}), not {expected}"
        reached[each.decision_id] = each.sequence


def tallies_in_step(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 1: the tallies count every event that was decided, once."""
    made = Counter((d.department, d.verdict) for d in books.decisions if d.sequence == 0)
    for where in made.keys() | books.tallied.keys():
        if made[where] != books.tallied.get(where, 0):
            yield f"{where}: {books.tallied.get(where, 0)} tallied, {made[where]} decided"


def actions_and_decisions_agree(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 1: what a decision names was issued with it, and nothing was issued besides."""
    named = {(d.decision_id, action) for d in books.decisions for action in d.actions}
    issued = {(a.decision_id, a.action_id) for a in books.actions if a.type.endswith(".issued")}
    yield from (f"action {action} named and never issued" for _, action in named - issued)
    yield from (f"action {action} issued and named nowhere" for _, action in issued - named)


def lists_were_read_to_their_end(books: Books, ledger: Ledger) -> Iterable[str]:
    """Promise 2: each decision knew all that was acknowledged before its event was published."""
    for each, known in _first_decisions(books, ledger):
        if each.list_offset < known:
            yield f"{each.event_id}: lists read to {each.list_offset}, acknowledged to {known}"


def no_pass_past_an_entry(books: Books, ledger: Ledger) -> Iterable[str]:
    """Promise 2: no `pass` while an entry that should have stopped it was acknowledged before.

    Told without believing the decision's own position: a pass is wrong if the entry stood when the
    event was published and had not gone by the furthest that the decision can have seen.
    """
    register = Register(books.lists)
    for each, known in _first_decisions(books, ledger):
        if each.verdict != "pass":
            continue
        place = ledger.events[each.event_id].place
        seen = max(known, each.list_offset)
        moments = [known, *register.turns(each.subject, known, seen)]
        told = [
            register.verdict(each.subject, place, moment, each.business_day, each.day)
            for moment in moments
        ]
        if "pass" not in told:
            yield f"{each.event_id} of {each.subject} passed, although {told[-1]} was known"


def decided_as_its_positions_say(books: Books, ledger: Ledger) -> Iterable[str]:
    """Promise 3: who decides again from the recorded position and day comes to the same."""
    register = Register(books.lists)
    for each, _ in _first_decisions(books, ledger):
        put = ledger.events[each.event_id]
        law = register.verdict(
            each.subject, put.place, each.list_offset, each.business_day, each.day
        )
        allowed = {law, "hold"} if put.stale_allowed and law == "deny" else {law}
        if each.verdict not in allowed:
            yield f"{each.event_id} of {each.subject}: {each.verdict}, the law says {law}"


def identified_by_its_event(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 3: the id of a decision follows from its event alone (contracts F)."""
    for each in books.decisions:
        if each.decision_id != str(uuid.uuid5(_IDS, f"{each.source}\n{each.event_id}")):
            yield f"{each.event_id}: decision {each.decision_id}"


def days_never_go_back(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 3: the day of a partition only ever moves on."""
    newest: dict[int, Decided] = {}
    for each in books.decisions:
        last = newest.get(each.partition)
        if last is not None and each.day < last.day:
            yield f"partition {each.partition}: {each.day} after {last.day}"
        newest[each.partition] = each


def no_day_lived_in_advance(books: Books, _: Ledger) -> Iterable[str]:
    """Promise 3: no clock that is wrong makes a partition live a day that has not come."""
    for each in books.decisions:
        if each.day > each.written_on:
            yield f"{each.event_id}: decided on {each.day}, written on {each.written_on}"


def every_review_answered_once(books: Books, ledger: Ledger) -> Iterable[str]:
    """Contracts D: a review moves its action, or an alert says that it came too late; once.

    True once all was read: see `EVENTUALLY`.
    """
    moved = Counter((a.action_id, *_said_by(a)) for a in books.actions)
    alerts = set(books.alerts)
    for name, (action_id, outcome) in ledger.reviews.items():
        refused = str(uuid.uuid5(_IDS, f"alert\n{name}\n{action_id}\ntoo_late")) in alerts
        times = moved[action_id, *_ANSWERS[outcome]]
        if times + refused != 1:
            yield f"{name}: {outcome} applied {times} times, {refused=}"


def no_action_alive_whose_entry_is_gone(books: Books, _: Ledger) -> Iterable[str]:
    """Issue 4: an action whose entry was removed, suspended or is over is in force no more.

    True once the sweeps are done: see `EVENTUALLY`.
    """
    register = Register(books.lists)
    newest = {each.action_id: each for each in books.actions}
    today = max((each.day for each in books.decisions), default=None)
    for action in newest.values():
        if action.state not in ("in_force", "awaiting_review") or today is None:
            continue
        if not register.has_active(action.entry_id, action.subject, today):
            yield f"action {action.action_id} is {action.state}, its entry {action.entry_id} gone"


RULES: tuple[Rule, ...] = (
    nothing_lost,
    nothing_twice,
    decided_in_sequence,
    tallies_in_step,
    actions_and_decisions_agree,
    lists_were_read_to_their_end,
    no_pass_past_an_entry,
    decided_as_its_positions_say,
    identified_by_its_event,
    days_never_go_back,
    no_day_lived_in_advance,
    every_review_answered_once,
    no_action_alive_whose_entry_is_gone,
)
# What holds only when all was worked off: sweeps go by share, after the last event too.
EVENTUALLY: tuple[Rule, ...] = (every_review_answered_once, no_action_alive_whose_entry_is_gone)


def _said_by(action: Acted) -> tuple[str, str | None]:
    return action.type.rpartition(".")[2], action.reason


def _first_decisions(books: Books, ledger: Ledger) -> Iterable[tuple[Decided, int]]:
    """Yield each event's own decision, and the list offset acknowledged before it was published."""
    for each in books.decisions:
        put = ledger.events.get(each.event_id)
        if put is not None and each.sequence == 0:
            yield each, put.known[each.partition]
