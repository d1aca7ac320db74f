import http.client
from collections.abc import Iterator

import pytest

from infra.health import Health, HealthServer
from infra.metrics import DECISIONS
from schemas.errors import StopServiceError

STATE = {"live": Health(ok=True, why="polling"), "ready": Health(ok=False, why="restoring 10/100")}


def broken() -> Health:
    raise RuntimeError("text that might hold a payload")


@pytest.fixture
def server() -> Iterator[HealthServer]:
    with HealthServer(live=lambda: STATE["live"], ready=lambda: STATE["ready"]) as running:
        yield running


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_liveness_and_readiness_are_two_questions(server: HealthServer) -> None:
    assert get(server.port, "/healthz") == (200, "polling\n")
    assert get(server.port, "/readyz") == (503, "restoring 10/100\n")


def test_metrics_are_served_beside(server: HealthServer) -> None:
    DECISIONS.labels(verdict="deny", family="approval").inc(0)
    status, page = get(server.port, "/metrics")
    assert status == 200
    assert 'credit_decisions_total{family="approval",verdict="deny"}' in page


def test_any_other_path_says_which_there_are(server: HealthServer) -> None:
    assert get(server.port, "/") == (404, "try /metrics, /healthz or /readyz\n")


def test_a_check_that_breaks_is_a_check_that_failed_and_keeps_its_text_to_itself() -> None:
    with HealthServer(live=broken, ready=broken) as server:
        assert get(server.port, "/healthz") == (503, "check failed: RuntimeError\n")


def test_a_taken_port_is_told_in_one_line(server: HealthServer) -> None:
    with pytest.raises(StopServiceError, match=f"CREDIT_METRICS_PORT: 127.0.0.1:{server.port}"):
        HealthServer(live=broken, ready=broken, port=server.port)
