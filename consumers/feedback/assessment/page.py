"""What a printable report consists of; HTML and PDF are made of the same parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Both = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is no count, in words: `97.5%`."""

    text: str


Cell = str | int | Both | Figure | None  # None: what does not exist, such as a median of nothing


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Both


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; *widths* are shares of the page, of any sum."""

    head: Sequence[Both]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of horizontal bars: for each label one bar a series, with its number beside it."""

    title: Both
    series: Sequence[Both]
    rows: Sequence[tuple[Both, Sequence[int]]]

    @property
    def longest(self) -> int:
        """Return the number that the longest bar stands for, 1 at least."""
        return max((n for _, numbers in self.rows for n in numbers), default=0) or 1


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: Both
    parts: Sequence[Paragraph | Table | Bars]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report; *blanks* are lines that are filled in and signed by hand.

    *as_of*: the first day that is out of the period; a report carries no other date.
    """

    as_of: date
    title: Both
    subtitle: Both
    sections: Sequence[Section]
    blanks: Sequence[Both]


SHADES = ("#1f4e79", "#5b9bd5", "#c9c9c9")  # told apart in grey, too; a chart has three at most


def number_text(number: int) -> str:
    """Return *number* with its thousands apart."""
    return f"{number:,}"
