"""Whoever asks `/readyz` hears that nothing is decided, also where the loop cannot say so."""

import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from infra.health import HealthServer
from infra.metrics import REGISTRY
from streams.trigger import telemetry
from streams.trigger.transaction import Transaction
from tests.trigger.messages import event, firm, on_events
from tests.trigger.running import PATIENCE_S, Town

LATE_S = 2.0  # a busy machine keeps the loop for half a second now and then


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let no commit of offsets come back while this is not set."""
    may_go_on, commit = threading.Event(), Transaction.commit

    def late(self: Transaction, *how: Any) -> Any:
        if how[0]:
            assert may_go_on.wait(PATIENCE_S)
        return commit(self, *how)

    monkeypatch.setattr(Transaction, "commit", late)
    return may_go_on


def test_a_commit_that_keeps_the_loop_is_told_and_forgotten_when_it_lands(
    new_town: Town, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A town of its own: a process has one gauge, and it shows the trigger that was made last.
    town = new_town
    town.start()
    held.set()
    town.publish_all()
    held.clear()
    monkeypatch.setattr(telemetry, "_LATE_S", LATE_S)
    with HealthServer(live=town.telemetry.live, ready=town.telemetry.ready) as server:
        try:
            assert answer(server)[0] == 200
            town.send(on_events(event(firm())))
            assert until(server, 503).startswith("no turn of the loop for ")
            assert "waiting for a commit" in answer(server)[1]
            assert REGISTRY.get_sample_value("credit_ready_info") == 0
        finally:
            held.set()
        assert until(server, 200).startswith("deciding partitions")
        assert REGISTRY.get_sample_value("credit_ready_info") == 1
    assert [d.data.verdict for d in town.settle().decisions] == ["pass"]


def until(server: HealthServer, status: int) -> str:
    """Return what `/readyz` says once its *status* is that."""
    deadline = time.monotonic() + PATIENCE_S / 2
    while (told := answer(server))[0] != status:
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    return told[1]


def answer(server: HealthServer) -> tuple[int, str]:
    """Return status and text of `/readyz`."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=5) as told:
            return told.status, told.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
