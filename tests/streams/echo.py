"""A processor for tests: repeats receipts on credit.alerts; `bad`, `bug`, `hang` go wrong."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from infra.clock import SystemClock
from infra.settings import Settings
from schemas import topics
from schemas.errors import Reason, RejectRecordError, StopServiceError
from streams.app import StreamsApp, consume, sent
from streams.service import serve


def register(app: StreamsApp, settings: Settings) -> None:
    """Repeat each receipt as it came."""
    del settings
    alerts = app.topic(topics.ALERTS, key_serializer="raw", value_serializer="raw")

    async def echo(event: Any) -> None:
        message = event.message
        if message.value == b"bad":
            raise RejectRecordError(Reason.BAD_FIELD, "test: bad")
        if message.value == b"hang":
            await asyncio.Event().wait()
        if message.value == b"bug":
            raise RuntimeError
        await sent(alerts.send(key=message.key, value=message.value))

    consume(app, "echo", [topics.RECEIPTS], echo)


if __name__ == "__main__":
    _settings = Settings(kafka=sys.argv[1], state_dir=Path(sys.argv[2]), metrics_port=0)
    try:
        asyncio.run(serve(_settings, ["tests.streams.echo"], SystemClock(), patience_s=10))
    except StopServiceError as _err:
        sys.stderr.write(f"{_err}\n")
        sys.exit(3)
