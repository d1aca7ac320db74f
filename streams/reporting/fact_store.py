"""Facts and read positions in one file: a cache of the log, a sixth of its size.

Both change in one transaction, so whoever opens the file after a kill -9 goes on where it stood.
A file of another log, or of another version of the tables, is emptied and filled anew.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from schemas.errors import StopServiceError
from streams.reporting.fact_snapshot import FactSnapshot
from streams.reporting.fact_tables import (
    ADD_ANSWER,
    ADD_CELL,
    ADD_CHANGE,
    ADD_DECIDED,
    ADD_TALLIED,
    FIND_CELL,
    PROVISIONAL,
    SCHEMA,
    SET_TERM,
    TERMS,
    Row,
    answer_row,
    cell_of,
    change_from,
    change_row,
    key_of,
    tallied_rows,
    term_row,
)
from streams.rules.feedback_line import with_terms
from streams.rules.feedback_report import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from streams.reporting.law import Law
    from streams.reporting.read_facts import FactBatch
    from streams.rules.feedback_facts import Decided, Tallied

Place = tuple[str, int]  # topic and partition
VERSION = "2"
_CACHE = "PRAGMA cache_size = -32000"  # KiB


class FactStore:
    """The facts of the log *logs* (what names each topic's log) in the file *path*.

    Provisional terms in it are counted by *law*, and again when it is opened with another.
    One thread takes facts; `snapshot` and `forget_touched` may be used from another.
    """

    def __init__(self, path: Path, logs: Mapping[str, str], law: Law) -> None:
        self._path, self._law = path, law
        path.parent.mkdir(parents=True, exist_ok=True)
        name = json.dumps({"version": VERSION, **dict(sorted(logs.items()))})
        self._db = self._opened(name) or self._fresh(name)
        found = self._db.execute("SELECT max(turn) FROM touched_action").fetchone()[0]
        days = self._db.execute("SELECT max(turn) FROM touched_day").fetchone()[0]
        self._turn = max(found or 0, days or 0)
        self._obey()

    def _opened(self, name: str) -> sqlite3.Connection | None:
        """Return the file as it is, None if it is of no use."""
        if not self._path.exists():
            return None
        with suppress(sqlite3.DatabaseError):
            db = _connect(self._path)
            found = db.execute("SELECT value FROM meta WHERE name = 'log'").fetchone()
            if found and found[0] == name:
                return db
            db.close()
        return None

    def _fresh(self, name: str) -> sqlite3.Connection:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        db = _connect(self._path)
        db.executescript(SCHEMA)
        db.execute("INSERT INTO meta VALUES ('log', ?)", (name,))
        return db

    def close(self) -> None:
        """Leave the file as it stands."""
        self._db.close()

    def positions(self) -> dict[Place, int]:
        """Return the next offset to read of each partition that was read."""
        rows = self._db.execute("SELECT topic, part, next FROM position")
        return {(topic, part): following for topic, part, following in rows}

    def take(self, batch: FactBatch, positions: Mapping[Place, int]) -> None:
        """Add the facts of *batch*, each once; then everything before *positions* is known."""
        self._turn += 1
        db = self._db
        with _transaction(db):
            days = self._take_tallied(batch.tallied)
            days |= self._take_decided(batch.decided)
            db.executemany(ADD_CHANGE, map(change_row, batch.changes))
            db.executemany(ADD_ANSWER, map(answer_row, batch.answers))
            actions = {fact.action_id for fact in batch.changes}
            self._count_terms(
                of
                for of in actions
                if db.execute(f"{PROVISIONAL} AND action_id = ?", (of,)).fetchone()
            )
            actions |= {fact.action_id for fact in batch.answers}
            self._touch(days, actions)
            if batch.began_on is not None:
                db.execute(
                    "INSERT INTO meta VALUES ('began_on', ?) ON CONFLICT (name) "
                    "DO UPDATE SET value = excluded.value WHERE excluded.value < meta.value",
                    (batch.began_on.isoformat(),),
                )
            db.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?)",
                ((topic, part, following) for (topic, part), following in positions.items()),
            )

    def _touch(self, days: Iterable[str], actions: Iterable[str]) -> None:
        """Remember that reports of *days*, and of the days of *actions*, may have changed."""
        for table, touched in (("touched_day", days), ("touched_action", actions)):
            self._db.executemany(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608 - our own names
                ((each, self._turn) for each in touched),
            )

    def _obey(self) -> None:
        """Count the provisional terms again if they were counted by another law."""
        known = self._db.execute("SELECT value FROM meta WHERE name = 'law'").fetchone()
        if known == (self._law.version,):
            return
        self._turn += 1
        with _transaction(self._db):
            self._count_terms([of for (of,) in self._db.execute(PROVISIONAL)])
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('law', ?)", (self._law.version,))

    def _count_terms(self, actions: Iterable[str]) -> None:
        """Count the provisional terms of *actions*; touch those whose term is another one now."""
        for action_id in actions:
            rows = self._db.execute(TERMS, (action_id,)).fetchall()
            before = {row[2:4]: row[:2] for row in rows}
            history = sorted((change_from(row[2:]) for row in rows), key=in_order)
            for change in with_terms(history, self._law):
                of, now = change.identity, term_row(change)
                if change.due_provisional and now != before[of]:
                    self._db.execute(SET_TERM, (*now, *of))
                    owed_before = before[of][0]  # a report that told it overdue no longer does
                    self._touch([owed_before] if owed_before else (), [action_id])

    def _take_tallied(self, facts: list[Tallied]) -> set[str]:
        """Add tallies, of two with one identity the lesser; return the days that this changed."""
        changed: set[str] = set()
        for fact in facts:
            key, rows = key_of(fact.identity), tallied_rows(fact)
            known: list[Row] = self._db.execute(
                "SELECT * FROM tallied WHERE key = ? ORDER BY place", (key,)
            ).fetchall()
            if known and known <= rows:
                continue
            self._db.execute("DELETE FROM tallied WHERE key = ?", (key,))
            self._db.executemany(ADD_TALLIED, rows)
            changed.update(row[2] for row in (*known, *rows) if row[3])
        return changed

    def _take_decided(self, facts: list[Decided]) -> set[str]:
        """Add first decisions, of two with one identity the lesser; return their days."""
        cells: dict[Row, int] = {}
        rows: list[Row] = []
        for fact in facts:
            cell = cell_of(fact)
            if cell not in cells:
                self._db.execute(ADD_CELL, cell)
                cells[cell] = self._db.execute(FIND_CELL, cell).fetchone()[0]
            rows.append((key_of(fact.identity), cells[cell]))
        self._db.executemany(ADD_DECIDED, rows)
        return {cell[0] for cell in cells}

    def forget_touched(self, turn: int) -> None:
        """Forget what was touched up to *turn* of a snapshot: its reports are published."""
        with closing(_connect(self._path)) as db, _transaction(db):
            db.execute("DELETE FROM touched_day WHERE turn <= ?", (turn,))
            db.execute("DELETE FROM touched_action WHERE turn <= ?", (turn,))

    @contextmanager
    def snapshot(self) -> Iterator[FactSnapshot]:
        """Yield the facts and positions of this moment; what is taken meanwhile is not in it."""
        with closing(_connect(self._path)) as db:
            db.execute("BEGIN")
            yield FactSnapshot(db, self._law)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    db.execute("PRAGMA journal_mode = WAL")
    # A power cut may lose the last transactions, never their order: they are read again.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(_CACHE)
    return db


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except sqlite3.OperationalError as err:
        raise StopServiceError(
            f"feedback: 无法写入事实文件 / the file of facts cannot be written ({err}); "
            "请检查 CREDIT_STATE_DIR 的磁盘 / check the disk of CREDIT_STATE_DIR"
        ) from err
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
