"""What a role of ours says of itself on `/readyz`."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException


def is_ready(port: int) -> bool:
    """Tell whether the role with its health on *port* of this machine is ready to work."""
    # Not urllib, which would ask a proxy of the environment for our own machine.
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
