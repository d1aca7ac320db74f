"""One measure of the catalogue: what law lets a department do on which listing, at which step.

A file of `catalogue/measures/` is one `Measure` with one effect (contracts C). Intervals are from
inclusive, until exclusive. What one file alone can prove is checked here; what needs the other
files (lists, families, items, examples) is checked where the catalogue is built.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Model, Name, Short

MeasureId = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=64)]
# The unit is the end of the name, so that no number of the law travels without one.
ParameterName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9_]*_(fen|days|working_days|months|years|percent|per_year)$",
        max_length=64,
    ),
]
WorkingDays = Annotated[int, Field(ge=1, le=250)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)]


class EntryKind(StrEnum):
    """What a list is (contracts A): it decides what may rest on it."""

    SERIOUS = "serious"
    BAN = "ban"
    RECORD = "record"
    FOCUS = "focus"
    RED = "red"


class Polarity(StrEnum):
    """Whether a measure burdens, rewards or only watches."""

    PUNISH = "punish"
    REWARD = "reward"
    SUPERVISE = "supervise"


class Force(StrEnum):
    """Whether the law commands the measure (应当) or leaves it to the officer (可以)."""

    MANDATORY = "mandatory"
    DISCRETIONARY = "discretionary"


class Effect(StrEnum):
    """What a measure does to the matter (contracts C)."""

    BLOCK = "block"
    REFER = "refer"
    CLAWBACK = "clawback"
    NORMAL_CHANNEL = "normal_channel"
    INSPECT_UP = "inspect_up"
    PRIORITY = "priority"
    ACCEPT_WITH_GAPS = "accept_with_gaps"
    TIE_BREAK = "tie_break"
    PREFILL = "prefill"
    FLAG = "flag"
    RECOMMEND = "recommend"
    INSPECT_DOWN = "inspect_down"
    OFFER_COMMITMENT = "offer_commitment"
    FEE_REDUCTION = "fee_reduction"
    PUSH_FINANCING = "push_financing"


class Level(StrEnum):
    """Rank of the text that a basis stands in.

    `central_document` is one of the Party Centre or the State Council.
    """

    LAW = "law"
    ADMIN_REGULATION = "admin_regulation"
    JUDICIAL_INTERPRETATION = "judicial_interpretation"
    CENTRAL_DOCUMENT = "central_document"
    LOCAL_REGULATION = "local_regulation"
    DEPARTMENT_RULE = "department_rule"
    NORMATIVE_DOCUMENT = "normative_document"
    TENDER_TEXT = "tender_text"


PUNISHING = frozenset({Effect.BLOCK, Effect.REFER, Effect.CLAWBACK})
POLARITIES: dict[Effect, frozenset[Polarity]] = {
    **dict.fromkeys(PUNISHING, frozenset({Polarity.PUNISH})),
    Effect.NORMAL_CHANNEL: frozenset({Polarity.PUNISH, Polarity.SUPERVISE}),
    Effect.INSPECT_UP: frozenset({Polarity.PUNISH, Polarity.SUPERVISE}),
    **{
        effect: frozenset({Polarity.REWARD})
        for effect in Effect
        if effect not in PUNISHING | {Effect.NORMAL_CHANNEL, Effect.INSPECT_UP}
    },
}
CAN_STOP = frozenset({Effect.BLOCK, Effect.REFER})  # effects that reach the verdict
AWAITS_REVIEW = frozenset(
    {Effect.REFER, Effect.CLAWBACK, Effect.FEE_REDUCTION, Effect.PUSH_FINANCING}
)


class Title(Model):
    """A text in Chinese with its English beside it."""

    zh: Name
    en: Name


class LegalBasis(Model):
    """One article; `jurisdiction` is `CN` or the GB/T 2260 code of the place where it binds.

    `url` is null only for a tender's own text, which has no public address.
    """

    act: Name
    article: Short
    level: Level
    url: Url | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^(CN|[1-9]\d{5})$")] = "CN"


class AppliesTo(Model):
    """The connected-matter test: which listings touch which step of which matter.

    `kinds`, `domains` and `lists` narrow each other (all that are given must hold, an empty one
    asks nothing, at least one is given); a `ban` or `record` list counts only where it stands in
    `lists`. `items` empty means every item.
    """

    kinds: tuple[EntryKind, ...] = ()
    domains: tuple[Code, ...] = ()
    lists: tuple[Code, ...] = ()
    families: Annotated[tuple[Code, ...], Field(min_length=1)]
    stages: Annotated[tuple[Code, ...], Field(min_length=1)]
    items: tuple[Short, ...] = ()


class DatedValue(Model):
    """A number of the law from `since` on, in the unit that ends the parameter's name.

    It holds until the next value's `since`; `until` (exclusive) may say so again or, on the last
    value, close it together with the measure.
    """

    since: date
    value: int
    source: Name
    until: date | None = None


class Term(Model):
    """How long an action of this measure lasts.

    `ends`: `entry` with the listing, `matter` with the matter, `event` at once. `max` names the
    parameter (`_days`, `_months` or `_years`) that caps it, counted from the entry's
    `effective_from`.
    """

    ends: Literal["entry", "matter", "event"]
    max: ParameterName | None = None
    text: Title


class ObjectTo(Model):
    """Where an objection goes and how fast it is answered."""

    to: Title
    within: Title


class ReconsiderBy(Model):
    """The body for administrative reconsideration (行政复议) and the time for it."""

    body: Title
    within: Title


class SueAt(Model):
    """The court for administrative litigation (行政诉讼) and the time for it."""

    court: Title
    within: Title


class NoticeText(Model):
    """What the organisation is told beside facts, basis and term: the due-process packet."""

    measure: Title
    remove: Title
    object: ObjectTo
    reconsider: ReconsiderBy
    sue: SueAt
    repair: Title


class GivenEvent(Model):
    """The event of an example; what it leaves out is neutral."""

    family: Code
    stage: Code
    department_class: Code | None = None
    item_code: Short = ""
    amount_fen: Annotated[int, Field(ge=0)] | None = None
    region: Short | None = None
    attributes: dict[str, bool | int | str] = Field(default_factory=dict)


class GivenEntry(Model):
    """The list entry of an example; kind and domain come from its list."""

    list_code: Code
    facts_code: Short | None = None
    severity: Literal["minor", "general", "serious"] | None = None
    scope: tuple[Short, ...] | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    doc_no: Name | None = None


class Given(Model):
    """One event, one entry and the day on which they meet (default: the measure's first day)."""

    event: GivenEvent
    entry: GivenEntry
    on: date | None = None


class Expect(Model):
    """Whether the measure must touch the example, and with what effect by itself."""

    outcome: Literal["matched", "not_matched"]
    effect: Effect | None = None
    why: Name | None = None


class Example(Model):
    """A case that the measure must decide so, or it does not load."""

    given: Given
    expect: Expect


class Measure(Model):
    """One measure with one effect, exactly as its file says it."""

    id: MeasureId
    title: Title
    polarity: Polarity
    effect: Effect
    proposed_effect: Effect | None = None
    force: Force
    verified: bool
    shadow: bool = False
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(min_length=1)]
    implementer: Literal["any"] | Annotated[tuple[Code, ...], Field(min_length=1)]
    applies_to: AppliesTo
    when: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    parameters: dict[ParameterName, Annotated[tuple[DatedValue, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    valid_from: date
    valid_until: date | None = None
    term: Term
    receipt_due_working_days: WorkingDays
    review_due_working_days: WorkingDays = 3
    four_eyes: bool = False
    notice: NoticeText
    examples: Annotated[tuple[Example, ...], Field(min_length=2)]

    def in_force(self, day: date) -> bool:
        """Tell whether the measure applies on *day*; `valid_until` is the first day it does not."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    def parameter_on(self, name: str, day: date) -> int:
        """Return the value of parameter *name* on *day*, in the unit that ends its name.

        Raises: LookupError if there is no such parameter or it has no value on that day.
        """
        for dated in reversed(self.parameters.get(name, ())):
            if dated.since <= day and (dated.until is None or day < dated.until):
                return dated.value
        msg = f"{self.id}: parameter {name} has no value on {day.isoformat()}"
        raise LookupError(msg)

    @property
    def stops_by_itself(self) -> bool:
        """Tell whether the law lets this measure block without a human (design §5)."""
        return (
            self.effect is Effect.BLOCK
            and self.force is Force.MANDATORY
            and self.verified
            and not self.shadow
        )
