"""The examples of a measure, tried when it loads: a file that does not do what it says is refused."""

from typing import TYPE_CHECKING

from schemas.measure import Effect, Given, Measure
from streams.rules import conditions
from streams.rules.faults import Fault
from streams.rules.terms import until_of

if TYPE_CHECKING:
    from streams.rules.catalogue import Catalogue


def check_examples(
    measure: Measure, catalogue: "Catalogue", file: str, faults: list[Fault]
) -> None:
    """Add to *faults* each example that does not hold; both outcomes must be shown."""
    for number, example in enumerate(measure.examples):
        key = f"examples.{number}"
        given, expect = example.given, example.expect
        if (problem := _not_known(given, catalogue)) is not None:
            faults.append(
                Fault(file, f"{key}.given", f"未知的 {problem}", f"unknown {problem}",
                      "改正示例", "use codes of the registries")
            )
            continue
        matched = _matches(measure, given, catalogue)
        outcome = "matched" if matched else "not_matched"
        if outcome != expect.outcome:
            faults.append(
                Fault(file, f"{key}.expect.outcome", f"示例不成立:实际为 {outcome}",
                      f"the example does not hold: it is {outcome}",
                      "改正示例或条件", "correct the example or the condition")
            )
        elif matched and expect.effect is not standing_effect(measure):
            faults.append(
                Fault(file, f"{key}.expect.effect", "示例的效果不成立",
                      f"the example does not hold: the effect is {standing_effect(measure).value}",
                      "改正 expect.effect", "correct it; an unverified block only refers")
            )
    outcomes = {example.expect.outcome for example in measure.examples}
    for missing in sorted({"matched", "not_matched"} - outcomes):
        faults.append(
            Fault(file, "examples", f"缺少 {missing} 的示例", f"no example is {missing}",
                  "各给一个符合和不符合的示例", "give one that matches and one that does not")
        )


def standing_effect(measure: Measure) -> Effect:
    """Return what *measure* does without a human: an unverified or shadow block only refers."""
    if measure.effect is Effect.BLOCK and not measure.stops_by_itself:
        return Effect.REFER
    return measure.effect


def _not_known(given: Given, catalogue: "Catalogue") -> str | None:
    """Return what in *given* stands in no registry, or None; an unknown item is allowed."""
    event, entry = given.event, given.entry
    if catalogue.stage(event.family, event.stage) is None:
        return f"stage {event.family}.{event.stage}"
    if entry.list_code not in catalogue.lists:
        return f"list {entry.list_code}"
    classes = {department.class_ for department in catalogue.departments.values()}
    if event.department_class is not None and event.department_class not in classes:
        return f"department class {event.department_class}"
    return None


def _matches(measure: Measure, given: Given, catalogue: "Catalogue") -> bool:
    event, entry, day = given.event, given.entry, given.on or measure.valid_from
    scope = measure.applies_to
    if not measure.in_force(day) or not catalogue.measure_matches(
        measure, catalogue.lists[entry.list_code]
    ):
        return False
    if event.family not in scope.families or event.stage not in scope.stages:
        return False
    if scope.items and event.item_code not in scope.items:
        return False
    since = entry.effective_from or day
    until = until_of(measure, since, entry.effective_until, day)
    if day < since or (until is not None and until <= day):
        return False
    classes = measure.implementer
    if classes != "any" and event.department_class not in {None, *classes}:
        return False
    return catalogue.effect_allowed(measure, event.item_code) and _condition(
        measure, given, catalogue
    )


def _condition(measure: Measure, given: Given, catalogue: "Catalogue") -> bool:
    event, entry = given.event, given.entry
    return catalogue.condition_holds(
        measure,
        conditions.event_view(
            family=event.family,
            stage=event.stage,
            department="",
            item_code=event.item_code,
            amount_fen=event.amount_fen,
            region=event.region,
            attributes=event.attributes,
        ),
        conditions.entry_view(
            catalogue.lists[entry.list_code],
            facts_code=entry.facts_code,
            severity=entry.severity,
            scope=entry.scope,
            effective_from=(entry.effective_from or given.on or measure.valid_from).isoformat(),
            doc_no=entry.doc_no,
        ),
        catalogue.item_view(event.item_code),
    )
