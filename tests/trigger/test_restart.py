"""Stopping, starting and losing Redis between batches: nothing changes, nothing comes twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis

from infra.metrics import REGISTRY
from tests.trigger.messages import change, event, firm, on_events, on_lists
from tests.trigger.running import Town

STOP_S = 5.0
CHECKOUT = Path(__file__).parents[2]


def test_a_new_worker_goes_on_where_the_last_one_stopped(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    applied = event(subject)
    before = town.tell(on_lists(entered), on_events(applied))
    town.stop()
    town.send(on_events(applied), on_events(event(subject)))
    town.start()
    after = town.settle()
    assert [d.data.verdict for d in before.decisions + after.decisions] == ["deny", "deny"]
    assert after.dead_letters == []


def test_a_flushed_redis_frees_nobody_and_forgets_no_identity(town: Town) -> None:
    subject = firm()
    entered = change(subject)
    town.lists.note(entered)
    applied = event(subject, application="BX-FLUSH")
    town.tell(on_lists(entered), on_events(applied))
    redis.Redis.from_url(town.redis).flushall()
    told = town.tell(on_events(applied), on_events(event(subject)))
    assert [d.data.verdict for d in told.decisions] == ["deny"]
    assert told.dead_letters == []


def test_a_rebuild_is_counted_and_is_no_rebalance(town: Town) -> None:
    rebuilt = counted("credit_restores_total", kind="rebuild")
    rebalances = counted("credit_rebalances_total")
    redis.Redis.from_url(town.redis).flushall()
    town.tell(*(on_events(event(firm())) for _ in range(20)))
    assert counted("credit_restores_total", kind="rebuild") > rebuilt
    assert counted("credit_rebalances_total") == rebalances


def counted(name: str, **labels: str) -> float:
    """Return what a counter of this process stands at."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_redis_set_back_is_noticed_and_not_believed(town: Town) -> None:
    subject = firm()
    client = redis.Redis.from_url(town.redis)
    before = {key: client.dump(key) for key in client.scan_iter(count=1000)}
    entered = change(subject)
    town.lists.note(entered)
    town.tell(on_lists(entered))
    client.flushall()
    for key, value in before.items():
        client.restore(key, 0, value or b"")
    told = town.tell(on_events(event(subject)))
    assert [d.data.verdict for d in told.decisions] == ["deny"]


def test_a_rebuilt_cache_counts_the_entries_of_a_list_as_before(town: Town) -> None:
    entered = change(firm())
    town.lists.note(entered)
    town.tell(on_lists(entered))
    redis.Redis.from_url(town.redis).flushall()
    told = town.tell(*town.lists.published("licence-bar"))
    assert told.alerts == []


def test_sigterm_ends_the_process_within_five_seconds_and_costs_nothing(
    new_town: Town, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "CREDIT_KAFKA": str(new_town.settings.kafka),
        "CREDIT_REDIS": new_town.redis,
        "CREDIT_METRICS_PORT": "0",
        "CREDIT_STATE_DIR": str(tmp_path),
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-P", "-m", "cli.main", "run", "trigger"]
    log = (tmp_path / "trigger.log").open("w")
    with subprocess.Popen(command, env=environment, stderr=log, cwd=tmp_path) as process:
        events = [event(firm()) for _ in range(1500)]
        new_town.tell(on_events(events[0]))
        new_town.post(*(on_events(e) for e in events[1:]))
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = process.wait(20)
        took = time.monotonic() - began
    assert (code, took < STOP_S) == (0, True), (tmp_path / "trigger.log").read_text()[-2000:]
    new_town.start()
    new_town.settle()
    decided = [d.data.event.id for d in new_town.everything().decisions]
    assert sorted(decided) == sorted(e["id"] for e in events)
