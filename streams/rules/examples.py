"""The examples of a measure, tried at load: a file that does not do what it says is refused."""

from datetime import date
from typing import TYPE_CHECKING

from schemas.lean import ListChangeData
from schemas.measure import Effect, Example, Given, Measure
from streams.rules import conditions
from streams.rules.faults import Fault
from streams.rules.term import until_of

if TYPE_CHECKING:
    from streams.rules.catalogue import Catalogue


def check_examples(
    measure: Measure, catalogue: "Catalogue", file: str, faults: list[Fault]
) -> None:
    """Add to *faults* each example that does not hold; both outcomes must be shown."""
    for number, example in enumerate(measure.examples):
        problem = _problem(measure, example, catalogue)
        if problem is not None:
            key, zh, en, cure_zh, cure_en = problem
            faults.append(Fault(file, f"examples.{number}.{key}", zh, en, cure_zh, cure_en))
    outcomes = {example.expect.outcome for example in measure.examples}
    faults.extend(
        Fault(
            file,
            "examples",
            f"缺少 {missing} 的示例",
            f"no example is {missing}",
            "各给一个符合和不符合的示例",
            "give one that matches and one that does not",
        )
        for missing in sorted({"matched", "not_matched"} - outcomes)
    )


def _problem(
    measure: Measure, example: Example, catalogue: "Catalogue"
) -> tuple[str, str, str, str, str] | None:
    """Return key, problem and cure of an example that does not hold, or None."""
    expect = example.expect
    if (unknown := _not_known(example.given, catalogue)) is not None:
        return (
            "given",
            f"未知的 {unknown}",
            f"unknown {unknown}",
            "改正示例",
            "use codes of the registries",
        )
    try:
        matched = _matches(measure, example.given, catalogue)
    except LookupError:
        return None  # the term has no such parameter: that was told when the measure was checked
    outcome = "matched" if matched else "not_matched"
    if outcome != expect.outcome:
        return (
            "expect.outcome",
            f"示例不成立：实际为 {outcome}",
            f"the example does not hold: it is {outcome}",
            "改正示例或条件",
            "correct the example or the condition",
        )
    effect = standing_effect(measure)
    if matched and expect.effect is not effect:
        return (
            "expect.effect",
            f"示例的效果不成立：实际为 {effect.value}",
            f"the example does not hold: the effect is {effect.value}",
            "改正 expect.effect",
            "correct it; an unverified block only refers",
        )
    return None


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
    if not _in_term(measure, given, day):
        return False
    classes = measure.implementer
    if classes != "any" and event.department_class not in {None, *classes}:
        return False
    return catalogue.effect_allowed(measure, event.item_code) and _condition(
        measure, given, catalogue
    )


def _in_term(measure: Measure, given: Given, day: date) -> bool:
    """Tell whether *day* lies in the listing and in what the measure's term leaves of it."""
    entry = given.entry
    since = entry.effective_from or day
    until = until_of(
        measure,
        ListChangeData(
            entry_id="example",
            revision=0,
            list_code=entry.list_code,
            subject_name="",
            doc_no="",
            recognised_by="",
            effective_from=since,
            facts="",
            effective_until=entry.effective_until,
        ),
    )
    return since <= day and (until is None or day < until)


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
