"""The worker of role streams with the feedback processor alone, in a process of its own."""

import asyncio
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from infra.clock import SimulatedClock
from infra.kafka import consumer_config
from infra.settings import Settings
from schemas import topics
from schemas.errors import StopServiceError
from schemas.feedback import Feedback
from streams.service import serve
from tests.streams.feedback_log import PARTITIONS

GRACE_MINUTES = 60


class FeedbackWorker:
    """One worker on *kafka* that lives from *now* on; it can be killed and started again."""

    def __init__(self, kafka: str, folder: Path, now: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._kafka, self._folder = kafka, folder
        self._log = folder / "worker.log"
        self.start(now)

    def start(self, now: datetime) -> None:
        """Start it on the day and time *now*."""
        command = [sys.executable, "-P", "-m", "tests.streams.feedback_worker"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, self._kafka, str(self._folder), now.isoformat()], stderr=log, stdout=log
            )

    def kill(self) -> None:
        """Kill it without a word."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """Return the end of its log."""
        return self._log.read_text()[-3000:]


class Reports:
    """Reads `credit.feedback` on from where it stood, committed reports alone."""

    def __init__(self, kafka: str) -> None:
        config = consumer_config(kafka, "tests", enable_partition_eof=True)
        self._reader = Consumer(config)
        self._reader.assign([TopicPartition(topics.FEEDBACK, 0, 0)])
        self.values: list[bytes] = []

    def all(self) -> list[Feedback]:
        """Return all reports that there are by now, in their order."""
        while (message := self._reader.poll(0.5)) is not None and message.error() is None:
            self.values.append(message.value() or b"")
        return [Feedback.model_validate_json(value) for value in self.values]

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()


if __name__ == "__main__":
    _settings = Settings(
        kafka=sys.argv[1],
        state_dir=Path(sys.argv[2]),
        metrics_port=0,
        partitions=PARTITIONS,
        feedback_grace_minutes=GRACE_MINUTES,
    )
    _clock = SimulatedClock(datetime.fromisoformat(sys.argv[3]))
    try:
        asyncio.run(serve(_settings, ["streams.feedback"], _clock))
    except StopServiceError as _err:
        sys.stderr.write(f"{_err}\n")
        sys.exit(3)
