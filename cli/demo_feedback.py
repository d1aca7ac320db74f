"""The demo's evening and next morning: departments report back, and the day's reports are closed.

Nothing is made up for the purpose: receipts go the way of `credit-trigger department receipt`, and
role `streams` closes the day as it does every day, only that its clock says the morning after.
"""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING

from consumers.department.journal import Journal
from consumers.department.receipts import ReceiptSender, receipt_message
from schemas.errors import StopServiceError
from schemas.times import SHANGHAI
from sources.demo_day.calendar_day import DAY
from streams.reporting.report_log import ReportLog
from streams.rules.feedback_report import CITY
from streams.rules.periods import Span

if TYPE_CHECKING:
    from cli.demo_stage import DemoStage, Say
    from consumers.flow import Flow
    from schemas.feedback import FeedbackData

_TOMORROW = DAY + timedelta(days=1)
_SPAN = Span("day", DAY, _TOMORROW)
_AFTER_GRACE = timedelta(minutes=5)
_LOOK_S = 0.3
_LIMIT_S = 120.0
# Of what they have to answer departments have done most by the evening; the rest waits.
_NOT_EXECUTED_EVERY, _WAITING_EVERY = 8, 5


def report_back(stage: DemoStage, flow: Flow) -> int:
    """Let departments answer most of the day's actions in force; return how many receipts went."""
    now = stage.clock()
    due = sorted(
        (action.action_id, flow.remarkable[known].uscc, action.department)
        for known, actions in flow.actions.items()
        for action in actions
        if action.state == "in_force" and action.due_on is not None
    )
    with (
        Journal(stage.folder / "departments.sqlite") as journal,
        closing(ReceiptSender(stage.endpoints.kafka, journal)) as sender,
    ):
        for place, (action_id, uscc, department) in enumerate(due, start=1):
            if place % _WAITING_EVERY:
                done = place % _NOT_EXECUTED_EVERY > 0
                sender.record(
                    receipt_message(
                        uscc,
                        now,
                        action_id=action_id,
                        department=department,
                        outcome="executed" if done else "not_executed",
                        reason_code=None if done else "already_decided",
                    )
                )
        return sender.send()


def report_of_the_day(stage: DemoStage, tell: Say) -> FeedbackData:
    """Return the city's report of the day, closed by the streams on the morning after.

    Raises: StopServiceError if that takes too long or a part of the demo has ended.
    """
    grace = timedelta(minutes=stage.settings.feedback_grace_minutes)
    morning = datetime.combine(_TOMORROW, clock_time.min, SHANGHAI) + grace + _AFTER_GRACE
    stage.start_streams(morning)
    tell("流处理: 次日早晨结清当日报告", "streams: the next morning closes the reports of the day")
    deadline = time.monotonic() + _LIMIT_S
    with closing(ReportLog(stage.endpoints.kafka, lambda period, _: period == "day")) as log:
        while time.monotonic() < deadline:
            log.refresh()
            found = log.published(_SPAN).get(CITY)
            if found is not None and found.data is not None:
                return found.data
            stage.look()
            time.sleep(_LOOK_S)
    raise StopServiceError(
        f"demo: {_LIMIT_S:g} s 内没有当日报告 / no report of the day within that time; "
        f"日志 / log: {stage.folder / 'streams.log'}"
    )
