"""Listening sockets, opened before anything else starts so that a busy port costs nobody a wait."""

import errno
import http.client
import socket

from config.settings import Settings
from grants.operate.processes import ServerProblem


def listen(address: str, port: int) -> socket.socket:
    """Raises ServerProblem with a sentence when the port is taken or not ours to take."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65_535 else 8000
            reason = f"it is in use. Choose another: `make demo PORT={other}`, or GRANTS_PORT={other}"
        elif error.errno == errno.EACCES:
            reason = "ports below 1024 are kept for the administrator"
        else:
            reason = f"{error.strerror}"
        raise ServerProblem(f"Port {port} on {address} cannot be opened: {reason}.") from error
    except OverflowError as error:
        raise ServerProblem(f"{port} is not a port: choose one between 1 and 65535.") from error


def inherited(number: int) -> socket.socket:
    """The socket that our supervisor opened."""
    return socket.socket(fileno=number)


def answers(settings: Settings) -> bool:
    """Whether the web server gives a page."""
    wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to knock, not where to listen
    connection = http.client.HTTPConnection(wildcard.get(settings.listen, settings.listen), settings.port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
