"""The Faust processor of periodic feedback: closes the reports of day, week, month and half-year.

Faust gives it what it is good at: membership, one owner, a watchdog, an end in time. The facts it
reads itself, all partitions together, into a file (ADR 25).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from infra.services import find_kafka
from schemas import topics
from streams.app import consume
from streams.catalogue_in_force import load_catalogue
from streams.reporting.closer import Desk
from streams.reporting.reporter import TOKEN, Reporter
from streams.service import owned

if TYPE_CHECKING:
    from infra.settings import Settings
    from streams.app import StreamsApp

_LOOK_EVERY_S = 0.2


def register(app: StreamsApp, settings: Settings) -> None:
    """Close reports on the worker that owns the only partition of `credit.tallies`.

    A tally is acknowledged once its facts are kept: so the watchdog, which looks at what is
    acknowledged, notices when they no longer are. No fact is lost where it was acknowledged too
    early: how far was read stands beside the facts.
    """
    kafka, _ = find_kafka(settings)
    catalogue = load_catalogue(settings)
    desk = Desk(
        kafka=kafka,
        group=settings.group,
        folder=settings.state_dir / "streams" / "feedback",
        clock=app.clock_now,
        grace=timedelta(minutes=settings.feedback_grace_minutes),
        registered=sorted(catalogue.departments),
        law=catalogue,
    )

    def owns() -> bool:
        return TOKEN in owned(app)

    loop = asyncio.get_running_loop()

    def failed(error: Exception) -> None:
        loop.call_soon_threadsafe(app.give_up, error)

    reporter = Reporter(desk, owns=owns, failed=failed)

    async def work() -> None:
        reporter.start()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(reporter.stop)

    async def take(event: Any) -> None:
        # A thread makes it true: there is no event of the loop to wait for.
        while owns() and not reporter.holds(event.message.offset):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)

    app.task(work)
    consume(app, "feedback", [topics.TALLIES], take)
    app.inputs.update((topics.DECISIONS, topics.ACTIONS, topics.RECEIPTS, topics.FEEDBACK))
