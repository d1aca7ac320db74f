"""Every case of tests/cases, read by lawyers, is decided as it says, on the real catalogue."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.outcome import Outcome
from tests.rules.given import FIRM, INDIVIDUAL, TODAY, as_of, entry, event, standing

FOLDER = Path(__file__).parents[1] / "cases"
SUBJECTS = {"firm": FIRM, "individual-business": INDIVIDUAL}
Case = dict[str, Any]
CASES: list[Case] = [
    case | {"file": path.name}
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
]


def outcome_of(case: Case, catalogue: Catalogue) -> Outcome:
    given = case["event"]
    happened = event(
        given["type"],
        given["by"],
        given["item"],
        subject=SUBJECTS[given.get("subject", "firm")],
        on=given.get("happened", TODAY),
        attributes=given.get("attributes"),
    )
    entries = tuple(
        entry(row["list"], f"entry-{n}", **{k: v for k, v in row.items() if k != "list"})
        for n, row in enumerate(case["entries"])
    )
    known = standing(missing=case.get("missing", ()), stale=case.get("stale", ()))
    moment = as_of(happened, case.get("day", TODAY), known)
    return decide(happened, entries, catalogue, as_of=moment)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['name']}")
def test_a_case_of_the_law_is_decided_as_it_says(case: Case, catalogue: Catalogue) -> None:
    outcome = outcome_of(case, catalogue)

    then = case["then"]
    assert {
        a.measure.id: [a.effect, a.state, a.legal_basis[0].article] for a in outcome.actions
    } == then["actions"]
    assert outcome.verdict == then["verdict"]
    assert set(then.get("reasons", ())) <= {reason.code for reason in outcome.reasons}
    assert list(outcome.shadows) == then.get("shadows", [])


def test_a_refer_that_the_law_made_of_a_block_proposes_the_block(catalogue: Catalogue) -> None:
    degraded = [
        action
        for case in CASES
        for action in outcome_of(case, catalogue).actions
        if action.effect == "refer" and action.measure.id == "p07-procurement-banned"
    ]

    assert len(degraded) >= 5
    assert {action.proposed_effect for action in degraded} == {"block"}


def test_there_is_a_case_for_every_measure_that_is_not_a_variant(catalogue: Catalogue) -> None:
    told = {m for c in CASES for m in (*c["then"]["actions"], *c["then"].get("shadows", ()))}

    rows = {measure.id.split("-")[0] for measure in catalogue.measures}
    assert {measure_id.split("-")[0] for measure_id in told} == rows
