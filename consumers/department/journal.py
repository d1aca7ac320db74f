"""What a department has acted on, durably: one SQLite file, written through to the disk.

Everything that must survive kill -9 and a power cut stands here: the place in the topic, the
newest number handed over of each decision, action and alert, the bids of consortia, and receipts
until Kafka has acknowledged them.
"""

import fcntl
import sqlite3
from pathlib import Path
from typing import IO, Literal, Self

import msgspec

from consumers.alert_place import Place
from consumers.department.consortium import Bid
from consumers.department.journal_tables import NOTE, PRUNE, PRUNED, make_tables
from schemas.errors import StopServiceError

State = Literal["begun", "done", "open"]  # open: somebody said that it was not acted on


class Journal:
    """The file at *path*. Raises: StopServiceError if it cannot be opened or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            path.chmod(0o600)  # it holds which organisation was refused what
            # FULL: what is said to be done is on the disk before anything rests on it. WAL: one
            # fsync for that, and `department receipt` may write beside `watch`.
            self._database.executescript("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL")
            make_tables(self._database)
        except (OSError, sqlite3.Error) as err:
            raise self._stopped(err) from err

    def close(self) -> None:
        """Close the file and let another use it."""
        self._database.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def take_alone(self) -> None:
        """Be the one that hands over. Raises: StopServiceError if another process is."""
        try:
            self._lock = self.path.with_suffix(".lock").open("ab")
        except OSError as err:
            raise self._stopped(err) from err
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            raise StopServiceError(
                f"{self.path}: 另一进程正在使用 / another process hands over with it; "
                "先停止它, 或另设 --journal / stop that one, or name another --journal"
            ) from err

    def place(self) -> Place | None:
        """Return where reading goes on."""
        found = self._run("SELECT value FROM place").fetchone()
        return msgspec.json.decode(found[0], type=Place) if found else None

    def keep_place(self, place: Place) -> None:
        """Go on from *place* next time."""
        self._run("REPLACE INTO place VALUES (1, ?)", msgspec.json.encode(place))

    def handed(self, key: str) -> tuple[int, State] | None:
        """Return the newest number of *key* that was begun or done, and which of the two."""
        found = self._run("SELECT number, state FROM handed WHERE key = ?", key).fetchone()
        return (found[0], found[1]) if found else None

    def note(self, key: str, number: int, state: State, told_ms: int | None = None) -> None:
        """Note that *number* of *key* is begun or done; the message itself tells *told_ms*."""
        self._run(NOTE, key, number, state, told_ms)

    def restore(self, key: str, before: tuple[int, State] | None) -> None:
        """Take back what was noted since *before* was read."""
        if before is None:
            self._run("DELETE FROM handed WHERE key = ?", key)
        else:
            self.note(key, *before)

    def settle(self, key: str, *, acted: bool) -> None:
        """Say of what is in doubt whether it was acted on. Raises: LookupError if it is not.

        If not, that number is handed over by the next `run(from_earliest=True)`; lower ones stay
        out, for they may have been acted on.
        """
        known = self.handed(key)
        if known is None or known[1] != "begun":
            raise LookupError(key)
        self.note(key, known[0], "done" if acted else "open")

    def is_new(self, key: str, number: int) -> bool:
        """Tell whether *number* of *key* is to be handed over, as far as is known here."""
        known = self.handed(key)
        return known is None or known[0] < number or known == (number, "open")

    def may_be_forgotten(self, key: str, told_ms: int | None) -> bool:
        """Tell whether *key*, unknown here, may be of what was pruned: then nobody can say.

        So it is of a message that tells no time, once anything was pruned.
        """
        until = self._run("SELECT until_ms FROM pruned").fetchone()
        if until is None or self.handed(key) is not None:
            return False
        return told_ms is None or told_ms < int(until[0])

    def prune(self, until_ms: int) -> int:
        """Forget what messages told before *until_ms*, and that they did; return how many.

        What is in doubt or open stays, and so do receipts that Kafka has not acknowledged.
        """
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.execute(PRUNED, (until_ms,))
                return sum(self._database.execute(each, (until_ms,)).rowcount for each in PRUNE)
        except sqlite3.Error as err:
            raise self._stopped(err) from err

    def in_doubt(self) -> list[tuple[str, int]]:
        """Return what was begun and not done: it may have been acted on, or not."""
        return self._run(
            "SELECT key, number FROM handed WHERE state = 'begun' ORDER BY at"
        ).fetchall()

    def bid(self, name: str) -> Bid | None:
        """Return what is known of a bid."""
        found = self._run("SELECT value FROM bids WHERE bid = ?", name).fetchone()
        return msgspec.json.decode(found[0], type=Bid) if found else None

    def keep_bid(self, name: str, bid: Bid, told_ms: int | None) -> None:
        """Keep what is known of a bid; its last decision tells *told_ms*."""
        self._run("REPLACE INTO bids VALUES (?, ?, ?)", name, msgspec.json.encode(bid), told_ms)

    def keep_receipt(self, receipt_id: str, subject: str, value: bytes, told_ms: int) -> bytes:
        """Keep a receipt for sending; the same one again is that of the first time."""
        self._run(
            "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, 0, ?)",
            receipt_id, subject, value, told_ms,
        )  # fmt: skip
        found = self._run("SELECT value FROM receipts WHERE receipt_id = ?", receipt_id)
        return bytes(found.fetchone()[0])

    def unsent(self) -> list[tuple[str, str, bytes]]:
        """Return receipts that Kafka has not acknowledged: id, subject, bytes."""
        return self._run(
            "SELECT receipt_id, subject, value FROM receipts WHERE sent = 0"
        ).fetchall()

    def sent(self, receipt_id: str) -> None:
        """Note that Kafka has acknowledged a receipt."""
        self._run("UPDATE receipts SET sent = 1 WHERE receipt_id = ?", receipt_id)

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as err:
            raise self._stopped(err) from err

    def _stopped(self, err: Exception) -> StopServiceError:
        return StopServiceError(
            f"{self.path}: {err}; 无法使用办理记录 / the journal cannot be used; "
            "请检查权限和空间, 或另设 --journal / check rights and space, or name another --journal"
        )
