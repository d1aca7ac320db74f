from collections.abc import Iterator

import pytest
import redis

from infra.embedded import EmbeddedServices
from infra.redis import connect_redis


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A Redis for all desks; each writes under a name of its own."""
    with EmbeddedServices(tmp_path_factory.mktemp("desk"), with_kafka=False) as services:
        yield connect_redis(services.redis)
