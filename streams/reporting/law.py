"""What of the catalogue reports rest on."""

from __future__ import annotations

from typing import Protocol

from streams.rules.receipt_term import TermLaw


class Law(TermLaw, Protocol):
    """The terms of receipts; two with the same `version` are the same."""

    @property
    def version(self) -> str:
        """The content hash of the catalogue."""
