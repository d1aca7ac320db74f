import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from infra.child_process import ChildProcess
from infra.embedded import EmbeddedServices
from infra.redis import check_redis, connect_redis
from schemas.errors import RetryLaterError, StopServiceError

HOLDER = """
import signal, sys, time, pathlib
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of the background ignores it
from infra.embedded import EmbeddedServices
with EmbeddedServices(pathlib.Path(sys.argv[1])) as services:
    print(services.kafka, services.redis.split("/")[2], flush=True)
    time.sleep(60)
"""


def eventually(holds: Callable[[], bool], within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 0.5).close()
    except OSError:
        return False
    return True


def start_holder(tmp_path: Path) -> tuple[subprocess.Popen[str], list[str]]:
    root = str(Path(__file__).parents[2])
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert holder.stdout is not None
    return holder, holder.stdout.readline().split()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_the_process_that_started_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    holder, addresses = start_holder(tmp_path)
    family = psutil.Process(holder.pid).children(recursive=True)
    assert all(listens(address) for address in addresses)
    assert len(family) == 4  # two servers, each on a leash
    holder.send_signal(number)
    holder.wait(10)
    assert eventually(lambda: not any(each.is_running() for each in family))
    assert not any(listens(address) for address in addresses)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_a_server_does_not_outlive_its_leash(tmp_path: Path) -> None:
    child = ChildProcess([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    leash = psutil.Process(child.pid)
    assert eventually(lambda: len(leash.children()) == 1)
    program = leash.children()[0]
    leash.kill()
    assert eventually(lambda: not program.is_running())
    child.stop()


def test_the_exit_code_and_the_last_words_of_a_child_are_kept(tmp_path: Path) -> None:
    child = ChildProcess(
        [sys.executable, "-c", "import sys; print('last words'); sys.exit(7)"], tmp_path / "log"
    )
    assert eventually(lambda: child.exit_code() is not None)
    assert (child.exit_code(), child.last_line()) == (7, "last words")


def test_a_child_is_asked_to_stop_before_it_is_made_to(tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    child = ChildProcess([sys.executable, "-c", program], tmp_path / "log")
    assert eventually(lambda: child.last_line() == "up")
    assert child.stop() == 9


def test_the_embedded_redis_never_evicts(embedded: EmbeddedServices) -> None:
    client = connect_redis(embedded.redis)
    check_redis(client)
    client.set("k", b"\xff")
    assert client.get("k") == b"\xff"


def test_a_redis_that_may_evict_is_refused_with_the_cure(embedded: EmbeddedServices) -> None:
    client = connect_redis(embedded.redis)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(StopServiceError, match=r"allkeys-lru.*noeviction.*CONFIG SET"):
            check_redis(client)
    finally:
        client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_that_does_not_answer_is_tried_again_later() -> None:
    with pytest.raises(RetryLaterError):
        check_redis(connect_redis("redis://127.0.0.1:1/0", timeout_s=0.5))


def test_a_write_is_never_repeated_behind_our_back() -> None:
    """A server that takes the command and hangs up: a second try could count twice."""
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(5):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(4096):
                    if b"INCR" in data:
                        received.append(data)
                        break
                    connection.sendall(b"+OK\r\n" * data.count(b"*"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        client = connect_redis(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", timeout_s=2)
        with pytest.raises(redis.exceptions.ConnectionError):
            client.incr("counted")
    assert len(received) == 1


def test_what_does_not_end_by_itself_is_ended_after_its_grace(tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('up', flush=True); time.sleep(60)"
    )
    child = ChildProcess([sys.executable, "-c", program], tmp_path / "log", grace_s=0.2)
    assert eventually(lambda: child.last_line() == "up")
    began = time.monotonic()
    assert child.stop() == 128 + signal.SIGKILL
    assert time.monotonic() - began < 5
