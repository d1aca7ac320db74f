"""Which hits are alike, so that what is written about one serves the next.

A listing concerns many: events of one step about entries of one list often differ in nothing but
what is passed on as it came. The exact way stays the only one that decides: a form is cut from what
it wrote about an event in which marks stand for all that is passed on. It serves only where
everything else that a decision can depend on is the same, and only if it gave, of a real event,
every byte that the exact way wrote of it.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from schemas.lean import EventData
from schemas.uscc import is_individual_business
from streams.rules.catalogue import Catalogue
from streams.rules.place import place_of
from streams.trigger.hit_form import Hit, HitForm, with_marks
from streams.trigger.letters import HIDDEN, NoFormError, Written, holds_mark
from streams.trigger.moment import PartitionMoment

if TYPE_CHECKING:
    from datetime import date

    from streams.rules.standing import Standing

_KEPT_SHAPES, _KEPT_DAYS = 4096, 16  # what a hostile sender can fill
_LONGEST_FACTS = 4_000  # beyond a limit of their own notices shorten them
# What conditions may read of an event: what its place says, and what else.
_OF_PLACE = frozenset({"type", "family", "stage", "department", "item_code"})
_OF_AMOUNT = frozenset({"amount_fen", "has_amount"})

Decide = Callable[[Hit], Written]
_Kind = tuple[str, str, str, str]  # type, item, department, list


class Shape(NamedTuple):
    """All that a decision on a hit depends on, but the day and the standing of the lists.

    `texts` are those that may be told in what is written.
    """

    texts: tuple[str | None, ...]
    values: tuple[Hashable, ...]


class Read(NamedTuple):
    """What conditions read of an event beside its place."""

    amount: bool
    region: bool
    attributes: frozenset[str]


class _Hidden(dict[str, Any]):
    """The attributes that conditions read; a rule that asks for another one has no form."""

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            raise NoFormError(key)
        return super().get(key, default)


_Forms = dict[Shape, HitForm | None]


class HitForms:
    """The forms of the hits that a worker met twice, for as long as it runs."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._reads: dict[_Kind, Read | None] = {}
        self._days: dict[tuple[date, Standing], _Forms] = {}
        self._met: set[Shape] = set()
        self._here: dict[int, tuple[PartitionMoment, _Forms]] = {}

    def form_of(self, hit: Hit, decide: Decide) -> HitForm | None:
        """Return the form for *hit*; None where it is to be decided for itself.

        *decide* is the exact way, beside the batch; what it raises is raised.
        """
        found = self._shape_of(hit)
        if found is None:
            return None
        shape, read = found
        forms = self._forms_at(hit.moment)
        if shape in forms:
            return forms[shape]
        if shape not in self._met:  # most come once: a form would cost more than it saves
            if len(self._met) >= _KEPT_SHAPES:
                self._met.clear()
            self._met.add(shape)
            return None
        if holds_mark(hit.own_texts):
            return None  # no example: what follows from a mark is not told from what is there
        if len(forms) >= _KEPT_SHAPES:
            forms.clear()
        forms[shape] = made = self._make(hit, shape, read, decide)
        return made

    def _forms_at(self, moment: PartitionMoment) -> _Forms:
        """Return the forms of the day and the standing of *moment*; it is the same for a batch."""
        before, forms = self._here.get(moment.partition, (None, {}))
        if before is not moment:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            forms = self._days.setdefault((moment.day, moment.standing), {})
            self._here[moment.partition] = moment, forms
        return forms

    def _shape_of(self, hit: Hit) -> tuple[Shape, Read] | None:
        event, entry = hit.item.event, hit.entry
        data, change = event.data, entry.change
        if data.members or type(data) is not EventData or is_individual_business(event.subject):
            return None
        if len(change.facts) > _LONGEST_FACTS:
            return None
        kind = event.type, data.item_code, data.department, change.list_code
        try:
            read = self._reads[kind]
        except KeyError:
            read = self._keep_read(kind)
        if read is None:
            return None
        texts = (
            *kind,
            event.source,
            data.item_name,
            change.recognised_by,
            change.facts_code,
            entry.provider,
            entry.jurisdiction,
        )
        given = data.attributes
        values = (
            event.traceparent is None,
            hit.item.time.text[:10],  # the business day
            hit.tail,
            data.amount_fen if read.amount else None,
            data.region if read.region else None,
            tuple([(type(v), k, v) for k, v in given.items() if k in read.attributes]),
            change.revision,
            change.effective_from,
            change.effective_until,
            change.severity,
            None if change.scope is None else tuple(change.scope),
            change.removed_on,
            change.removal_reason,
            entry.suspended,
        )
        return Shape(texts, values), read

    def _keep_read(self, kind: _Kind) -> Read | None:
        if len(self._reads) >= _KEPT_SHAPES:
            self._reads.clear()
        self._reads[kind] = found = self._read_by(kind)
        return found

    def _read_by(self, kind: _Kind) -> Read | None:
        """Return what the conditions of that kind read; None if it is what a form hides."""
        event_type, item_code, department, list_code = kind
        place = place_of(event_type, item_code, department, self._catalogue)
        asked = place.asked.get(list_code, ())
        fields = {field for each in asked for field in each.fields}
        names = {name for root, name, _ in fields if root == "event"}
        attributes = {
            part for root, name, part in fields if (root, name) == ("event", "attributes")
        }
        hides = ("entry", "doc_no", None) in fields or None in attributes
        if hides or names - _OF_PLACE - _OF_AMOUNT - {"region", "attributes"}:
            return None
        told = frozenset(part for part in attributes if part is not None)
        return Read(bool(names & _OF_AMOUNT), "region" in names, told)

    def _make(self, hit: Hit, shape: Shape, read: Read, decide: Decide) -> HitForm | None:
        """Return a form that gave what was written about *hit*, or None."""
        expected = decide(hit)
        if hit.item.time.text in shape.texts:
            return None  # a sender's text that would be taken for the blank
        marked = with_marks(hit)
        data = marked.item.event.data
        given = _Hidden({k: v for k, v in data.attributes.items() if k in read.attributes})
        data = replace(
            data,
            attributes=given,
            amount_fen=data.amount_fen if read.amount else HIDDEN,
            region=data.region if read.region else HIDDEN,
        )
        event = replace(marked.item.event, data=data)
        marked = marked._replace(item=replace(marked.item, event=event))
        try:
            form = HitForm(decide(marked), marked)
        except (NoFormError, LookupError, TypeError, ValueError):
            return None
        gives = form.fill(hit).is_what(expected) and [form.tally] == expected.outbox.tallied()
        return form if gives else None
