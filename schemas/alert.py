"""What an officer is told at once, or during the day."""

from typing import Literal

from schemas.base import Model, Short, Text
from schemas.cloudevent import DepartmentKeyedEvent
from schemas.times import Instant
from schemas.uscc import Uscc

ALERT_RAISED = "credit.alert.raised"
ALERT_CLEARED = "credit.alert.cleared"

AlertKind = Literal[
    "hold",
    "deny",
    "reward",
    "withdrawn",
    "remedy",
    "overdue",
    "due_soon",
    "interview",
    "stale_list",
    "unlisted_name",
    "unserved",
    "too_late",
]


class AlertData(Model):
    """`data` of an alert; `uscc`, `action_id` and `decision_id` are null where it has none."""

    alert_id: Short
    kind: AlertKind
    urgency: Literal["now", "day"]
    department: Uscc
    uscc: Uscc | None
    action_id: Short | None
    decision_id: Short | None
    text_zh: Text
    text_en: Text
    raised_at: Instant


class Alert(DepartmentKeyedEvent):
    """A message on `credit.alerts`, keyed by the department."""

    type: Literal["credit.alert.raised", "credit.alert.cleared"]
    data: AlertData
