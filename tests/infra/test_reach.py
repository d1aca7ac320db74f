"""A Kafka that is not there is told within seconds; one that is there costs no time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from confluent_kafka.admin import AdminClient

from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from infra.reach import REACH_S, unreachable
from infra.topic_log import find_log
from infra.topics import Topics
from schemas.errors import CreditTriggerError
from sources.publisher import reach

_TAKEN = socket.socket()  # bound, so that no server of another test gets its port; never listens
_TAKEN.bind(("127.0.0.1", 0))
NOBODY = f"127.0.0.1:{_TAKEN.getsockname()[1]}"
SHORT_S = 0.5
LONG_S = 2.0  # for who answers: on a busy machine not at once


@pytest.fixture
def silent() -> Iterator[str]:
    """Somebody who takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServices(tmp_path_factory.mktemp("kafka"), with_redis=False) as services:
        yield services.kafka


def test_a_broker_answers_also_where_others_do_not(kafka: str, silent: str) -> None:
    for servers in (kafka, f"{NOBODY}, {silent},{kafka}", f"PLAINTEXT://{kafka}"):
        assert unreachable(servers) is None, servers


def test_who_is_no_kafka_is_none_and_why_is_told(silent: str) -> None:
    assert unreachable(NOBODY, within_s=SHORT_S) == "Connection refused"
    assert unreachable(silent, within_s=SHORT_S) == "timed out"
    assert unreachable("no-such-host.invalid:9092", within_s=SHORT_S)
    assert unreachable(" , ", within_s=SHORT_S) == "no server"


def test_a_server_of_something_else_is_no_kafka() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(LONG_S)

        def refuse() -> None:
            with suppress(TimeoutError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(100)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answering = threading.Thread(target=refuse)
        answering.start()
        assert "not a Kafka" in (unreachable(address, within_s=LONG_S) or "")
        answering.join()


@pytest.mark.parametrize("ask", ["topics", "log", "publisher"])
def test_whoever_asks_hears_of_it_in_one_line_and_in_time(ask: str, silent: str) -> None:
    asked = {
        "topics": lambda: Topics(silent).brokers(),
        "log": lambda: find_log(silent, "credit.alerts"),
        "publisher": lambda: reach(AdminClient(admin_config(silent)), silent),
    }[ask]
    began = time.monotonic()
    with pytest.raises(CreditTriggerError) as told:
        asked()
    assert time.monotonic() - began < REACH_S + 1
    assert str(told.value).startswith(f"Kafka {silent}: 没有响应 / does not answer (timed out)")
    assert "check CREDIT_KAFKA" in str(told.value)
    assert "\n" not in str(told.value)
