"""`department doubts` and `settle`: what is listed, what is said of it, and the refusals."""

import json
from pathlib import Path

import pytest

from consumers.department.journal import Journal
from tests.cli.conftest import Run
from tests.cli.recorded import FINANCE

OF = ("--department", FINANCE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one thing in doubt and one done, where the commands look for it."""
    file = tmp_path / "state" / "department" / f"{FINANCE}.sqlite3"
    with Journal(file) as journal:
        journal.note("action/a", 2, "begun", 1000)
        journal.note("action/b", 0, "done", 1000)
    return file


def test_what_is_in_doubt_is_listed_and_is_a_finding(run: Run, path: Path) -> None:
    ran = run("department", "doubts", *OF)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[0] == "action/a  2"
    told = run("department", "doubts", *OF, "--json")
    assert json.loads(told.out) == {"in_doubt": [{"key": "action/a", "number": 2}]}
    assert path.exists()


@pytest.mark.parametrize(("way", "state"), [("--acted", "done"), ("--not-acted", "open")])
def test_what_is_settled_is_in_doubt_no_more(run: Run, path: Path, way: str, state: str) -> None:
    assert run("department", "settle", "action/a", *OF, way).code == 0
    with Journal(path) as journal:
        assert journal.handed("action/a") == (2, state)
    ran = run("department", "doubts", *OF)
    assert (ran.code, ran.err) == (0, "")
    again = run("department", "settle", "action/a", *OF, way)
    assert (again.code, again.out, len(again.err.splitlines())) == (1, "", 1)


@pytest.mark.usefixtures("path")
def test_what_is_done_or_unknown_cannot_be_settled(run: Run) -> None:
    for key in ("action/b", "action/none"):
        ran = run("department", "settle", key, *OF, "--not-acted")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
        assert "doubts" in ran.err


def test_while_a_client_hands_over_nothing_is_settled(run: Run, path: Path) -> None:
    with Journal(path) as held:
        held.take_alone()
        ran = run("department", "settle", "action/a", *OF, "--acted")
        assert (ran.code, len(ran.err.splitlines())) == (3, 1)
        assert held.handed("action/a") == (2, "begun")


def test_a_journal_that_is_not_there_is_not_made(run: Run, tmp_path: Path) -> None:
    ran = run("department", "doubts", *OF, "--journal", str(tmp_path / "none.sqlite3"))
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.usefixtures("path")
def test_one_of_the_two_must_be_said(run: Run) -> None:
    ran = run("department", "settle", "action/a", *OF)
    assert (ran.code, ran.out) == (2, "")
    assert "--not-acted" in ran.err


def test_a_journal_is_kept_longer_than_answers_lie_on_their_topic(run: Run) -> None:
    ran = run("department", "watch", *OF, "--keep-days", "30")
    assert (ran.code, ran.out) == (2, "")
    assert "60" in ran.err
