"""A Redis in a container that can be killed, flushed, set back, starved, slowed and filled up."""

import contextlib
import time
from typing import Any

import docker
import redis

from infra.embedded import free_port

IMAGE = "redis:7"
_PATIENCE_S = 60.0
# In one go: key by key, a position could be newer than what it stands for.
_ALL = """
local told = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    told[#told + 1] = key
    told[#told + 1] = redis.call('DUMP', key)
end
return told
"""
_DISK = "size=64k"  # too small for any snapshot of ours

Snapshot = dict[bytes, bytes]


class Cache:
    """One Redis without persistence, on a port that stays the same."""

    def __init__(self) -> None:
        self._port = free_port()
        self._container: Any = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._container = docker.from_env().containers.run(
            IMAGE,
            "redis-server --save '' --appendonly no --dir /disk",
            detach=True,
            ports={"6379/tcp": ("127.0.0.1", self._port)},
            tmpfs={"/disk": f"{_DISK},mode=1777"},
            labels={"org.testcontainers": "true"},
        )
        self._wait()

    def remove(self) -> None:
        """Remove it and all it holds."""
        if self._container is not None:
            self._container.remove(force=True, v=True)

    def kill(self) -> None:
        """Kill it without a word; it forgets everything."""
        self._container.kill()

    def start_again(self) -> None:
        """Start it after `kill`, empty."""
        self._container.start()
        self._wait()

    def freeze(self) -> None:
        """Stop it in mid-sentence."""
        self._container.pause()

    def thaw(self) -> None:
        """Let it go on."""
        self._container.unpause()

    def flush(self) -> None:
        """Lose everything."""
        self.client().flushall()

    def snapshot(self) -> Snapshot:
        """Return all that it holds at this moment, as a snapshot on disk would."""
        told = self.client().eval(_ALL, 0)
        return dict(zip(told[::2], told[1::2], strict=True))

    def set_back(self, snapshot: Snapshot) -> None:
        """Hold *snapshot* and nothing else, as after a restore of an old backup."""
        pipe = self.client().pipeline(transaction=True)
        pipe.flushall()
        for key, value in snapshot.items():
            pipe.restore(key, 0, value)
        pipe.execute()

    def slow_down(self, seconds: float) -> None:
        """Answer nobody for 100 ms at a time, for *seconds*."""
        client, until = self.client(), time.monotonic() + seconds
        while time.monotonic() < until:
            client.execute_command("CLIENT", "PAUSE", 100, "ALL")
            time.sleep(0.102)

    def fill_disk(self) -> None:
        """Fail to save on a full disk, upon which Redis refuses every write; return when it does.

        Needs more than 64 KB of keys.
        """
        client = self.client()
        client.config_set("save", "1 1")
        deadline = time.monotonic() + _PATIENCE_S
        while client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            assert time.monotonic() < deadline, "the disk never filled up"
            with contextlib.suppress(redis.ResponseError):  # since the look it has refused writes
                client.set("faults:filling", time.monotonic())
            time.sleep(0.2)

    def empty_disk(self) -> None:
        """Save no more, so that writes are taken again."""
        self.client().config_set("save", "")

    def starve(self, *, policy: str = "noeviction") -> None:
        """Leave no memory for anything new.

        With another *policy* than ours half of the data has no place any more, and is thrown away.
        """
        client = self.client()
        memory = client.info("memory")
        limit = int(memory["used_memory"])
        if policy != "noeviction":
            limit -= int(memory["used_memory_dataset"]) // 2
        client.config_set("maxmemory-policy", policy)
        client.config_set("maxmemory", limit)

    def kinds(self) -> list[str]:
        """Return the kinds of keys of the trigger: what follows the namespace in their names."""
        return sorted({_kind(key) for key in self.client().scan_iter(count=10_000)})

    def throw_away(self, kind: str) -> None:
        """Do as an eviction does that happens to hit the keys of one *kind* and nothing else."""
        client = self.client()
        client.config_set("maxmemory-policy", "allkeys-lru")
        doomed = [key for key in client.scan_iter(count=10_000) if _kind(key) == kind]
        assert doomed, f"nothing of the kind {kind!r} was there to throw away"
        client.delete(*doomed)

    def feed(self) -> None:
        """Give it all the memory again, and the policy that we ask for."""
        client = self.client()
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")

    def client(self) -> redis.Redis:
        """Return a client of its own, past anything that stands between it and the workers."""
        # A snapshot of what a long day holds takes Redis half a minute on a busy machine.
        return redis.Redis.from_url(self.url, socket_timeout=120)

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if self.client().ping():
                    return
            except redis.RedisError:
                assert time.monotonic() < deadline, "Redis does not answer"
                time.sleep(0.05)


def _kind(key: bytes) -> str:
    """Return `position`, `spaces`, `namespace`, or what follows it in *key*: `n`, `l`, ..."""
    _, _, first, *rest = key.decode().split(":")
    if rest:
        return rest[0]
    return first if first in ("position", "spaces") else "namespace"
