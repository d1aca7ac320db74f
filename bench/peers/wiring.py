"""What the bench tells a peer through its environment: servers, topics, a folder."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Wiring:
    """Addresses and names for one peer process.

    `prefix` begins the names of everything the peer owns: consumer group, output topics
    `<prefix>.decisions` and `<prefix>.actions`, state.
    """

    kafka: str
    redis: str
    events: str
    prefix: str
    state_dir: str
    partitions: int

    @property
    def decisions(self) -> str:
        """Topic that takes one decision for every event."""
        return f"{self.prefix}.decisions"

    @property
    def actions(self) -> str:
        """Topic that takes the actions of the hits."""
        return f"{self.prefix}.actions"

    def to_environment(self) -> dict[str, str]:
        """Return the variables that `from_environment` reads."""
        return {
            "BENCH_KAFKA": self.kafka,
            "BENCH_REDIS": self.redis,
            "BENCH_EVENTS": self.events,
            "BENCH_PREFIX": self.prefix,
            "BENCH_STATE_DIR": self.state_dir,
            "BENCH_PARTITIONS": str(self.partitions),
        }

    @classmethod
    def from_environment(cls) -> "Wiring":
        """Return what the bench wrote. Raises: KeyError where the bench did not start us."""
        return cls(
            kafka=os.environ["BENCH_KAFKA"],
            redis=os.environ["BENCH_REDIS"],
            events=os.environ["BENCH_EVENTS"],
            prefix=os.environ["BENCH_PREFIX"],
            state_dir=os.environ["BENCH_STATE_DIR"],
            partitions=int(os.environ["BENCH_PARTITIONS"]),
        )
