"""`/metrics`, `/healthz` and `/readyz` of one process, on one small threaded server."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from infra.metrics import REGISTRY
from schemas.errors import StopServiceError

if TYPE_CHECKING:
    from collections.abc import Callable


class Health(NamedTuple):
    """One answer of a check: whether it holds, and in a few words why or why not."""

    ok: bool
    why: str


class HealthServer:
    """Serves until `close`; *live* and *ready* are asked on every request, from another thread.

    /healthz and /readyz answer 200 or 503 with the reason as text; a check that raises counts
    as failed. Port 0 takes a free one, found in `port`. Raises StopServiceError on a taken port.
    """

    def __init__(
        self,
        *,
        live: Callable[[], Health],
        ready: Callable[[], Health],
        host: str = "127.0.0.1",
        port: int = 0,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        checks = {"/healthz": live, "/readyz": ready}
        handler = type("Handler", (_Handler,), {"checks": checks, "registry": registry})
        try:
            self._server = _Server((host, port), handler)
        except OSError as err:
            raise StopServiceError(
                f"CREDIT_METRICS_PORT: {host}:{port}: {err.strerror}; 请换一个端口, "
                "0 为任意空闲端口 / set another port, 0 takes a free one"
            ) from err
        self.host = host
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="health", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    checks: dict[str, Callable[[], Health]]
    registry: CollectorRegistry
    timeout = 5  # a client that says nothing does not hold a thread

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, generate_latest(self.registry), CONTENT_TYPE_LATEST)
        elif check := self.checks.get(path):
            try:
                health = check()
            except Exception as err:  # noqa: BLE001 - a broken check is a failed check
                health = Health(ok=False, why=f"check failed: {type(err).__name__}")
            self._answer(200 if health.ok else 503, health.why.encode() + b"\n", "text/plain")
        else:
            self._answer(404, b"try /metrics, /healthz or /readyz\n", "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        suffix = "" if ";" in content_type else "; charset=utf-8"
        self.send_header("Content-Type", content_type + suffix)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: a scrape every few seconds is no event."""
