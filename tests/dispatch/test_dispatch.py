"""Dispatch on an embedded broker: to whom, in which order, what is set aside."""

import gc
import json
import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from consumers.dispatch.address import answers_topic
from consumers.dispatch.service import Dispatcher
from infra.catalogue_files import read_catalogue
from infra.clock import SystemClock
from infra.data_files import data_dir
from infra.embedded import EmbeddedServices
from infra.kafka import consumer_config
from infra.topics import Topics
from infra.wanted_topics import wanted_topics
from schemas.errors import Reason, RejectRecordError
from schemas.topics import ANSWERS_PREFIX, DEAD_LETTERS, DECISIONS
from streams.rules.catalogue import Catalogue, build_catalogue
from tests.cli.recorded import FINANCE, FIRM, action, alert, raise_alerts, record, write

STRANGER = "11210500MAXX9999XX"
PATIENCE_S = 15.0


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_catalogue(read_catalogue(data_dir("catalogue")))


@pytest.fixture(scope="module")
def broker(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServices(tmp_path_factory.mktemp("broker"), with_redis=False) as running:
        names = wanted_topics([], catalogue.departments, partitions=4, brokers=1, embedded=True)
        Topics(running.kafka).apply(names)
        yield running.kafka
        gc.collect()


@pytest.fixture
def dispatcher(broker: str, catalogue: Catalogue) -> Iterator[Dispatcher]:
    made = Dispatcher(broker, "test-dispatch", catalogue, SystemClock())
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    began = time.monotonic()
    made.stop()
    thread.join(10)
    assert time.monotonic() - began < 5


def read(broker: str, topic: str, count: int) -> list[Message]:
    reader = Consumer(consumer_config(broker, "test-reader", fetch_wait_max_ms=25))
    reader.assign([TopicPartition(topic, 0, 0)])
    found: list[Message] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < deadline:
        message = reader.poll(0.1)
        if message is not None and message.error() is None:
            found.append(message)
    reader.close()
    return found


def decision_bytes(number: int, department: str = FINANCE) -> bytes:
    data = {"decision_id": f"d-{number}", "department": department}
    return json.dumps({"type": "credit.decision.made", "subject": FIRM, "data": data}).encode()


def test_a_department_gets_its_own_in_order_and_strangers_become_dead_letters(
    broker: str, dispatcher: Dispatcher
) -> None:
    told = action()
    record(broker, told)
    write(broker, DECISIONS, [(FIRM, decision_bytes(n)) for n in range(20)])
    write(broker, DECISIONS, [(FIRM, decision_bytes(99, STRANGER))])
    raise_alerts(broker, alert(FINANCE))
    topic = ANSWERS_PREFIX + FINANCE

    came = read(broker, topic, 22)
    ids = [json.loads(m.value() or b"") for m in came]
    numbers = [e["data"]["decision_id"] for e in ids if e["type"] == "credit.decision.made"]
    kinds = [e["type"] for e in ids]
    assert numbers == [f"d-{n}" for n in range(20)]
    assert sorted(set(kinds)) == [
        "credit.action.issued",
        "credit.alert.raised",
        "credit.decision.made",
    ]
    assert len(kinds) == 22
    assert {m.key() for m in came} == {FIRM.encode(), FINANCE.encode()}
    letter = read(broker, DEAD_LETTERS, 1)[0]
    headers = dict(letter.headers() or [])
    assert headers["dlq-reason"] == b"unknown-department"
    assert headers["dlq-topic"] == DECISIONS.encode()
    assert letter.value() == decision_bytes(99, STRANGER)
    assert dispatcher.ready().ok


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\xff", b'{"data":{"department":1}}'])
def test_what_names_no_department_is_refused(value: bytes | None, catalogue: Catalogue) -> None:
    with pytest.raises(RejectRecordError) as refused:
        answers_topic(value, catalogue)
    assert refused.value.reason is Reason.NOT_CLOUDEVENTS


def test_a_successor_gets_what_is_its_predecessors(catalogue: Catalogue) -> None:
    old = [d for d in catalogue.departments.values() if d.successor is not None]
    for department in old or [catalogue.departments[FINANCE]]:
        holder = catalogue.current_department(department.uscc)
        assert holder is not None
        value = decision_bytes(0, department.uscc)
        assert answers_topic(value, catalogue) == ANSWERS_PREFIX + holder.uscc
