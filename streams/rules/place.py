"""Where an event stands: its step of its family, its item, its department, and what may touch it.

A place is worked out once for each (type, item, department) of a catalogue and kept.
"""

from collections.abc import Mapping
from datetime import date
from weakref import WeakKeyDictionary

from msgspec import Struct, field

from schemas.errors import Reason, RejectRecordError
from schemas.lean import ActionBasis, MeasureRef
from schemas.measure import CAN_STOP, Effect, Measure
from schemas.registry import Department, Item
from streams.rules.catalogue import Catalogue, StagePlace
from streams.rules.condition_memo import Asked, asked_of
from streams.rules.jurisdiction import BINDING
from streams.rules.notice import Wording, wording_of

# Registered places are few; the limit only keeps a hostile sender from filling the memory.
_KEPT_PLACES = 8192
_KEPT_DAYS = 64

_Key = tuple[str, str, str]
_PLACES: WeakKeyDictionary[Catalogue, dict[_Key, "Place"]] = WeakKeyDictionary()


class Candidate(Struct, frozen=True):
    """A measure that may touch a place, with what never changes about it.

    `basis`: the articles that bind here; those of other provinces only explain a measure.
    `wording`: what its notices say there. `implements`: the department there may apply it.
    `item_allows`: so does the item's nature.
    """

    measure: Measure
    ref: MeasureRef
    basis: tuple[ActionBasis, ...]
    wording: Wording
    implements: bool
    item_allows: bool


class Place(Struct, frozen=True):
    """One step of one item at one department.

    `candidates` by the list that they rest on, and `asked`, what their conditions depend on.
    """

    stage: StagePlace
    item: Item | None
    department: Department
    candidates: Mapping[str, tuple[Candidate, ...]]
    asked: Mapping[str, tuple[Asked, ...]]
    _required: dict[date, tuple[str, ...]] = field(default_factory=dict)  # looked up once a day

    def required_lists(self, day: date) -> tuple[str, ...]:
        """Return the codes, sorted, of the lists without which no pass is safe here on *day*.

        Those on which a measure in force that can stop the matter rests.
        """
        known = self._required.get(day)
        if known is not None:
            return known
        if len(self._required) >= _KEPT_DAYS:
            self._required.clear()
        self._required[day] = found = tuple(
            code
            for code, candidates in self.candidates.items()
            if any(_can_stop(candidate.measure, day) for candidate in candidates)
        )
        return found


def place_of(event_type: str, item_code: str, department: str, catalogue: Catalogue) -> Place:
    """Return where an event of *event_type* on *item_code* at *department* (USCC) stands.

    Raises: RejectRecordError for a type or a department that the catalogue does not know.
    """
    places = _PLACES.get(catalogue)
    if places is None:
        places = _PLACES.setdefault(catalogue, {})
    # An unregistered item is one place, whatever it is called.
    key = event_type, item_code if item_code in catalogue.items else "", department
    found = places.get(key)
    if found is None:
        found = _make_place(*key, catalogue)
        if len(places) >= _KEPT_PLACES:
            places.clear()
        places[key] = found
    return found


def _make_place(event_type: str, item_code: str, uscc: str, catalogue: Catalogue) -> Place:
    prefix, _, step = event_type.partition(".")
    family, _, stage_name = step.partition(".")
    stage = catalogue.stage(family, stage_name)
    if prefix != "credit" or stage is None:
        raise RejectRecordError(
            Reason.UNKNOWN_TYPE,
            "type: no such family and stage; allowed: credit.<family>.<stage> of families.yaml",
        )
    department = catalogue.department(uscc)
    current = catalogue.current_department(uscc)
    if department is None or current is None:
        raise RejectRecordError(
            Reason.UNKNOWN_DEPARTMENT,
            "data.department: not registered; enter the department in departments.yaml",
        )
    touching = [
        _candidate(measure, item_code, current, catalogue)
        for measure in sorted(catalogue.measures, key=lambda m: m.id)
        if _stands_here(measure, stage, item_code)
    ]
    candidates = _by_list([c for c in touching if _counts(c)], catalogue)
    return Place(
        stage=stage,
        item=catalogue.items.get(item_code),
        department=department,
        candidates=candidates,
        asked={code: asked_of(c.measure for c in found) for code, found in candidates.items()},
    )


def _stands_here(measure: Measure, stage: StagePlace, item_code: str) -> bool:
    scope = measure.applies_to
    return (
        stage.family in scope.families
        and stage.stage in scope.stages
        and (not scope.items or item_code in scope.items)
    )


def _candidate(
    measure: Measure, item_code: str, department: Department, catalogue: Catalogue
) -> Candidate:
    version = catalogue.measure_versions[measure.id]
    basis = tuple(
        ActionBasis(b.act, b.article, b.level.value, b.url or "", b.jurisdiction)
        for b in measure.legal_basis
        if measure.shadow or b.jurisdiction in BINDING
    )
    return Candidate(
        measure=measure,
        ref=MeasureRef(id=measure.id, version=version, title=measure.title.zh),
        basis=basis,
        wording=wording_of(measure, basis),
        implements=measure.implementer == "any" or department.class_ in measure.implementer,
        item_allows=catalogue.effect_allowed(measure, item_code),
    )


def _counts(candidate: Candidate) -> bool:
    """Tell whether the place weighs it: a block anywhere, the rest by its implementer alone."""
    return candidate.implements or candidate.measure.effect is Effect.BLOCK


def _by_list(candidates: list[Candidate], catalogue: Catalogue) -> dict[str, tuple[Candidate, ...]]:
    by_list = {
        code: tuple(c for c in candidates if catalogue.measure_matches(c.measure, spec))
        for code, spec in sorted(catalogue.lists.items())
    }
    return {code: found for code, found in by_list.items() if found}


def _can_stop(measure: Measure, day: date) -> bool:
    return measure.effect in CAN_STOP and not measure.shadow and measure.in_force(day)
