"""Listening sockets, opened before anything else starts so that a busy port costs nobody a wait."""

import errno
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


class Visitor:
    """Asks the web server for a page without ever waiting for it, so that whoever asks can go on watching."""

    def __init__(self, settings: Settings) -> None:
        wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to knock, not where to listen
        self.address = (wildcard.get(settings.listen, settings.listen), settings.port)
        self.asked: socket.socket | None = None

    def was_answered(self) -> bool:
        """Whether a page came by now; asks (again) when nothing is under way."""
        try:
            if self.asked is None:
                self.asked = socket.create_connection(self.address, timeout=1)
                self.asked.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                self.asked.setblocking(False)
            words = self.asked.recv(64).split()  # HTTP/1.0 200 OK
        except BlockingIOError:
            return False
        except OSError:
            words = []
        if self.asked is not None:
            self.asked.close()
        self.asked = None
        return len(words) > 1 and words[1] < b"500"
