"""A journal forgets by the time of the answers, and never acts on what it may have forgotten."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from consumers.department.answer import read_answer
from consumers.department.client import KEEP_DAYS
from consumers.department.consortium import Bid, Share
from consumers.department.handing import Callback, Handed
from consumers.department.journal import Journal
from tests.cli.recorded import FIRM
from tests.department.answers import action, decision
from tests.department.test_client import (
    Tell,
    Work,
    broker,
    department,
    departments,
    path,
    tell,
    work,
)

__all__ = ["broker", "department", "departments", "path", "tell", "work"]  # fixtures of the client

DAY_MS = 24 * 60 * 60 * 1000
LATE = 1_767_000_000_000  # in December 2025
ANSWERED = {"a": "2025-01-01T09:00:00.000+08:00", "b": "2025-03-01T09:00:00.000+08:00"}
NOW = "2026-03-01T09:00:00.000+08:00"  # 400 days after 2025-01-25


def dated(message: dict[str, Any], time: str) -> dict[str, Any]:
    return message | {"time": time}


def name_of(handed: list[Handed]) -> list[str]:
    return [each.name for each in handed]


def age(path: Path) -> None:
    """Let what is in the journal have been noted in 2024."""
    with sqlite3.connect(path) as database:
        database.execute("UPDATE handed SET at = '2024-12-01T00:00:00.000Z'")


def keys(path: Path) -> list[str]:
    with sqlite3.connect(path) as database:
        return [row[0] for row in database.execute("SELECT key FROM handed ORDER BY key")]


def test_what_was_forgotten_and_comes_again_is_in_doubt_and_not_acted_on(
    work: Work, tell: Tell, path: Path
) -> None:
    told: list[Handed] = []
    old = [dated(action(name), time) for name, time in ANSWERED.items()]
    tell(*old)
    work(Callback(told.append))
    age(path)
    tell(dated(action("c"), NOW))
    work(Callback(told.append))
    assert keys(path) == ["action/b", "action/c"]  # a was told more than 400 days before c
    tell(*old)  # as by a dispatch that began anew
    assert work(Callback(told.append)) == 0
    assert work(Callback(told.append), from_earliest=True) == 0
    assert name_of(told) == ["action-a-0", "action-b-0", "action-c-0"]
    with Journal(path) as journal:
        assert journal.in_doubt() == [("action/a", 0)]


def test_a_new_revision_of_what_was_forgotten_is_handed_over(
    work: Work, tell: Tell, path: Path
) -> None:
    told: list[Handed] = []
    tell(dated(action("a"), ANSWERED["a"]))
    work(Callback(told.append))
    age(path)
    tell(dated(action("c"), NOW))
    work(Callback(told.append))
    assert keys(path) == ["action/c"]
    tell(dated(action("a", 1), NOW), dated(action("a"), ANSWERED["a"]))
    work(Callback(told.append))
    assert name_of(told) == ["action-a-0", "action-c-0", "action-a-1"]


def test_what_is_settled_as_not_acted_on_comes_again_and_no_lower_revision_does(
    work: Work, tell: Tell, path: Path
) -> None:
    told: list[Handed] = []
    tell(*(dated(action("a", n), ANSWERED["a"]) for n in (0, 1)))
    work(Callback(told.append))
    age(path)
    tell(dated(action("c"), NOW), dated(action("a", 1), ANSWERED["a"]))
    work(Callback(told.append))
    with Journal(path) as journal:
        journal.settle("action/a", acted=False)
    assert work(Callback(told.append), from_earliest=True) == 1
    assert name_of(told) == ["action-a-0", "action-a-1", "action-c-0", "action-a-1"]
    with Journal(path) as journal:
        assert journal.in_doubt() == []
        with pytest.raises(LookupError):
            journal.settle("action/a", acted=True)


def test_a_time_that_the_broker_does_not_confirm_empties_nothing(
    work: Work, tell: Tell, path: Path
) -> None:
    tell(dated(action("a"), ANSWERED["b"]), dated(action("b"), "2099-01-01T00:00:00.000+08:00"))
    work(Callback(lambda _: None))
    assert KEEP_DAYS == 400
    with sqlite3.connect(path) as database:
        ((until_ms,),) = database.execute("SELECT until_ms FROM pruned")
    far = read_answer(b'{"type": "credit.alert.raised", "subject": "s", "data": {"alert_id": "x"}, '
                      b'"time": "2099-01-01T00:00:00.000+08:00"}')  # fmt: skip
    assert far.told_ms is not None
    assert until_ms < far.told_ms - KEEP_DAYS * DAY_MS - 20 * 365 * DAY_MS


def test_pruning_keeps_what_is_in_doubt_open_or_not_yet_sent(path: Path) -> None:
    with Journal(path) as journal:
        for key, state in (("d", "done"), ("b", "begun"), ("o", "open"), ("later", "done")):
            journal.note(key, 0, state, LATE + 1000 if key != "later" else LATE + 2000)  # type: ignore[arg-type]
        journal.note("no-time", 0, "done")
        age(path)
        journal.note("just-now", 0, "done", LATE + 1000)
        bid = Bid(FIRM, (), {FIRM: Share("d", 0, "pass")})
        journal.keep_bid("old", bid, LATE + 1000)
        journal.keep_bid("new", bid, LATE + 2000)
        for name, sent in (("sent", True), ("waits", False)):
            journal.keep_receipt(name, FIRM, b"x", LATE + 1000)
            if sent:
                journal.sent(name)
        assert journal.prune(LATE + 2000) == 3  # d, the old bid, the sent receipt
        assert journal.handed("d") is None
        for key in ("b", "o", "later", "no-time", "just-now"):
            assert journal.handed(key) is not None, key
        assert (journal.bid("old"), journal.bid("new")) == (None, bid)
        assert [row[0] for row in journal.unsent()] == ["waits"]
        assert journal.may_be_forgotten("d", LATE + 1999)
        assert journal.may_be_forgotten("d", None)
        assert not journal.may_be_forgotten("d", LATE + 2000)
        assert not journal.may_be_forgotten("later", LATE + 1999)
        journal.prune(LATE + 1500)  # never back
        assert journal.may_be_forgotten("d", LATE + 1999)


def test_the_later_time_of_a_key_counts_for_all_of_its_revisions(path: Path) -> None:
    with Journal(path) as journal:
        journal.note("a", 0, "done", LATE + 3000)
        journal.note("a", 1, "done", LATE + 1000)  # a clock that went back
        journal.note("a", 2, "done")
        age(path)
        assert journal.prune(LATE + 2000) == 0
        assert journal.prune(LATE + 3001) == 1


def test_a_journal_of_before_is_taken_on_and_forgets_nothing_of_then(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.executescript("""
            CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL);
            CREATE TABLE handed (key TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL,
              at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))) WITHOUT ROWID;
            CREATE TABLE bids (bid TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
            CREATE TABLE receipts (receipt_id TEXT PRIMARY KEY, subject TEXT NOT NULL,
              value BLOB NOT NULL, sent INTEGER NOT NULL) WITHOUT ROWID;
            INSERT INTO handed (key, number, state) VALUES ('action/a', 1, 'done');
        """)
    for _ in range(2):
        with Journal(path) as journal:
            journal.prune(9999)
            assert journal.handed("action/a") == (1, "done")
            journal.note("action/b", 0, "done", 1)
            journal.keep_receipt("r", FIRM, b"x", 1)


def test_a_bid_that_was_forgotten_stands_at_least_as_hold(work: Work, tell: Tell) -> None:
    told: list[Handed] = []
    share = {"consortium_of": {"uscc": FIRM, "source": "/x", "id": "bid"}, "subject": "M1"}
    tell(dated(decision("bid", members=["M1"]), ANSWERED["a"]))
    tell(dated(decision("bid/M1", **share), ANSWERED["a"]), dated(action("c"), NOW))
    work(Callback(told.append))
    tell(dated(decision("bid/M1", sequence=1, **share), NOW))
    work(Callback(told.append))
    standings = [each.standing.verdict for each in told if each.standing]
    assert standings == ["hold", "pass", "hold"]
