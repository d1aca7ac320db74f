"""What the trigger wrote at a desk, as it stands in the end."""

import json
from datetime import date

from schemas import topics
from tests.replay.desk import Desk
from tests.trigger.messages import Json


def day_of(text: str | None) -> date | None:
    """Return the day that a message names, if any."""
    return None if text is None else date.fromisoformat(text)


def newest(desk: Desk) -> tuple[dict[str, str], dict[str, Json]]:
    """Return the newest verdict of each decision and the newest word on each action."""
    verdicts: dict[str, str] = {}
    actions: dict[str, Json] = {}
    sequences: dict[str, int] = {}
    for (topic, _), lying in desk.log.topics.items():
        if topic not in (topics.DECISIONS, topics.ACTIONS):
            continue
        for message in lying:
            data = json.loads(message.value() or b"")["data"]
            decides = topic == topics.DECISIONS
            name = data["decision_id"] if decides else data["action_id"]
            number = data["sequence"] if decides else data["revision"]
            assert number == sequences.get(name, -1) + 1, f"{name}: {number}"
            sequences[name] = number
            if decides:
                verdicts[name] = data["verdict"]
            else:
                actions[name] = data
    return verdicts, actions
