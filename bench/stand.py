"""What every engine of one run shares: servers, scenario, folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.kafka_server import KafkaServer
from bench.redis_server import RedisServer
from bench.scenario import Scenario
from bench.topics import Topics
from schemas.topics import events_topic


@dataclass(frozen=True)
class Stand:
    """Where the engines are measured; `say` tells the user what happens now."""

    kafka: KafkaServer
    redis: RedisServer
    topics: Topics
    scenario: Scenario
    work: Path
    say: Callable[[str], None]

    @property
    def events(self) -> str:
        """The prefilled topic that every engine reads."""
        return events_topic(self.scenario.place.family)
