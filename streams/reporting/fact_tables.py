"""The tables in which facts lie, and facts as their rows: days as text, instants in microseconds.

Text sorts as it does in Python, so of two facts with one identity SQL finds the lesser as the
core does (`once_each`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from streams.rules.feedback_facts import NO_OBJECTION, Answer, Change, Decided, Tallied, day_of
from streams.rules.feedback_line import owed_on

if TYPE_CHECKING:
    from streams.rules.feedback_facts import Identity

Row = tuple[Any, ...]

# `day` is the day on which a row counts; `owed_on` and `objection_day` are further days on which
# an action may count. `term` is a provisional `due_on` as it counts now: it and the `owed_on` of
# such a row rest on the calendar and on other revisions; FactStore fills them in. Of decisions and
# tallies the identity is kept as a hash: one for each event, with the cell in which it counts.
# Hashes come in no order, so little may be kept with each.
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE position (topic TEXT, part INT, next INT NOT NULL, PRIMARY KEY (topic, part))
  WITHOUT ROWID;
CREATE TABLE tallied (key BLOB, place INT, day TEXT, department TEXT, family TEXT, stage TEXT,
  verdict TEXT, n INT, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE INDEX tallied_day ON tallied (day, department, family, stage, verdict, n);
CREATE TABLE cell (id INTEGER PRIMARY KEY, day TEXT, department TEXT, family TEXT, stage TEXT,
  verdict TEXT, n INT NOT NULL DEFAULT 0, UNIQUE (day, department, family, stage, verdict));
CREATE TABLE decided (key BLOB PRIMARY KEY, cell INT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER one_more AFTER INSERT ON decided BEGIN
  UPDATE cell SET n = n + 1 WHERE id = new.cell; END;
CREATE TRIGGER another AFTER UPDATE ON decided BEGIN
  UPDATE cell SET n = n - 1 WHERE id = old.cell; UPDATE cell SET n = n + 1 WHERE id = new.cell; END;
CREATE TABLE change (source TEXT, id TEXT, action_id TEXT, revision INT, change TEXT, at INT,
  department TEXT, measure_id TEXT, measure_version TEXT, effect TEXT, state TEXT, due_on TEXT,
  due_provisional INT, reason TEXT, objection_at INT, day TEXT, objection_day TEXT, owed_on TEXT,
  term TEXT, PRIMARY KEY (source, id)) WITHOUT ROWID;
CREATE INDEX change_action ON change (action_id);
CREATE INDEX change_day ON change (day, action_id);
CREATE INDEX change_objection ON change (objection_day, action_id)
  WHERE objection_day IS NOT NULL;
CREATE INDEX change_owed ON change (owed_on, action_id) WHERE owed_on IS NOT NULL;
CREATE INDEX change_provisional ON change (action_id) WHERE due_provisional;
CREATE TABLE answer (source TEXT, id TEXT, action_id TEXT, department TEXT, at INT,
  receipt_id TEXT, outcome TEXT, reason_code TEXT, day TEXT, PRIMARY KEY (source, id))
  WITHOUT ROWID;
CREATE INDEX answer_action ON answer (action_id);
CREATE INDEX answer_day ON answer (day, action_id);
CREATE TABLE touched_day (day TEXT PRIMARY KEY, turn INT NOT NULL) WITHOUT ROWID;
CREATE TABLE touched_action (action_id TEXT PRIMARY KEY, turn INT NOT NULL) WITHOUT ROWID;
"""


def _upsert(table: str, identity: str, rest: str) -> str:
    """Return SQL that inserts a row, or takes it instead of a greater one of the same identity."""
    columns = [name.strip() for name in rest.split(",")]
    theirs = ", ".join(f"excluded.{name}" for name in columns)
    ours = ", ".join(f"{table}.{name}" for name in columns)
    places = ", ".join("?" * (len(columns) + len(identity.split(","))))
    return (
        f"INSERT INTO {table} ({identity}, {rest}) VALUES ({places}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({identity}) DO UPDATE SET ({rest}) = ({theirs}) "
        f"WHERE ({theirs}) < ({ours})"
    )


