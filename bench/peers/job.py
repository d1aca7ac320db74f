"""The job of a peer without its engine: event and entries in, decision, state and actions out.

Shapes and sizes are those of the trigger (contracts E), so that every engine writes the same
bytes to the broker. Less is asked of a peer than of the trigger: it takes the events as valid and
applies one rule, written here by hand, instead of a catalogue.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

SHANGHAI = timezone(timedelta(hours=8))

# The standing part of an action, in the length that the trigger's own notices have.
ACTION_TEXTS: Json = {
    "measure": {
        "id": "bench-block",
        "version": "0" * 64,
        "title": "不予受理行政许可申请 / application not accepted",
    },
    "polarity": "punish",
    "effect": "block",
    "proposed_effect": None,
    "force": "mandatory",
    "verified": True,
    "state": "in_force",
    "resumes_to": None,
    "legal_basis": [
        {
            "act": "中华人民共和国行政许可法",
            "article": "78",
            "level": "law",
            "url": "https://law.example/licensing/78",
            "jurisdiction": None,
        }
    ],
    "notice": {
        "lang": "zh",
        "facts": "经查，该单位在有关名单内，认定机关、文书编号和认定日期见所附名单条目。",
        "basis": "依据《中华人民共和国行政许可法》第七十八条。",
        "measure": "在限制期限内不予受理该单位的行政许可申请。",
        "term": "自名单生效之日起至移出名单之日止。",
        "remove": "履行义务、纠正失信行为后，可以向认定机关申请移出名单。",
        "object": {"to": "本溪市信用管理机构", "within": "收到告知之日起五个工作日内"},
        "reconsider": {"body": "本溪市人民政府", "within": "六十日内"},
        "sue": {"court": "有管辖权的人民法院", "within": "六个月内"},
        "repair": "可以依照《信用修复管理办法》申请信用修复。",
    },
    "due_on": None,
    "due_provisional": False,
    "review_due_on": None,
    "objection": None,
    "reason": None,
}
CATALOGUE_VERSION = "0" * 64


@dataclass(frozen=True)
class Outcome:
    """What goes out for one event; `state_key` names the matter whose record `state` is."""

    decision: Json
    actions: list[Json]
    state_key: str
    state: Json


@dataclass(frozen=True)
class Origin:
    """Where the event lies in its topic."""

    topic: str
    partition: int
    offset: int


def decide(event: Json, entries: list[Json], origin: Origin) -> Outcome:
    """Return what one event leads to: an active entry blocks, none passes."""
    now = datetime.now(SHANGHAI)
    instant, today = now.isoformat(timespec="milliseconds"), now.date().isoformat()
    data, reference = event["data"], {k: event[k] for k in ("source", "id", "type", "time")}
    decision_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event['source']}\n{event['id']}"))
    hits = [entry for entry in entries if _active(entry, today)]
    identified = [
        (str(uuid.uuid5(uuid.NAMESPACE_URL, f"{decision_id}\n{entry['entry_id']}")), entry)
        for entry in hits
    ]
    verdict = "deny" if hits else "pass"
    action_refs = [
        {"action_id": action_id, "effect": "block", "state": "in_force"}
        for action_id, _ in identified
    ]
    decision = _envelope(f"{decision_id}/0", "credit.decision.made", event, instant) | {
        "data": {
            "decision_id": decision_id,
            "sequence": 0,
            "event": reference,
            "department": data["department"],
            "item_code": data["item_code"],
            "application_no": data["application_no"],
            "verdict": verdict,
            "actions": action_refs,
            "reasons": [_reason(entry) for entry in hits],
            "entries": [_entry_reference(entry) for entry in entries],
            "decided_at": instant,
            "cause": "event",
            "catalogue_version": CATALOGUE_VERSION,
            "event_position": vars(origin),
            "list_position": {"partition": origin.partition, "offset": 0},
            "review_position": {"partition": origin.partition, "offset": 0},
            "day": today,
        }
    }
    state = {
        "decision_id": decision_id,
        "sequence": 0,
        "verdict": verdict,
        "event": reference,
        "actions": action_refs,
    }
    return Outcome(
        decision=decision,
        actions=[
            _action(event, entry, action_id, decision_id, reference, instant, today)
            for action_id, entry in identified
        ],
        state_key=f"{event['subject']}/matter/{data['application_no']}",
        state=state,
    )


def _action(  # noqa: PLR0913, PLR0917  # one argument for each thing an action names
    event: Json,
    entry: Json,
    action_id: str,
    decision_id: str,
    reference: Json,
    instant: str,
    today: str,
) -> Json:
    data = event["data"]
    return _envelope(f"{action_id}/0", "credit.action.issued", event, instant) | {
        "data": {
            "action_id": action_id,
            "revision": 0,
            "decision_id": decision_id,
            "event": reference,
            "entry": _entry_reference(entry),
            **ACTION_TEXTS,
            "department": data["department"],
            "item_code": data["item_code"],
            "application_no": data["application_no"],
            "from": today,
            "until": entry["effective_until"],
        }
    }


def _envelope(message_id: str, message_type: str, event: Json, instant: str) -> Json:
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": "/credit-trigger/bench",
        "type": message_type,
        "subject": event["subject"],
        "time": instant,
        "datacontenttype": "application/json",
    }


def _entry_reference(entry: Json) -> Json:
    return {key: entry[key] for key in ("list_code", "entry_id", "revision")}


def _reason(entry: Json) -> Json:
    return {
        "code": "blocked",
        "zh": "列入名单",
        "en": "listed",
        "measure_id": None,
        "list_code": entry["list_code"],
        "entry_id": entry["entry_id"],
    }


def _active(entry: Json, today: str) -> bool:
    """ISO days compare as text; `effective_until` is exclusive."""
    until = entry["effective_until"]
    return bool(entry["effective_from"] <= today and (until is None or today < until))
