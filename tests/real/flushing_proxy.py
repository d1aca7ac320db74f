"""A Redis that loses everything between two commands: a proxy that flushes before every n-th."""

import socket
import socketserver
import threading
from io import BufferedReader
from typing import Self
from urllib.parse import urlsplit

import redis


class FlushingProxy:
    """Hands commands on one by one; before every *every*-th one it empties the database."""

    def __init__(self, redis_url: str, *, every: int) -> None:
        address = urlsplit(redis_url)
        self._target = str(address.hostname), int(address.port or 6379)
        self._client = redis.Redis.from_url(redis_url)
        self._every = every
        self._commands = 0
        self._resting = False
        self._lock = threading.Lock()
        self.flushes = 0
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy.serve(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"redis://127.0.0.1:{self._server.server_address[1]}/0"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rest(self) -> None:
        """Flush no more."""
        self._resting = True

    def serve(self, client: socket.socket) -> None:
        """Carry one connection until either side closes it."""
        with socket.create_connection(self._target) as server:
            reader = client.makefile("rb")
            answers = server.makefile("rb")
            while (command := _read_command(reader)) is not None:
                self._before_command()
                server.sendall(command)
                client.sendall(_read_answer(answers))

    def _before_command(self) -> None:
        with self._lock:
            self._commands += 1
            if self._commands % self._every == 0 and not self._resting:
                self._client.flushall()
                self.flushes += 1


def _read_command(reader: BufferedReader) -> bytes | None:
    head = reader.readline()
    if not head:
        return None
    parts = [head]
    for _ in range(int(head[1:])):
        size = reader.readline()
        parts += [size, reader.read(int(size[1:]) + 2)]
    return b"".join(parts)


def _read_answer(reader: BufferedReader) -> bytes:
    head = reader.readline()
    kind, size = head[:1], head[1:-2]
    if kind == b"$" and size != b"-1":
        return head + reader.read(int(size) + 2)
    if kind == b"*" and size != b"-1":
        return head + b"".join(_read_answer(reader) for _ in range(int(size)))
    return head