# What is derived stands last: rows that are equal before it are equal in it, too.
_CELL = "day, department, family, stage, verdict"
ADD_CELL = f"INSERT OR IGNORE INTO cell ({_CELL}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - our names
FIND_CELL = (
    "SELECT id FROM cell WHERE day = ? AND department = ? AND family = ? AND stage = ? "
    "AND verdict = ?"
)
ADD_DECIDED = (
    "INSERT INTO decided VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET cell = excluded.cell "  # noqa: S608 - our own names
    "WHERE excluded.cell != decided.cell "
    f"AND (SELECT {_CELL} FROM cell WHERE id = excluded.cell) "
    f"< (SELECT {_CELL} FROM cell WHERE id = decided.cell)"
)
_CHANGE = (
    "action_id, revision, change, at, department, measure_id, measure_version, effect, state, "
    "due_on, due_provisional, reason, objection_at"
)
_ANSWER = "action_id, department, at, receipt_id, outcome, reason_code"
ADD_CHANGE = _upsert("change", "source, id", f"{_CHANGE}, day, objection_day, owed_on")
ADD_ANSWER = _upsert("answer", "source, id", f"{_ANSWER}, day")
ADD_TALLIED = "INSERT INTO tallied VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
CHANGE_COLUMNS, ANSWER_COLUMNS = f"source, id, {_CHANGE}", f"source, id, {_ANSWER}"
PROVISIONAL = "SELECT DISTINCT action_id FROM change WHERE due_provisional"
TERMS = f"SELECT owed_on, term, {CHANGE_COLUMNS} FROM change WHERE action_id = ?"  # noqa: S608 - our names
SET_TERM = "UPDATE change SET owed_on = ?, term = ? WHERE source = ? AND id = ?"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def key_of(identity: Identity) -> bytes:
    """Return a hash of *identity* that no two of them share."""
    return blake2b("\n".join(identity).encode(), digest_size=16).digest()


def cell_of(fact: Decided) -> Row:
    """Return the cell in which *fact* counts, as ADD_CELL and FIND_CELL want it."""
    return fact.day.isoformat(), fact.department, fact.family, fact.stage, fact.verdict


def tallied_rows(fact: Tallied) -> list[Row]:
    """Return *fact* as rows of `tallied`; one without counts keeps an empty row as its trace."""
    key = key_of(fact.identity)
    counts = fact.counts or ((date.min, "", "", "", "", 0),)
    return [(key, place, day.isoformat(), *of) for place, (day, *of) in enumerate(counts)]


def change_row(fact: Change) -> Row:
    """Return *fact* as ADD_CHANGE wants it."""
    owed = None if fact.due_provisional else owed_on(fact)
    marked = None if fact.objection_at == NO_OBJECTION else day_of(fact.objection_at).isoformat()
    return (
        *fact.identity,
        *(fact.action_id, fact.revision, fact.change, _micros(fact.at)),
        *(fact.department, fact.measure_id, fact.measure_version, fact.effect, fact.state),
        *(fact.due_on.isoformat(), fact.due_provisional, fact.reason, _micros(fact.objection_at)),
        *(day_of(fact.at).isoformat(), marked, owed and owed.isoformat()),
    )


def change_from(row: Row) -> Change:
    """Return the fact of a row of CHANGE_COLUMNS."""
    source, id_, action_id, revision, change, at, *of, due_on, provisional, reason, marked = row
    term = date.fromisoformat(due_on), bool(provisional)
    fields = action_id, revision, change, _instant(at), *of, *term, reason, _instant(marked)
    return Change((source, id_), *fields)


def term_row(fact: Change) -> Row:
    """Return the `owed_on` and `term` of *fact*, one of a history `with_terms`."""
    owed = owed_on(fact)
    return owed and owed.isoformat(), fact.due_on.isoformat()


def answer_row(fact: Answer) -> Row:
    """Return *fact* as ADD_ANSWER wants it."""
    return (
        *fact.identity,
        *(fact.action_id, fact.department, _micros(fact.at), fact.receipt_id),
        *(fact.outcome, fact.reason_code, day_of(fact.at).isoformat()),
    )


def answer_from(row: Row) -> Answer:
    """Return the fact of a row of ANSWER_COLUMNS."""
    source, id_, action_id, department, at, *of = row
    return Answer((source, id_), action_id, department, _instant(at), *of)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
