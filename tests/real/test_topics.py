"""Topics on real Kafka: made once, compared exactly, and never worked on when they differ."""

import contextlib
import time
from datetime import datetime

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.times import SHANGHAI
from tests.real.city import City
from tests.trigger.messages import event, firm, on_events

pytestmark = pytest.mark.connected


def test_topics_applied_twice_differ_in_nothing(city: City) -> None:
    again = city.command("topics", "apply")
    assert again.returncode == 0, again.stdout + again.stderr
    checked = city.command("topics", "apply", "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_setting_that_somebody_changed_is_found_and_mended(city: City) -> None:
    spoil = ConfigEntry("retention.ms", "100000", incremental_operation=AlterConfigOpType.SET)
    alerts = ConfigResource(ResourceType.TOPIC, "credit.alerts", incremental_configs=[spoil])
    admin = AdminClient({"bootstrap.servers": city.kafka, "log_level": 0})
    admin.incremental_alter_configs([alerts])[alerts].result(30)
    wait_until_shown(admin, alerts, "retention.ms", "100000")
    found = city.command("topics", "apply", "--check")
    assert found.returncode == 1
    assert "credit.alerts" in found.stdout + found.stderr
    assert city.command("topics", "apply").returncode == 0
    wait_until_shown(admin, alerts, "retention.ms", str(90 * 24 * 3600 * 1000))
    assert city.command("topics", "apply", "--check").returncode == 0


def wait_until_shown(admin: AdminClient, topic: ConfigResource, name: str, value: str) -> None:
    """Wait until the broker says what its controller took: a moment later, under load a second."""
    deadline = time.monotonic() + 20
    while admin.describe_configs([topic])[topic].result(30)[name].value != value:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_wrong_partition_count_is_refused_by_trigger_and_command(city: City) -> None:
    remake(city, "credit.decisions", 3)
    assert city.command("topics", "apply").returncode == 1
    trigger = city.trigger()
    assert trigger.wait(60) == 3
    assert_one_line(trigger.said(), "credit.decisions")


def test_another_partition_count_in_the_settings_is_refused(city: City) -> None:
    done = city.command("run", "trigger", CREDIT_PARTITIONS="6", CREDIT_METRICS_PORT="0")
    assert done.returncode == 3
    assert_one_line(done.stderr, "CREDIT_PARTITIONS")


def test_a_position_that_the_log_no_longer_has_stops_the_worker(city: City) -> None:
    now = datetime.now(SHANGHAI)
    subjects = [firm() for _ in range(40)]
    first = city.trigger()
    first.wait_ready()
    city.send(on_events(event(s, time=now)) for s in subjects)
    time.sleep(2.0)
    assert first.stop() == 0
    city.send(on_events(event(s, time=now)) for s in subjects)
    admin = AdminClient({"bootstrap.servers": city.kafka, "log_level": 0})
    everything = [TopicPartition("credit.events.approval", p, -1) for p in range(4)]
    for answer in admin.delete_records(everything).values():
        answer.result(30)
    second = city.trigger()
    assert second.wait(60) == 3
    assert_one_line(second.said(), "position")


def remake(city: City, name: str, partitions: int) -> None:
    """Delete a topic and make it anew, as a careless hand would; return once all can see it."""
    admin = AdminClient({"bootstrap.servers": city.kafka, "log_level": 0})
    admin.delete_topics([name])[name].result(30)
    deadline = time.monotonic() + 30
    while (seen := admin.list_topics(timeout=10).topics.get(name)) is None or len(
        seen.partitions
    ) != partitions:
        assert time.monotonic() < deadline
        with contextlib.suppress(KafkaException):  # still being deleted, or made already
            admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)
        time.sleep(0.2)


def assert_one_line(said: str, word: str) -> None:
    """The last line says what is wrong, and no stack trace is anywhere."""
    assert "Traceback" not in said
    assert word in said.strip().splitlines()[-1], said[-1500:]
