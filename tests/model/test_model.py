"""Random histories, lived by the trigger's folds and by the law told plainly, side by side.

`CREDIT_FAULTS_MODEL_EXAMPLES` makes it as long as one likes.
"""

import ast
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.imported import imported
from tests.model import law, listings
from tests.model.law import CONSEQUENCES
from tests.model.town import SIZES, Town
from tests.rules.given import real_catalogue
from tests.trigger.messages import EMERGENCY, TODAY

EXAMPLES = int(os.environ.get("CREDIT_FAULTS_MODEL_EXAMPLES") or 120)


@pytest.mark.timeout(60 + EXAMPLES * 2)
def test_the_trigger_lives_by_the_law(
    cache_server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in SIZES:  # every example sets them; others have them as they were
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(Town, "server", cache_server, raising=False)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Town,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_model_knows_every_consequence() -> None:
    """Its table names measures of the catalogue and nothing else."""
    known = {measure.id for measure in real_catalogue().measures}
    assert {m for found in CONSEQUENCES.values() for m, _ in found} <= known
    assert EMERGENCY in real_catalogue().departments
    assert date.fromisoformat("2026-06-10") + timedelta(0) == TODAY


def test_a_rule_of_the_model_is_read_at_a_glance() -> None:
    """Twenty lines at most, so that a lawyer can hold them against the law."""
    trees = [ast.parse(Path(told.__file__).read_text()) for told in (law, listings)]
    rules = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    assert len(rules) > 20
    assert {r.name: n for r in rules if (n := (r.end_lineno or 0) - r.lineno + 1) > 20} == {}


def test_the_model_knows_nothing_of_the_trigger() -> None:
    assert imported("tests.model.law") <= {"tests"}
    assert imported("tests.model.listings") <= {"tests"}
