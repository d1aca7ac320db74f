"""One row of a file as it came."""

from typing import NamedTuple


class Row(NamedTuple):
    """Cells as text without blanks at their ends; `line` is where a clerk finds it, from 1."""

    line: int
    cells: list[str]

    @property
    def empty(self) -> bool:
        """Tell whether no cell holds anything."""
        return not any(self.cells)
