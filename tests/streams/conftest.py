import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from infra.topics import Topics
from infra.wanted_topics import Topic
from tests.streams.feedback_log import COUNTS, SyntheticLog
from tests.streams.feedback_worker import Reports
from tests.streams.office import DAYS, FIRST


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    """Address of a broker with the topics of reports."""
    with EmbeddedServices(tmp_path / "broker", with_redis=False) as running:
        Topics(running.kafka).apply([Topic(name, n, 1, {}) for name, n in COUNTS.items()])
        yield running.kafka
        gc.collect()


@pytest.fixture
def log() -> SyntheticLog:
    return SyntheticLog(11, FIRST, DAYS)


@pytest.fixture
def reports(kafka: str) -> Iterator[Reports]:
    reader = Reports(kafka)
    yield reader
    reader.close()
