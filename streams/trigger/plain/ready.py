"""The compiled loops, made ready before the first batch: ten seconds once, then from the disk.

python -m streams.trigger.plain.ready
"""

import json
import threading
import time

import structlog

from schemas.times import format_instant, from_millis
from streams.trigger.plain.columns import Columns, Limits
from streams.trigger.plain.quiet import write_quietly

log = structlog.get_logger("trigger")

_SUBJECT = "91210500MA0BX0015F"  # synthetic
_SLOW_S = 2.0
_LIMITS = Limits(ahead_ms=0, behind_ms=0, partitions=1)


class _Sample:
    """A message as the consumer gives it, of the shape that is compiled for."""

    def __init__(self) -> None:
        data = {"department": _SUBJECT, "item_code": "x", "application_no": "x"}
        names = {"item_name": "x", "subject_name": "x"}
        envelope = {"specversion": "1.0", "id": "x", "source": "/x", "type": "credit.x.x"}
        instant = format_instant(from_millis(0))
        message = {**envelope, "subject": _SUBJECT, "time": instant, "data": {**data, **names}}
        self._value = json.dumps(message).encode()

    def key(self) -> bytes:
        return _SUBJECT.encode()

    def value(self) -> bytes:
        return self._value

    def topic(self) -> str:
        return "x"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 0

    def timestamp(self) -> tuple[int, int]:
        return 1, 0


def make_ready() -> None:
    """Compile what works on plain events, or load it from where it was kept."""
    began = time.perf_counter()
    slow = threading.Timer(_SLOW_S, lambda: log.info("compiling", why="new or changed code, once"))
    slow.daemon = True
    slow.start()
    columns = Columns([_Sample()], _LIMITS)  # type: ignore[list-item]  # a message in all it needs
    columns.asked()
    write_quietly(columns, columns.plain_rows(), {})
    slow.cancel()
    took_s = time.perf_counter() - began
    if took_s > _SLOW_S:
        log.info("compiled", took_s=round(took_s, 1))


if __name__ == "__main__":
    make_ready()
