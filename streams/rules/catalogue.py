"""The catalogue in force: measures, lists, families, departments, items and the calendar.

`build_catalogue` makes it of the texts of its files, which travel with it (`files`), so that a
decision can be read years later with the very rules that made it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from schemas.measure import CAN_STOP, Measure
from schemas.registry import Department, Family, Item, ListSpec
from streams.rules import conditions
from streams.rules import expressions as cel
from streams.rules.catalogue_checks import Registries, check_registries
from streams.rules.catalogue_text import parse_measure, parse_rows
from streams.rules.examples import check_examples
from streams.rules.faults import CatalogueFaults, Fault
from streams.rules.measure_checks import check_measure
from streams.rules.scope import effect_allowed_on, matches_list
from streams.rules.workdays import FOLDER as WORKDAYS_FOLDER
from streams.rules.workdays import Workdays, parse_workdays

MEASURES_FOLDER = "measures/"
LISTS, FAMILIES, DEPARTMENTS, ITEMS = (
    "lists.yaml",
    "families.yaml",
    "departments.yaml",
    "items.yaml",
)


class StagePlace(NamedTuple):
    """One step of a family; `rank` grows along the matter, from 0."""

    family: str
    stage: str
    rank: int
    before_decision: bool
    terminal: bool


class _Place(NamedTuple):
    family: str
    stage: str
    item_code: str
    department_class: str


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything that rules know, immutable; two with the same `version` are the same."""

    version: str
    files: Mapping[str, str]
    measures: tuple[Measure, ...]
    lists: Mapping[str, ListSpec]
    families: Mapping[str, Family]
    departments: Mapping[str, Department]
    items: Mapping[str, Item]
    calendar: Workdays
    stages: Mapping[tuple[str, str], StagePlace]
    measure_versions: Mapping[str, str]
    _programs: Mapping[str, cel.Program] = field(repr=False)
    _at: dict[_Place, tuple[Measure, ...]] = field(default_factory=dict, repr=False)
    _required: dict[tuple[_Place, date | None], tuple[str, ...]] = field(
        default_factory=dict, repr=False
    )
    _item_views: dict[str, dict[str, object]] = field(default_factory=dict, repr=False)

    def stage(self, family: str, stage: str) -> StagePlace | None:
        """Return the place of *stage* in *family*, or None where there is no such step."""
        return self.stages.get((family, stage))

    def department(self, uscc: str) -> Department | None:
        """Return the department registered under *uscc*, or None."""
        return self.departments.get(uscc)

    def current_department(self, uscc: str) -> Department | None:
        """Return the body that holds the duties of *uscc* now: itself or its last successor."""
        found = self.departments.get(uscc)
        while found is not None and found.successor is not None:
            found = self.departments[found.successor]
        return found

    def may_provide(self, source: str, list_code: str) -> bool:
        """Tell whether *source* is a provider that the list names; others are dead letters."""
        spec = self.lists.get(list_code)
        return spec is not None and spec.may_enter(source)

    def may_publish(self, source: str, list_code: str) -> bool:
        """Tell whether *source* may publish the list: nobody of elsewhere may."""
        spec = self.lists.get(list_code)
        return spec is not None and source in spec.providers

    def measure(self, measure_id: str) -> Measure | None:
        """Return the measure with that id, or None."""
        return self._by_id.get(measure_id)

    @cached_property
    def _by_id(self) -> Mapping[str, Measure]:
        return {measure.id: measure for measure in self.measures}

    def measures_at(
        self, family: str, stage: str, item_code: str, department_uscc: str
    ) -> tuple[Measure, ...]:
        """Return the measures that can touch a matter there, in id order, in force or not.

        Candidates by family, stage, item and implementer; whether one matches an entry, the day
        and its condition is for the caller.
        """
        place = self._place(family, stage, item_code, department_uscc)
        found = self._at.get(place)
        if found is None:
            found = tuple(m for m in self.measures if self._stands_at(m, place))
            self._at[place] = found
        return found

    def required_lists_at(
        self,
        family: str,
        stage: str,
        item_code: str,
        department_uscc: str,
        day: date | None = None,
    ) -> tuple[str, ...]:
        """Return the codes, sorted, of the lists that must be known before a pass is safe there.

        Those on which a measure that can stop the matter (block or refer, not shadow) rests; with
        *day* only measures in force on it.
        """
        key = self._place(family, stage, item_code, department_uscc), day
        found = self._required.get(key)
        if found is None:
            stopping = [
                m
                for m in self.measures_at(family, stage, item_code, department_uscc)
                if m.effect in CAN_STOP and not m.shadow and (day is None or m.in_force(day))
            ]
            found = tuple(
                code
                for code, spec in sorted(self.lists.items())
                if any(matches_list(m.applies_to, spec) for m in stopping)
            )
            self._required[key] = found
        return found

    def measure_matches(self, measure: Measure, spec: ListSpec) -> bool:
        """Tell whether *measure* may rest on an entry of the list *spec*."""
        return matches_list(measure.applies_to, spec)

    def condition_holds(
        self,
        measure: Measure,
        event: Mapping[str, object],
        entry: Mapping[str, object],
        item: Mapping[str, object],
    ) -> bool:
        """Tell whether the measure's `when` is true of the views of `streams.rules.conditions`.

        True without a condition. What cannot be evaluated does not hold.
        """
        program = self._programs.get(measure.id)
        return program is None or conditions.holds(program, event=event, entry=entry, item=item)

    def item_view(self, item_code: str) -> dict[str, object]:
        """Return the item as conditions see it (`known` false if nobody registered it)."""
        item = self.items.get(item_code)
        if item is None:
            return conditions.item_view(None, item_code)
        known = self._item_views.get(item_code)
        if known is None:
            known = self._item_views[item_code] = conditions.item_view(item, item_code)
        return known

    def effect_allowed(self, measure: Measure, item_code: str) -> bool:
        """Tell whether the nature of the item lets *measure* take effect on it."""
        return effect_allowed_on(measure.effect, self.items.get(item_code))

    def _place(self, family: str, stage: str, item_code: str, department_uscc: str) -> _Place:
        """Return the place with an unregistered item as '' so that the caches stay bounded."""
        department = self.current_department(department_uscc)
        return _Place(
            family,
            stage,
            item_code if item_code in self.items else "",
            department.class_ if department else "",
        )

    def _stands_at(self, measure: Measure, place: _Place) -> bool:
        scope = measure.applies_to
        return (
            place.family in scope.families
            and place.stage in scope.stages
            and (not scope.items or place.item_code in scope.items)
            and (measure.implementer == "any" or place.department_class in measure.implementer)
        )


