"""How an answer leaves us, and what is promised about it through kill -9 and a power cut.

- `Callback`: never called twice for one id and number. Killed within the call, the answer is *in
  doubt*: it may have been acted on or not, is not repeated by itself, and is named at each start.
- `spool.Spool`: one file for one id and number, no more and no fewer.
- `webhook.Webhook`: posted until it is accepted. Killed before the acceptance is noted, it is
  posted again with the same `Idempotency-Key`, by which the other side must know it.
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from consumers.department.answer import Answer
from consumers.department.consortium import Standing
from consumers.department.journal import Journal
from schemas.errors import RetryLaterError


class Handed(Struct, frozen=True):
    """One answer as it is handed over; *standing* says how the bid as a whole stands."""

    answer: Answer
    standing: Standing | None

    @property
    def name(self) -> str:
        """Return what no other answer is called: kind, id, number."""
        return f"{self.answer.kind}-{self.answer.id}-{self.answer.number}"

    def content(self) -> dict[str, Any]:
        """Return it as JSON: `kind`, `id`, `number`, `standing` (of decisions), `message`."""
        told = self.standing
        return {
            "kind": self.answer.kind,
            "id": self.answer.id,
            "number": self.answer.number,
            "standing": told and {
                "verdict": told.verdict,
                "complete": told.complete,
                "worst": told.worst,
                "waiting": told.waiting,
                "members": told.members,
            },
            "message": self.answer.message,
        }  # fmt: skip


class Way(Protocol):
    """Hands over one answer after the other and notes in the journal when that is done."""

    def recover(self, journal: Journal) -> None:
        """Finish or undo what a killed process left, before anything is handed over."""

    def hand_over(self, handed: Handed, journal: Journal) -> None:
        """Return when it is done and noted. Raises: RetryLaterError if it was not done."""


class Callback:
    """Calls a function in this process.

    `RetryLaterError` from it says that nothing was done: it is called again. Anything else that it
    raises stops the client, and the answer stays in doubt until `Journal.settle` says which it is.
    """

    def __init__(self, act: Callable[[Handed], None]) -> None:
        self._act = act

    def recover(self, journal: Journal) -> None:
        """Do nothing: it cannot be known how far a call came that was cut off."""

    def hand_over(self, handed: Handed, journal: Journal) -> None:
        """Note that it is begun, call, note that it is done."""
        answer = handed.answer
        before = journal.handed(answer.key)
        journal.note(answer.key, answer.number, "begun", answer.told_ms)
        try:
            self._act(handed)
        except RetryLaterError:
            journal.restore(answer.key, before)
            raise
        journal.note(answer.key, answer.number, "done", answer.told_ms)
