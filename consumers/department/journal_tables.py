"""The tables of a journal, and what an older journal lacks of them.

`told_ms` is the time that a message itself tells, in milliseconds since 1970: by it rows are
forgotten, and by it alone what was forgotten can be known again (`pruned`).
"""

import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pruned (
  one INTEGER PRIMARY KEY CHECK (one = 1), until_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS handed (
  key TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL DEFAULT
  (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), told_ms INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bids (
  bid TEXT PRIMARY KEY, value BLOB NOT NULL, told_ms INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
  receipt_id TEXT PRIMARY KEY, subject TEXT NOT NULL, value BLOB NOT NULL, sent INTEGER NOT NULL,
  told_ms INTEGER) WITHOUT ROWID;
"""
_TOLD = ("handed", "bids", "receipts")


NOTE = """
INSERT INTO handed (key, number, state, told_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET number = excluded.number, state = excluded.state,
  at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
  told_ms = max(coalesce(told_ms, excluded.told_ms), coalesce(excluded.told_ms, told_ms))
"""
PRUNED = """
INSERT INTO pruned VALUES (1, ?)
ON CONFLICT (one) DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)
"""
# What was old when it came is kept as long as the rest: it may well come again soon.
PRUNE = (
    """DELETE FROM handed WHERE told_ms < ?1 AND state = 'done'
       AND at < strftime('%Y-%m-%dT%H:%M:%fZ', ?1 / 1000.0, 'unixepoch')""",
    "DELETE FROM bids WHERE told_ms < ?1",
    "DELETE FROM receipts WHERE told_ms < ?1 AND sent = 1",
)


def make_tables(database: sqlite3.Connection) -> None:
    """Make what is missing; rows of an older journal tell no time and are kept for ever."""
    database.executescript(_TABLES)
    for table in _TOLD:
        columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if "told_ms" not in columns:
            database.execute(f"ALTER TABLE {table} ADD COLUMN told_ms INTEGER")
