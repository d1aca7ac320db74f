"""What our Faust app does otherwise than Faust."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from streams.app import make_app


def test_what_was_fetched_is_not_thrown_away_when_the_flow_resumes(tmp_path: Path) -> None:
    """After a table's recovery Faust resumes a flow that is open, with inputs in its queues."""

    async def kept() -> int:
        app = make_app(
            *("127.0.0.1:1", "test"),
            partitions=4,
            data_folder=tmp_path,
            clock=lambda: datetime.now(UTC),
        )
        queue = app.FlowControlQueue(maxsize=10, clear_on_resume=True)
        app.flow_control.resume()
        await queue.put("record")
        app.flow_control.resume()
        return int(queue.qsize())

    assert asyncio.run(kept()) == 1
