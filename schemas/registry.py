"""Who may speak and about what: lists, families, departments and items of the catalogue."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Model, Name, Short
from schemas.measure import Code, EntryKind, Level, Title
from schemas.times import Day
from schemas.uscc import Uscc

Duration = Annotated[str, StringConstraints(pattern=r"^P[1-9]\d{0,3}[YMWD]$")]
Interval = Annotated[str, StringConstraints(pattern=r"^(P[1-9]\d{0,3}[WD]|PT[1-9]\d{0,3}[HM])$")]
_UNITS = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes"}


class ListBasis(Model):
    """The article that lets the list exist (设列依据)."""

    act: Name
    article: Short
    level: Level


class Recognition(Model):
    """One agreement by which another place's entries of a list are recognised here (互认).

    `provider` is the CloudEvents source of that place's entries, `jurisdiction` its GB/T 2260 code;
    in force from `from` until `until` (exclusive, null = no end). With `display` officers see the
    entries and nothing rests on them; so it is outside these dates, too.
    """

    provider: Short
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{5}$")]
    from_: Day = Field(alias="from")
    until: Day | None
    effect: Literal["effective", "display"]
    basis: ListBasis

    def holds_on(self, day: date) -> bool:
        """Tell whether the agreement is in force on *day*."""
        return self.from_ <= day and (self.until is None or day < self.until)


class ListSpec(Model):
    """One list: who keeps it, on what basis, who may feed it and how often it is published.

    `authority` is a department's USCC or a department class; `providers` are CloudEvents sources;
    `max_term` is an ISO 8601 duration or null; `publish_interval` one without years and months.
    `recognition`: whose entries of other places are taken in besides.
    """

    code: Code
    kind: EntryKind
    domain: Code
    title: Title
    authority: Short
    providers: Annotated[tuple[Short, ...], Field(min_length=1)]
    basis: ListBasis
    max_term: Duration | None = None
    publish_interval: Interval
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^(CN|[1-9]\d{5})$")]
    verified: bool
    recognition: tuple[Recognition, ...] = ()

    def agreements_with(self, source: str) -> tuple[Recognition, ...]:
        """Return the agreements on the entries of *source*; a provider of our own needs none."""
        return tuple(each for each in self.recognition if each.provider == source)

    def may_enter(self, source: str) -> bool:
        """Tell whether *source* may enter somebody: our own provider, or a recognised one."""
        return source in self.providers or bool(self.agreements_with(source))

    def place_of(self, source: str) -> str | None:
        """Return the code of the place that *source* speaks for, None for a provider of ours."""
        agreements = () if source in self.providers else self.agreements_with(source)
        return agreements[0].jurisdiction if agreements else None

    @property
    def publish_every(self) -> timedelta:
        """The promised interval between two publications; older than that is stale."""
        amount = int(self.publish_interval.strip("PTWDHM"))
        return timedelta(**{_UNITS[self.publish_interval[-1]]: amount})


class Stage(Model):
    """One step: a block may stand only before the decision; nothing holds at a terminal one."""

    stage: Code
    gate: Literal["before", "after"]
    terminal: bool = False


class Family(Model):
    """One kind of matter, its stages in order.

    `open_for_days`: a matter without a terminal stage counts as running for so many days after
    its last event.
    """

    family: Code
    title: Title
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    open_for_days: Annotated[int, Field(ge=1, le=3650)]


class Department(Model):
    """One public body: the families it may report on and the lists it may feed.

    `successor` is the USCC of the body that took over its duties, or null.
    """

    uscc: Uscc
    name: Name
    class_: Code = Field(alias="class")
    families: tuple[Code, ...] = ()
    lists: tuple[Code, ...] = ()
    successor: Uscc | None = None


class Item(Model):
    """One matter that departments handle (事项).

    `safety_critical`: bears on safety, health, life or property; `full_coverage`: every holder is
    inspected (全覆盖); `gaps_allowed`: 容缺受理; `commitment_allowed`: 告知承诺.
    """

    item_code: Short
    title: Title
    department_class: Code
    safety_critical: bool
    full_coverage: bool
    gaps_allowed: bool
    commitment_allowed: bool
