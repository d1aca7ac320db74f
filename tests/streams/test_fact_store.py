"""A file of facts gives the reports that the core gives, for any history, order and batches."""

import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reporting.fact_store import FactStore
from streams.reporting.read_facts import FactBatch
from streams.rules.feedback_facts import Decided, Tallied
from streams.rules.feedback_report import Facts, reports
from tests.rules.feedback_oracle import expected
from tests.rules.terms import KNOWN, UNKNOWN, law_of
from tests.rules.test_feedback_report import (
    DAYS,
    DEPARTMENTS,
    END,
    FIRST,
    ISSUED,
    facts,
    histories,
    life,
    plain,
)

LOGS = {"credit.tallies": "one"}
SPANS = [(FIRST, END), (date(2026, 6, 1), date(2026, 7, 1)), (END, date(2026, 6, 25))]
DECIDED = st.builds(
    Decided,
    st.tuples(st.just("s"), st.sampled_from("abc")),
    DAYS,
    st.sampled_from(DEPARTMENTS),
    st.just("bidding"),
    st.just("registered"),
    st.sampled_from(["pass", "hold", "deny"]),
)


LAWS = st.sampled_from([KNOWN, UNKNOWN])


def store(folder: str, law: Mapping[str, Any] = KNOWN) -> FactStore:
    return FactStore(Path(folder) / "facts.sqlite3", LOGS, law_of(law))


def take(into: FactStore, known: Facts, cut: Any) -> None:
    """Hand the facts over in two batches; the second begins with some of the first again."""
    halves = [FactBatch(), FactBatch()]
    kinds = {"tallied": known.tallies, "decided": known.decisions}
    kinds |= {"changes": known.changes, "answers": known.answers}
    for name, all_of in kinds.items():
        listed = list(all_of)
        place = cut(len(listed))
        getattr(halves[0], name).extend(listed[:place])
        getattr(halves[1], name).extend(listed[max(place - 1, 0) :])
    for number, batch in enumerate(halves):
        into.take(batch, {("credit.tallies", 0): number})


@settings(max_examples=40, deadline=None)
@given(histories(), st.lists(DECIDED, max_size=6), st.data())
def test_the_file_counts_as_the_core_and_as_the_batch_job(
    raw: Mapping[str, list[bytes]], decided: list[Decided], data: Any
) -> None:
    known = replace(facts(raw), decisions=decided)
    conflict = data.draw(st.booleans())
    if conflict:  # of two tallies with one identity, the lesser counts
        lesser = [Tallied(tally.identity, ()) for tally in list(known.tallies)[:1]]
        known = replace(known, tallies=[*known.tallies, *lesser])
    law = data.draw(LAWS)
    with tempfile.TemporaryDirectory() as folder:
        into = store(folder, data.draw(LAWS))
        take(into, known, lambda most: data.draw(st.integers(0, most)))
        into.close()
        into = store(folder, law)
        with into.snapshot() as seen:
            told = {span: seen.reports(*span, DEPARTMENTS) for span in SPANS}
            days = seen.days()
        into.close()
    for (first, end), found in told.items():
        wanted = reports(known, first, end, DEPARTMENTS, law_of(law))
        assert plain(found) == plain(wanted)
        sums = {name: report.reconciled.sums for name, report in wanted.items()}
        assert {name: report.reconciled.sums for name, report in found.items()} == sums
        if any(plain(found)["city"]["counts"][name] for name in ("events", "issued", "overdue")):
            assert any(first <= day < end for day in days)
        if not conflict:
            assert plain(found) == expected(dict(raw), first, end, DEPARTMENTS, law)


@settings(max_examples=30, deadline=None)
@given(histories(), st.data())
def test_what_changes_the_report_of_a_day_has_touched_it(
    raw: Mapping[str, list[bytes]], data: Any
) -> None:
    early = {name: [m for m in ms if data.draw(st.booleans())] for name, ms in raw.items()}
    with tempfile.TemporaryDirectory() as folder:
        into = store(folder, data.draw(LAWS))
        take(into, facts(early), lambda most: most)
        with into.snapshot() as seen:
            turn, _ = seen.touched()
            told = {day: seen.reports(*day, DEPARTMENTS) for day in _days()}
        into.forget_touched(turn)
        into.close()
        into = store(folder, data.draw(LAWS))  # the catalogue may be another by now
        take(into, facts(raw), lambda most: most)
        with into.snapshot() as seen:
            _, touched = seen.touched()
            for day, was in told.items():
                if plain(seen.reports(*day, DEPARTMENTS)) != plain(was):
                    assert day[0] in touched
        into.close()


def _days() -> list[tuple[date, date]]:
    return [(date(2026, 6, day), date(2026, 6, day + 1)) for day in range(17, 28)]


def test_a_file_of_another_log_is_filled_anew_and_a_known_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite3"
    first = FactStore(path, LOGS, law_of(KNOWN))
    first.take(FactBatch(began_on=date(2026, 6, 18)), {("credit.tallies", 0): 7})
    first.take(FactBatch(began_on=date(2026, 6, 19)), {("credit.tallies", 0): 8})
    first.close()
    again = FactStore(path, LOGS, law_of(KNOWN))
    assert again.positions() == {("credit.tallies", 0): 8}
    with again.snapshot() as seen:
        assert seen.began_on() == date(2026, 6, 18)
    again.close()
    other = FactStore(path, {"credit.tallies": "another"}, law_of(KNOWN))
    assert other.positions() == {}
    other.close()


def test_a_broken_file_is_filled_anew(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    store_ = FactStore(path, LOGS, law_of(KNOWN))
    assert store_.positions() == {}
    store_.close()


def test_a_batch_that_fails_leaves_neither_facts_nor_positions(tmp_path: Path) -> None:
    into = store(str(tmp_path))
    broken = FactBatch(tallied=[Tallied(("s", "t"), ((FIRST, "d", "f", "s", "pass", 1),))])
    broken.decided = [None]  # type: ignore[list-item]
    with pytest.raises(AttributeError):
        into.take(broken, {("credit.tallies", 0): 5})
    assert into.positions() == {}
    with sqlite3.connect(tmp_path / "facts.sqlite3") as db:
        assert db.execute("SELECT count(*) FROM tallied").fetchone() == (0,)
    into.close()


def test_a_new_calendar_touches_what_a_term_was_and_is_and_the_same_one_nothing(
    tmp_path: Path,
) -> None:
    """Overdue since 24 June as told, since 25 June as counted again; what was right stays."""
    told = life(ISSUED, due_on=date(2026, 6, 23), provisional=True)
    fixed = [replace(c, identity=("s", "b"), action_id="b") for c in life(ISSUED)]
    two_days_later = "issued", "in_force", 2 * 24 * 60
    right = life(two_days_later, due_on=date(2026, 6, 24), provisional=True)
    guessed = [replace(c, identity=("s", "c"), action_id="c") for c in right]
    into = store(str(tmp_path), UNKNOWN)
    into.take(FactBatch(changes=[*told, *fixed, *guessed]), {("credit.tallies", 0): 1})
    with into.snapshot() as seen:
        turn, _ = seen.touched()
    into.forget_touched(turn)
    into.close()
    found = []
    for law in (UNKNOWN, KNOWN, KNOWN):
        into = store(str(tmp_path), law)
        with into.snapshot() as seen:
            turn, touched = seen.touched()
        into.forget_touched(turn)
        into.close()
        found.append({day.day for day in touched})
    assert found == [set(), {18, 24, 25}, set()]
