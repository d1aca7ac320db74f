"""Whether a broker answers yet."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient


def wait_for_kafka(bootstrap: str, limit_s: float, *, alive: Callable[[], bool]) -> bool:
    """Tell whether the broker listed its topics within *limit_s*; gives up once not *alive*."""
    # Refused connections while it starts are expected: librdkafka's lines about them are dropped.
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline and alive():
        try:
            admin.list_topics(timeout=1.0)
        except KafkaException:
            time.sleep(0.1)
        else:
            return True
    return False
