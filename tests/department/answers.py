"""Answers as dispatch passes them on, on a broker."""

import json
from typing import Any

from confluent_kafka import Producer

from infra.kafka import producer_config
from schemas.topics import ANSWERS_PREFIX
from tests.cli.recorded import FINANCE, FIRM


def decision(
    name: str, verdict: str = "pass", *, sequence: int = 0, subject: str = FIRM, **more: Any
) -> dict[str, Any]:
    event = {"source": "/x", "id": name}
    told = {"decision_id": f"d-{name}", "sequence": sequence, "event": event, "verdict": verdict}
    return {
        "specversion": "1.0",
        "type": "credit.decision.made",
        "subject": subject,
        "data": {**told, "department": FINANCE, "later_key": 1, **more},
    }


def action(name: str, revision: int = 0) -> dict[str, Any]:
    told = {"action_id": name, "revision": revision, "department": FINANCE}
    return {"type": "credit.action.issued", "subject": FIRM, "data": told}


def answer(broker: str, department: str, *messages: dict[str, Any] | bytes) -> None:
    """Put *messages* on the topic of *department*, in order."""
    producer = Producer(producer_config(broker))
    for each in messages:
        value = each if isinstance(each, bytes) else json.dumps(each).encode()
        key = FIRM if isinstance(each, bytes) else each.get("subject", FIRM)
        producer.produce(ANSWERS_PREFIX + department, value, key)
    assert producer.flush(15) == 0
