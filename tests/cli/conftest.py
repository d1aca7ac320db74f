import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from cli.main import main
from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from schemas import topics


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `credit-trigger ARGS` here, in a state folder where nothing runs."""
    monkeypatch.setenv("CREDIT_STATE_DIR", str(tmp_path / "state"))

    def command(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["credit-trigger", *args])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return Ran(int(left.value.code or 0), told.out, told.err)

    return command


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an embedded broker with the topics that officers' commands read and write."""
    counts = {topics.ACTIONS: 4, topics.DECISIONS: 4, topics.REVIEWS: 4, topics.ALERTS: 1}
    counts |= {topics.LISTS: 4, topics.RECEIPTS: 4, topics.FEEDBACK: 1}
    counts |= {topics.events_topic("approval"): 4}
    with EmbeddedServices(tmp_path_factory.mktemp("broker"), with_redis=False) as running:
        admin = AdminClient(admin_config(running.kafka))
        new = [NewTopic(name, count, 1) for name, count in counts.items()]
        for made in admin.create_topics(new).values():
            made.result()
        del admin, made
        yield running.kafka
        gc.collect()  # the broker waits for the last of its connections
