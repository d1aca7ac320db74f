"""Whether a Kafka answers where one should be: told within seconds, and in one way."""

from __future__ import annotations

import socket
import struct
import threading
import time

REACH_S = 5.0  # somebody waits at a terminal; a broker that is busy answers in less
_KNOCK_EVERY_S = 0.2
_DEFAULT_PORT = 9092
# ApiVersions, version 0, correlation id 1, no client id: every Kafka answers it, before any login.
_ASK = struct.pack(">ihhih", 10, 18, 0, 1, -1)
_ANSWER = struct.Struct(">ii")  # size, correlation id


def unreachable(bootstrap: str, *, within_s: float = REACH_S) -> str | None:
    """Return why no Kafka answers on any of the servers of *bootstrap* (`host:port,...`).

    None as soon as one does. A client of Kafka would ask on for as long as its request may take:
    patience for a cluster that is slow, and no use where there is none.
    """
    found, until_s = threading.Event(), time.monotonic() + within_s
    causes: dict[str, str] = {}

    def knock(server: str) -> None:
        while not found.is_set() and (left_s := until_s - time.monotonic()) > 0:
            try:
                _ask(_address(server), left_s)
            except OSError as err:
                causes[server] = err.strerror or str(err)
                found.wait(_KNOCK_EVERY_S)
            else:
                found.set()

    servers = [server.strip() for server in bootstrap.split(",") if server.strip()]
    for server in servers:
        # One for each, none waited for: a name that nobody resolves keeps its thread for longer.
        threading.Thread(target=knock, args=(server,), name="knock", daemon=True).start()
    if found.wait(within_s):
        return None
    return ", ".join(sorted({causes.get(server, "timed out") for server in servers})) or "no server"


def no_answer(bootstrap: str, why: str) -> str:
    """Return the one line on a Kafka that is not there, and what to do."""
    return (
        f"Kafka {bootstrap}: 没有响应 / does not answer ({why});"
        " 启动 credit-trigger up, 或检查 CREDIT_KAFKA"
        " / start `credit-trigger up`, or check CREDIT_KAFKA"
    )


def _ask(address: tuple[str, int], within_s: float) -> None:
    """Hear an answer of Kafka's from *address*. Raises: OSError if there is none."""
    with socket.create_connection(address, timeout=within_s) as connection:
        connection.sendall(_ASK)
        with connection.makefile("rb") as answers:
            told = answers.read(_ANSWER.size)
    if len(told) < _ANSWER.size:
        raise OSError("连接被关闭 / connection closed")
    if _ANSWER.unpack(told)[1] != 1:
        raise OSError("不是 Kafka / not a Kafka")


def _address(server: str) -> tuple[str, int]:
    """Return host and port of a server as librdkafka takes it: `[::1]:9092`, `PLAINTEXT://a:1`."""
    server = server.rpartition("://")[2]
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():  # no port was given
        host, port = server, str(_DEFAULT_PORT)
    return host.strip("[]"), int(port)
