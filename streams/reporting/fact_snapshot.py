"""What the facts of one moment say: the reports of a period, and which periods there are."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from schemas.feedback_counts import TopicRead
from streams.reporting.fact_tables import (
    ANSWER_COLUMNS,
    CHANGE_COLUMNS,
    answer_from,
    change_from,
)
from streams.rules.feedback_report import PeriodCount, in_order

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from streams.reporting.fact_tables import Row
    from streams.rules.feedback_facts import Answer, Change
    from streams.rules.feedback_report import PeriodReport
    from streams.rules.receipt_term import TermLaw

# Whatever counts in a period has a row with one of these days in it.
_ACTION_DAYS = (
    ("change", "day"),
    ("change", "objection_day"),
    ("change", "owed_on"),
    ("answer", "day"),
)
_DAYS = (("tallied", "day"), ("cell", "day"), *_ACTION_DAYS)
_NO_DAY = date.min.isoformat()  # of a tally without counts


class FactSnapshot:
    """The facts in *db*, in a read transaction of its own; terms are those of *law*."""

    def __init__(self, db: sqlite3.Connection, law: TermLaw) -> None:
        self._db, self._law = db, law

    def read(self) -> list[TopicRead]:
        """Return how far each partition was read."""
        rows = self._db.execute("SELECT topic, part, next FROM position ORDER BY topic, part")
        return [TopicRead(topic=t, partition=p, until_offset=n) for t, p, n in rows]

    def began_on(self) -> date | None:
        """Return the first day on which the trigger decided anything, by its clock."""
        found = self._db.execute("SELECT value FROM meta WHERE name = 'began_on'").fetchone()
        return found and date.fromisoformat(found[0])

    def days(self) -> set[date]:
        """Return every day on which a fact counts, or may count."""
        found: set[str] = set()
        for table, column in _DAYS:
            day = _NO_DAY
            # One look at the index for each day, not one for each fact.
            ask = f"SELECT min({column}) FROM {table} WHERE {column} > ?"  # noqa: S608 - our names
            while (day := self._db.execute(ask, (day,)).fetchone()[0]) is not None:
                found.add(day)
        return {date.fromisoformat(day) for day in found}

    def touched(self) -> tuple[int, set[date]]:
        """Return the days whose counts may have changed, and the turn up to which that is said."""
        parts = [
            f"SELECT f.{column} FROM touched_action t JOIN {table} f USING (action_id) "  # noqa: S608
            f"WHERE f.{column} IS NOT NULL"
            for table, column in _ACTION_DAYS
        ]
        days = self._db.execute(" UNION ".join(["SELECT day FROM touched_day", *parts]))
        found = {date.fromisoformat(day) for (day,) in days}
        turns = self._db.execute(
            "SELECT max(turn) FROM (SELECT turn FROM touched_day UNION ALL "
            "SELECT turn FROM touched_action)"
        )
        return turns.fetchone()[0] or 0, found

    def reports(self, first: date, end: date, owing: Iterable[str]) -> Mapping[str, PeriodReport]:
        """Return what `feedback_report.reports` makes of the same facts, action by action."""
        count = PeriodCount(first, end, owing, self._law)
        within = first.isoformat(), end.isoformat()
        for *cell, n in self._db.execute(
            "SELECT department, family, stage, verdict, sum(n) FROM tallied "
            "WHERE day >= ? AND day < ? GROUP BY department, family, stage, verdict",
            within,
        ):
            department, family, stage, verdict = cell
            count.tallied((first, department, family, stage, verdict), n)
        for department, verdict, n in self._db.execute(
            "SELECT department, verdict, sum(n) FROM cell "
            "WHERE day >= ? AND day < ? GROUP BY department, verdict",
            within,
        ):
            count.decided(first, department, verdict, n)
        for history, answers in self._actions(within):
            count.action(history, answers)
        return count.told(self.read())

    def _actions(self, within: tuple[str, str]) -> Iterator[tuple[list[Change], list[Answer]]]:
        """Yield every action that may count from one day to another, whole, by their ids."""
        found = " UNION ".join(
            f"SELECT action_id FROM {table} WHERE {column} >= ? AND {column} < ?"  # noqa: S608
            for table, column in _ACTION_DAYS
        )
        self._db.execute("CREATE TEMP TABLE counted (action_id TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            self._db.execute(f"INSERT INTO counted {found}", within * len(_ACTION_DAYS))
            changes = self._by_action("change", CHANGE_COLUMNS)
            answers = self._by_action("answer", ANSWER_COLUMNS)
            history, said = next(changes, None), next(answers, None)
            while history or said:
                of = min(each[0] for each in (history, said) if each)
                own_changes, own_answers = [], []
                if history and history[0] == of:
                    own_changes = sorted(map(change_from, history[1]), key=in_order)
                    history = next(changes, None)
                if said and said[0] == of:
                    own_answers = [answer_from(row) for row in said[1]]
                    said = next(answers, None)
                yield own_changes, own_answers
        finally:
            self._db.execute("DROP TABLE counted")

    def _by_action(self, table: str, columns: str) -> Iterator[tuple[str, list[Row]]]:
        rows = self._db.execute(
            f"SELECT {columns} FROM counted CROSS JOIN {table} USING (action_id) "  # noqa: S608
            "ORDER BY counted.action_id"
        )
        for of, group in groupby(rows, itemgetter(2)):
            yield of, list(group)
