"""What a role of ours says of itself on `/readyz`."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException


def is_ready(port: int) -> bool:
    """Tell whether the role with its health on *port* of this machine is ready to work."""
    told = asked(f"127.0.0.1:{port}")
    return told is not None and told[0]


def asked(address: str) -> tuple[bool, str] | None:
    """Return whether the role at *address* is ready, and what it says; None without an answer."""
    # Not urllib, which would ask a proxy of the environment for our own machine.
    connection = HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status == HTTPStatus.OK, answer.read().decode().strip()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