def content_version(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of all files as hex: sorted paths, each part led by its length."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path].encode()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def build_catalogue(files: Mapping[str, str]) -> Catalogue:
    """Return the catalogue that *files* (path inside the folder: text) make.

    Raises: CatalogueFaults with every fault of every file.
    """
    faults: list[Fault] = []
    calendar = parse_workdays(files, faults)
    registries = _registries(files, faults)
    check_registries(registries, faults)
    measures = _measures(files, registries, faults)
    faults.extend(
        Fault(path, "file", "未知的文件", "unknown file", "删去或改名", f"allowed: {_ALLOWED}")
        for path in files
        if not (_is_measure(path) or path.startswith(WORKDAYS_FOLDER) or path in _NAMES)
    )
    catalogue = Catalogue(
        version=content_version(files),
        files=dict(files),
        measures=tuple(measures[key] for key in sorted(measures)),
        lists=registries.lists,
        families=registries.families,
        departments=registries.departments,
        items=registries.items,
        calendar=calendar,
        stages=_stages(registries.families),
        measure_versions={
            key: content_version({"": files[f"{MEASURES_FOLDER}{key}.yaml"]}) for key in measures
        },
        _programs=_programs(measures),
    )
    for measure in catalogue.measures:
        check_examples(measure, catalogue, f"{MEASURES_FOLDER}{measure.id}.yaml", faults)
    if faults:
        raise CatalogueFaults(tuple(sorted(faults)))
    return catalogue


_NAMES = frozenset({LISTS, FAMILIES, DEPARTMENTS, ITEMS})
_ALLOWED = f"{MEASURES_FOLDER}<id>.yaml, {WORKDAYS_FOLDER}<year>.csv, {', '.join(sorted(_NAMES))}"


def _is_measure(path: str) -> bool:
    return path.startswith(MEASURES_FOLDER) and path.endswith(".yaml")


def _registries(files: Mapping[str, str], faults: list[Fault]) -> Registries:
    lists, list_codes = parse_rows(ListSpec, "code", LISTS, files.get(LISTS), faults)
    families, family_codes = parse_rows(Family, "family", FAMILIES, files.get(FAMILIES), faults)
    departments, usccs = parse_rows(Department, "uscc", DEPARTMENTS, files.get(DEPARTMENTS), faults)
    items, item_codes = parse_rows(Item, "item_code", ITEMS, files.get(ITEMS), faults)
    return Registries(
        lists, families, departments, items, list_codes, family_codes, usccs, item_codes
    )


def _measures(
    files: Mapping[str, str], registries: Registries, faults: list[Fault]
) -> dict[str, Measure]:
    """Return the measures whose file and id agree; a file's faults leave out that file alone."""
    found: dict[str, Measure] = {}
    for path in sorted(p for p in files if _is_measure(p)):
        measure = parse_measure(path, files[path], faults)
        if measure is None:
            continue
        check_measure(measure, path, registries, faults)
        if path == f"{MEASURES_FOLDER}{measure.id}.yaml":
            found[measure.id] = measure
        else:
            faults.append(
                Fault(
                    path,
                    "id",
                    f"id {measure.id} 与文件名不同",
                    f"id {measure.id} is not the file's name",
                    "改文件名或 id（必须为 <id>.yaml）",
                    "rename one of them: <id>.yaml",
                )
            )
    return found


def _programs(measures: Mapping[str, Measure]) -> dict[str, cel.Program]:
    """Return the compiled conditions; a faulty one was told already and is left out."""
    programs = {}
    for key, measure in measures.items():
        if measure.when is not None:
            try:
                programs[key] = conditions.compile_condition(measure.when)
            except ValueError:
                continue  # check_measure has reported it, and the catalogue will not load
    return programs


def _stages(families: Mapping[str, Family]) -> dict[tuple[str, str], StagePlace]:
    return {
        (family.family, step.stage): StagePlace(
            family.family, step.stage, rank, step.gate == "before", step.terminal
        )
        for family in families.values()
        for rank, step in enumerate(family.stages)
    }
