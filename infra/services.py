"""Which Kafka and Redis a command talks to: the ones that are set, else those of a running `up`."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.settings import Settings

_FILE = "services.json"
_LOCK = "up.lock"


@dataclass(frozen=True)
class Endpoints:
    """Addresses to talk to; `embedded` tells that the broker is ours and forgets all it holds."""

    kafka: str
    redis: str = field(repr=False)  # may hold a password
    embedded: bool


def connect(settings: Settings) -> Endpoints:
    """Return the services that *settings* name, filled up from the `up` running on this machine.

    Nothing is connected yet. Raises: StopServiceError if one is neither set nor running.
    """
    running = _running(settings.state_dir)
    redis = settings.redis.get_secret_value() if settings.redis else running and running.redis
    if not redis or not (settings.kafka or running):
        raise _nothing_runs("CREDIT_KAFKA and CREDIT_REDIS")
    kafka, embedded = find_kafka(settings)
    return Endpoints(kafka=kafka, redis=redis, embedded=embedded)


def find_kafka(settings: Settings) -> tuple[str, bool]:
    """Return where Kafka is, and whether it is the embedded broker; as `connect`, without Redis."""
    if settings.kafka:
        return settings.kafka, False
    running = _running(settings.state_dir)
    if running is None:
        raise _nothing_runs("CREDIT_KAFKA")
    return running.kafka, running.embedded


def _nothing_runs(names: str) -> StopServiceError:
    return StopServiceError(
        "这里没有运行的服务 / nothing runs here: 请先启动 / start `credit-trigger up`, "
        f"或设置 / or set {names}"
    )


@contextmanager
def sole(state_dir: Path) -> Iterator[None]:
    """Be the only `up` of *state_dir* while this context lasts and this process lives.

    Raises: StopServiceError if another process already is.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise StopServiceError(
                f"{state_dir}: 已有一个 up 在运行 / an `up` already runs here; "
                "请停止它, 或设置另一个 CREDIT_STATE_DIR / stop it, or set another CREDIT_STATE_DIR"
            ) from err
        yield


@contextmanager
def recorded(state_dir: Path, endpoints: Endpoints) -> Iterator[None]:
    """Let other commands find *endpoints* while this context lasts; for the `sole` one alone."""
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_dir / _FILE
    _write(path, endpoints)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, endpoints: Endpoints) -> None:
    record = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),  # a pid alone may be somebody else's by now
        "kafka": endpoints.kafka,
        "redis": endpoints.redis,
        "embedded": endpoints.embedded,
    }
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(record, file)
    draft.replace(path)  # a reader sees the whole record or none


def _running(state_dir: Path) -> Endpoints | None:
    """Return what a living `up` has recorded; a record of a dead one counts as none."""
    try:
        record = json.loads((state_dir / _FILE).read_text())
        owner = psutil.Process(record["pid"])
        if abs(owner.create_time() - record["started"]) > 1 or not owner.is_running():
            return None
        return Endpoints(record["kafka"], record["redis"], record["embedded"])
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError, KeyError):
        return None
