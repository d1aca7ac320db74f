"""Why a row is refused, in words that a clerk can act on and without the value itself."""

from dataclasses import dataclass

from schemas.errors import Reason


@dataclass(frozen=True, slots=True)
class RowFault:
    """One fault: the closed reason of contracts G, the header, what is wrong, and the cure."""

    reason: Reason
    column: str
    zh: str
    en: str
    cure_zh: str
    cure_en: str

    @property
    def problem(self) -> str:
        """What is wrong, with the column, in both languages."""
        return f"{self.column}: {self.zh} / {self.en}" if self.column else f"{self.zh} / {self.en}"

    @property
    def cure(self) -> str:
        """What to do, in both languages."""
        return f"{self.cure_zh} / {self.cure_en}"


class RowRefusedError(Exception):
    """A row that cannot become a message; `faults` says everything that is wrong with it."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__("; ".join(fault.problem for fault in faults))
        self.faults = tuple(faults)


class NaturalPersonRowError(Exception):
    """A row about a natural person: counted by its line, and nothing of it is kept."""


class CellFaultError(Exception):
    """One cell that cannot be read; the reader of the row adds the column."""

    def __init__(
        self, zh: str, en: str, cure_zh: str, cure_en: str, reason: Reason = Reason.BAD_FIELD
    ) -> None:
        super().__init__(en)
        self.words = (zh, en, cure_zh, cure_en)
        self.reason = reason

    def at(self, column: str) -> RowFault:
        """Return the fault as one of the row, in *column*."""
        return RowFault(self.reason, column, *self.words)
