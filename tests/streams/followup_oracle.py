"""What follow-up should have raised, by a plain job over the topics that shares no code with it.

Its calendar is the package `chinesecalendar`, its ids are made by `uuid`, its messages are JSON.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import chinese_calendar

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")
_SHANGHAI = timezone(timedelta(hours=8))


def standing(
    actions: Iterable[bytes], receipts: Iterable[tuple[bytes, bytes]], day: date
) -> dict[str, tuple[str, str]]:
    """Return the alerts that stand on *day*, by id: kind and action id. Years: 2026 and before.

    *receipts* with their keys: one whose key is not its subject is a dead letter.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for raw in actions:
        data = json.loads(raw)["data"]
        if data["revision"] >= newest.get(data["action_id"], data)["revision"]:
            newest[data["action_id"]] = data
    answers: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for key, raw in receipts:
        message = json.loads(raw)
        data = message["data"]
        if key.decode() != message["subject"]:
            continue
        answers.setdefault((data["action_id"], data["department"]), []).append(data)
    found = {}
    for action_id, data in newest.items():
        heard = answers.get((action_id, data["department"]), [])
        for kind in _owed(data, heard, day):
            name = f"{action_id}\n{kind}\n{data['due_on']}"
            found[str(uuid.uuid5(_IDS, name))] = (kind, action_id)
    return found


def _owed(data: Mapping[str, Any], heard: list[Mapping[str, Any]], day: date) -> list[str]:
    if data["state"] != "in_force" or data["due_on"] is None:
        return []
    due = date.fromisoformat(data["due_on"])
    reported = any(_day(one["at"]) <= day for one in heard)
    served = any(one.get("served_at") and _day(one["served_at"]) <= day for one in heard)
    kinds = []
    if not reported and day > due:
        kinds.append("overdue")
    elif not reported and day >= _second_working_day_before(due):
        kinds.append("due_soon")
    if data["polarity"] == "punish" and not served and day > due:
        kinds.append("unserved")
    return kinds


def _second_working_day_before(due: date) -> date:
    before = [due - timedelta(days=n) for n in range(1, 15)]
    return [day for day in before if chinese_calendar.is_workday(day)][1]


def _day(instant: str) -> date:
    return datetime.fromisoformat(instant).astimezone(_SHANGHAI).date()
