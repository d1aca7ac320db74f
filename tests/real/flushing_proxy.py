"""A Redis that loses everything in the middle of a read: a proxy that flushes between two reads."""

import socket
import socketserver
import threading
from io import BufferedReader
from typing import Self
from urllib.parse import urlsplit

import redis

# Of many values at once, as a batch is read; a restore asks for its position by GET alone, and one
# that is flushed again and again would never end.
_READS = frozenset({b"MGET", b"HMGET", b"HGETALL", b"EVALSHA"})


class FlushingProxy:
    """Hands commands on one by one; it empties the database between two reads in a row.

    Once each time it is armed, where one read follows another on the same connection: a reader
    who does not hold the two together sees the first answered and the second lost.
    """

    def __init__(self, redis_url: str) -> None:
        address = urlsplit(redis_url)
        self._target = str(address.hostname), int(address.port or 6379)
        self._client = redis.Redis.from_url(redis_url)
        self._armed = threading.Event()
        self._flushed = threading.Event()
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

    def arm(self) -> None:
        """Flush between the next two reads."""
        self._flushed.clear()
        self._armed.set()

    def wait_flushed(self, timeout_s: float) -> bool:
        """Wait until that has happened."""
        return self._flushed.wait(timeout_s)

    def serve(self, client: socket.socket) -> None:
        """Carry one connection until either side closes it."""
        with socket.create_connection(self._target) as server:
            reader = client.makefile("rb")
            answers = server.makefile("rb")
            was_read = False
            while (command := _read_command(reader)) is not None:
                is_read = _name(command) in _READS
                if is_read and was_read:
                    self._between_reads()
                server.sendall(command)
                client.sendall(_read_answer(answers))
                was_read = is_read

    def _between_reads(self) -> None:
        if self._armed.is_set():
            self._armed.clear()
            self._client.flushall()
            self._flushed.set()


def _name(command: bytes) -> bytes:
    return command.split(b"\r\n", 3)[2].upper()


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
