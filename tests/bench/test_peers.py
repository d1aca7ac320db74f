"""The peers' job writes what the trigger writes: the same shapes, in about the same size."""

import json
from datetime import UTC, datetime
from typing import Any

from bench.peers.job import Origin, decide
from bench.peers.wiring import Wiring
from bench.scenario import Scenario, entry_data, event_message
from schemas.action import Action
from schemas.decision import Decision
from schemas.times import format_instant, legal_day

NOW = datetime.now(UTC)
SCENARIO = Scenario()
EVENT: dict[str, Any] = json.loads(
    event_message(SCENARIO, "bench-0", SCENARIO.subject_of(0), format_instant(NOW))
)
ORIGIN = Origin("credit.events.approval", 1, 7)


def test_a_hit_is_denied_with_an_action_in_the_shapes_of_the_contract() -> None:
    outcome = decide(EVENT, [entry_data(SCENARIO, 0, legal_day(NOW))], ORIGIN)
    decision = Decision.model_validate_json(json.dumps(outcome.decision))
    action = Action.model_validate_json(json.dumps(outcome.actions[0]))
    assert decision.data.verdict == "deny"
    assert [ref.action_id for ref in decision.data.actions] == [action.data.action_id]
    assert action.data.event == decision.data.event


def test_a_miss_passes_without_an_action() -> None:
    outcome = decide(EVENT, [], ORIGIN)
    assert (outcome.decision["data"]["verdict"], outcome.actions) == ("pass", [])


def test_an_entry_that_is_over_on_its_last_day_does_not_hit() -> None:
    over = entry_data(SCENARIO, 0, legal_day(NOW)) | {"effective_until": legal_day(NOW).isoformat()}
    assert decide(EVENT, [over], ORIGIN).actions == []


def test_a_peer_reads_from_its_environment_what_the_bench_wrote(monkeypatch: Any) -> None:
    wiring = Wiring("127.0.0.1:9092", "redis://127.0.0.1/1", "in", "bench.x.1", "state", 4)
    for name, value in wiring.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Wiring.from_environment() == wiring
