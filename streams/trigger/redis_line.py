"""One connection to Redis on which commands go out at once and answers are fetched later.

Redis works on another processor: whoever sends before it needs the answer does not wait for it.
Answers come in the order of the commands. After any error the connection is given up, so that no
later answer can be taken for an earlier one.
"""

from collections.abc import Sequence
from typing import Any

import redis

Command = Sequence[str | bytes]


class Packed(bytes):
    """A command as it goes over the wire."""


def packed(head: Command, count: int, arguments: bytes) -> Packed:
    """Return a command that begins with *head*, and has *count* more *arguments* in RESP."""
    texts = [part.encode() if isinstance(part, str) else part for part in head]
    begin = b"".join(b"$%d\r\n%b\r\n" % (len(text), text) for text in texts)
    return Packed(b"*%d\r\n%b%b" % (len(head) + count, begin, arguments))


class RedisLine:
    """Sends now, hears later. Every method raises redis.RedisError where Redis is away."""

    def __init__(self, client: "redis.Redis") -> None:
        self._pool = client.connection_pool
        self._connection: Any = None  # redis-py does not name the type of a pool's connections

    def send(self, *commands: Command | Packed) -> None:
        """Send *commands*; each will have one answer."""
        if self._connection is None:
            self._connection = self._pool.get_connection()
        try:
            self._connection.send_packed_command(self._pack(commands), check_health=False)
        except BaseException:
            self.hang_up()
            raise

    def _pack(self, commands: Sequence[Command | Packed]) -> list[bytes]:
        """Return what goes over the wire, in the order of *commands*."""
        chunks: list[bytes] = []
        plain: list[Command] = []
        for command in commands:
            if isinstance(command, Packed):
                chunks += self._connection.pack_commands(plain)
                chunks.append(command)
                plain = []
            else:
                plain.append(command)
        return [*chunks, *self._connection.pack_commands(plain)]

    def hear(self, count: int) -> list[Any]:
        """Return the next *count* answers. An error among them is raised."""
        if self._connection is None:
            msg = "the connection was given up"
            raise redis.ConnectionError(msg)
        try:
            return [self._connection.read_response() for _ in range(count)]
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """Give the connection up, with all that was not heard."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            self._pool.release(connection)
