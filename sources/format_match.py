"""Which format a header belongs to, and which of its columns stand where."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sources.errors import UnusableFileError
from sources.file_format import FileFormat, normalise_header

# What a clerk finds at the end of a row of a rejects file; ignored when it comes back.
REJECT_COLUMNS = ("拒收行号 line", "拒收原因 reason", "如何更正 what to do")
_OURS = frozenset(map(normalise_header, REJECT_COLUMNS))


@dataclass(frozen=True)
class Match:
    """A format laid over a header: `places` has for each column of the format its cell or None."""

    format: FileFormat
    header: tuple[str, ...]
    places: tuple[int | None, ...]
    missing: tuple[str, ...]
    unknown: tuple[int, ...]

    @property
    def score(self) -> int:
        """How many columns of the format the header has."""
        return sum(place is not None for place in self.places)


def lay_over(found: FileFormat, header: Sequence[str], *, department_given: bool) -> Match:
    """Return *found* laid over *header*, with the headers that it misses.

    Raises: UnusableFileError if a header of the format stands twice.
    """
    at: dict[str, int] = {}
    twice: set[str] = set()
    for place, name in enumerate(map(normalise_header, header)):
        if name in at:
            twice.add(name)
        at.setdefault(name, place)
    places: list[int | None] = []
    for column in found.columns:
        here = [at[name] for name in map(normalise_header, column.names) if name in at]
        if len(here) > 1 or twice & set(map(normalise_header, column.names)):
            raise UnusableFileError(
                f"列重复 / a column stands twice: {column.names[0]};"
                " 删去一列 / delete one of the two"
            )
        places.append(here[0] if here else None)
    used = {place for place in places if place is not None}
    unknown = tuple(
        place
        for place, name in enumerate(map(normalise_header, header))
        if name and place not in used and name not in _OURS
    )
    missing = _missing(found, places, department_given=department_given)
    return Match(found, tuple(header), tuple(places), missing, unknown)


def _missing(
    found: FileFormat, places: Sequence[int | None], *, department_given: bool
) -> tuple[str, ...]:
    """Return what the header lacks: required columns, and fields that nothing fills."""
    lacking = [
        column.names[0]
        for column, place in zip(found.columns, places, strict=True)
        if column.required and place is None
    ]
    filled = {
        column.to for column, place in zip(found.columns, places, strict=True) if place is not None
    } | set(found.fixed)
    if found.stage is not None:
        filled.add("stage")
    needs = {"subject", "subject_name"} | ({"department", "stage"} if found.family else set())
    if department_given:
        needs.discard("department")
    for field in sorted(needs - filled):
        names = [c.names[0] for c in found.columns if c.to == field]
        if not set(names) & set(lacking):
            hint = " (--department)" if field == "department" else ""
            lacking.append("|".join(names or [field]) + hint)
    return tuple(lacking)


def find_match(
    formats: Mapping[str, FileFormat],
    heads: Iterable[Sequence[str]],
    *,
    department_given: bool,
) -> tuple[Match, int]:
    """Return the one format that a row of *heads* is the header of, and that row's number (0 on).

    *heads* are the first rows of a table: a title may stand above the header.
    Raises: UnusableFileError if no format fits, or several fit as well as each other.
    """
    matches = [
        (lay_over(found, head, department_given=department_given), number)
        for number, head in enumerate(heads)
        for found in formats.values()
    ]
    complete = [pair for pair in matches if not pair[0].missing]
    if complete:
        best = max(match.score for match, _ in complete)
        winners = [pair for pair in complete if pair[0].score == best]
        if len({match.format.format for match, _ in winners}) == 1:
            return winners[0]
        names = ", ".join(sorted(match.format.format for match, _ in winners))
        raise UnusableFileError(
            f"表头符合多种格式 / the header fits several formats: {names};"
            " 用 --format 指定其一 / choose one with --format"
        )
    raise UnusableFileError(_nearest(formats, matches))


def _nearest(formats: Mapping[str, FileFormat], matches: list[tuple[Match, int]]) -> str:
    names = ", ".join(sorted(formats))
    nearest = max((match for match, _ in matches), key=lambda match: match.score, default=None)
    if nearest is None or nearest.score == 0:
        return (
            "未找到任何已知格式的表头 / no header of a known format in the first rows;"
            f" 已知格式 / known: {names}; 新格式见 docs/formats.md / add a format file"
        )
    return (
        f"没有完全符合的格式 / no format fits; 最接近 / nearest: {nearest.format.format},"
        f" 缺少列 / missing: {', '.join(nearest.missing)};"
        f" 补上这些列或用 --format 指定 / add them, or choose with --format among: {names}"
    )
