"""Actions, receipts and workers of a made-up city, for the tests of follow-up."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from infra.kafka import consumer_config
from infra.topics import Topics
from infra.wanted_topics import table_topics, wanted_topics
from schemas import topics
from schemas.uscc import make_uscc
from tests.cli.recorded import FINANCE, action, record, write
from tests.streams.followup_oracle import standing

PARTITIONS = 4
GROUP = "credit-trigger"
CHANGELOG = f"{GROUP}-streams-followup-changelog"
WITHIN_S = 60.0
_STARTED_ANEW = 2


def firm(number: int) -> str:
    """Return the synthetic code of organisation *number*."""
    return make_uscc("91210500", f"MA0X{number:04d}")


def receipt(subject: str, action_id: str, number: int, **changes: Any) -> bytes:
    """Return a receipt of FINANCE as it lies on `credit.receipts`; *changes* override its data."""
    at = changes.get("at", "2026-06-17T10:00:00+08:00")
    data = {
        "receipt_id": f"r-{number}",
        "action_id": action_id,
        "department": FINANCE,
        "outcome": "executed",
        "at": at,
        **changes,
    }
    message = {
        "specversion": "1.0",
        "id": data["receipt_id"],
        "source": "/finance",
        "type": "credit.receipt.recorded",
        "subject": subject,
        "time": "2026-06-17T10:00:00+08:00",
        "data": data,
    }
    return json.dumps(message).encode()


def focus_entry(
    subject: str, change: str, revision: int, *, source: str = "/credit-office/benxi", **more: Any
) -> bytes:
    """Return a change of an entry as it lies on `credit.lists`; *more* overrides its data."""
    data = {
        "entry_id": "F-1",
        "revision": revision,
        "list_code": "city-focus",
        "subject_name": "某公司",
        "doc_no": "本信用办〔2026〕1号",
        "recognised_by": "本溪市信用办",
        "effective_from": "2026-06-01",
        "facts": "年报信息不实",
        **more,
    }
    message = {
        "specversion": "1.0",
        "id": f"{data['entry_id']}/{revision}/{change}",
        "source": source,
        "type": f"credit.list.{change}",
        "subject": subject,
        "time": "2026-06-17T10:00:00+08:00",
        "data": data,
    }
    return json.dumps(message, ensure_ascii=False).encode()


class FollowedCity:
    """One broker with its topics, a clock in a file, and any number of workers."""

    def __init__(self, kafka: str, folder: Path, day: date) -> None:
        wanted = wanted_topics([], [], partitions=PARTITIONS, brokers=1, embedded=True)
        tables = table_topics(GROUP, partitions=PARTITIONS, brokers=1)
        Topics(kafka).apply([*wanted, *tables])
        self.kafka, self._folder = kafka, folder
        self._clock, self._log = folder / "clock", folder / "workers.log"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self.set_day(day)

    def set_day(self, day: date) -> None:
        """Have every worker live on *day*, at eight in the morning."""
        self.day = day
        draft = self._clock.with_suffix(".new")
        draft.write_text(f"{day}T08:00:00+08:00")
        draft.replace(self._clock)

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        self._started += 1
        names = [self.kafka, str(self._folder / str(self._started)), str(self._clock)]
        command = [sys.executable, "-P", "-m", "tests.streams.follow", *names]
        with self._log.open("ab") as log:
            worker = subprocess.Popen(command, stderr=log, stdout=log)
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """Stop every worker that still runs, with SIGTERM."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            worker.wait(60)

    def issue(self, subject: str, **changes: Any) -> str:
        """Record an action in force against *subject*; return its id."""
        made = action(state="in_force", effect="block", review_due_on=None, **changes)
        record(self.kafka, made, subject=subject)
        return made.action_id

    def send(self, *receipts: tuple[str, bytes], topic: str = topics.RECEIPTS) -> None:
        """Send *receipts*, each with its key."""
        write(self.kafka, topic, receipts)

    def everything(self, topic: str) -> list[Message]:
        """Return all that lies on *topic*, in the order of each partition."""
        reader = Consumer(
            consumer_config(self.kafka, "tests", enable_partition_eof=True, fetch_wait_max_ms=25)
        )
        partitions = reader.list_topics(topic, timeout=10).topics[topic].partitions
        reader.assign([TopicPartition(topic, number, 0) for number in partitions])
        found: list[Message] = []
        open_ends = set(partitions)
        deadline = time.monotonic() + WITHIN_S
        while open_ends and time.monotonic() < deadline:
            for message in reader.consume(5000, 0.2):
                if message.error() is None:
                    found.append(message)
                else:
                    open_ends.discard(message.partition())
        reader.close()
        return found

    def told(self) -> dict[str, tuple[str, str]]:
        """Return the alerts that stand outside: raised, and not cleared by anything since."""
        found: dict[str, tuple[str, str]] = {}
        for message in self.everything(topics.ALERTS):
            told = json.loads(message.value() or b"")
            data = told["data"]
            if told["type"] == "credit.alert.raised":
                found[data["alert_id"]] = (data["kind"], data["action_id"])
            else:
                found.pop(data["alert_id"], None)
        return found

    def awaits(
        self, wanted: Callable[[dict[str, tuple[str, str]]], bool], *, looks: int = 60
    ) -> dict[str, tuple[str, str]]:
        """Return what stands outside as soon as it is as *wanted*."""
        for _ in self._looks(looks):
            told = self.told()
            if wanted(told):
                return told
        raise AssertionError(f"{told}; {self.said()}")

    def _looks(self, most: int) -> Iterator[None]:
        """Yield *most* times, a second apart, and as often again after a worker was started anew.

        One that Faust left behind ends itself (`streams/watchdog.py`); whoever runs it, `up` or
        systemd, starts the next. Here no more than twice: each must get on in the end.
        """
        left, again = most, 0
        while left:
            yield
            time.sleep(1)
            left -= 1
            ended = [worker for worker in self.workers if (worker.poll() or 0) > 0]
            if ended and again < _STARTED_ANEW:
                left, again = most, again + 1
                for worker in ended:
                    self.workers.remove(worker)
                    self.start()

    def should_be_told(self) -> dict[str, tuple[str, str]]:
        """Return what the independent job makes of the topics on the day that the workers live."""
        return standing(
            [m.value() or b"" for m in self.everything(topics.ACTIONS)],
            [(m.key() or b"", m.value() or b"") for m in self.everything(topics.RECEIPTS)],
            self.day,
        )

    def agrees(self, *, looks: int = 60) -> None:
        """Look each second whether what was told is what the independent job says.

        Counted in looks, not in time: a machine that stood still is no finding.
        """
        should = self.should_be_told()
        for _ in self._looks(looks):
            told = self.told()
            if told == should:
                return
        raise AssertionError(self._difference(told, should))

    def said(self) -> str:
        """Return the end of what the workers logged."""
        return self._log.read_text()[-3000:]

    def _difference(self, told: Sequence[str] | Any, should: Any) -> str:
        missing = {i: should[i] for i in should.keys() - told.keys()}
        extra = {i: told[i] for i in told.keys() - should.keys()}
        return f"missing {missing}, too many {extra}; {self.said()}"
