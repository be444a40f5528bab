"""A ClamAV daemon, asked over its own protocol (https://docs.clamav.net/manual/Usage/Scanning.html, INSTREAM).

threat = scan(content, "tcp://127.0.0.1:3310")      # None: nothing found; else the name of what was
"""

import socket
import struct
import time
from urllib.parse import urlsplit

PORT = 3310
PIECE = 64 * 1024  # octets sent at a time
PATIENCE = 20.0  # seconds for a whole conversation
LONGEST_ANSWER = 4096
OK, FOUND = "stream: OK", " FOUND"


class Unreachable(Exception):
    """No daemon answered, or it did not say whether the file is sound: the file is not scanned."""


def scan(content: bytes, url: str, patience: float = PATIENCE) -> str | None:
    """The name of the threat in the content; None when the daemon finds nothing. Raises Unreachable."""
    answer = _ask(url, b"zINSTREAM\0", content, patience)
    if answer == OK:
        return None
    if answer.endswith(FOUND):
        return answer.removeprefix("stream: ").removesuffix(FOUND).strip() or "?"
    raise Unreachable(answer or "no answer")  # for instance: INSTREAM size limit exceeded. ERROR


def version(url: str, patience: float = 5.0) -> str:
    """What the daemon says it is, with the age of its signatures. Raises Unreachable."""
    return _ask(url, b"zVERSION\0", None, patience)


def where(url: str) -> tuple[str, int] | str:
    """(host, port), or the path of a socket; raises ValueError for anything but tcp://host[:port] and unix:/path."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return parts.path
    if parts.scheme == "tcp" and parts.hostname:
        return parts.hostname, parts.port or PORT
    raise ValueError(f"{url!r} is neither tcp://host:port nor unix:/path")


def _ask(url: str, command: bytes, content: bytes | None, patience: float) -> str:
    ends = time.monotonic() + patience

    def left() -> float:
        if (rest := ends - time.monotonic()) <= 0:
            raise TimeoutError("too slow")
        return rest

    try:
        with _connect(where(url), left()) as line:
            line.sendall(command)
            for start in range(0, len(content or b""), PIECE):
                piece = (content or b"")[start : start + PIECE]
                line.settimeout(left())
                line.sendall(struct.pack("!L", len(piece)) + piece)
            if content is not None:
                line.sendall(struct.pack("!L", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
                line.settimeout(left())
                if not (piece := line.recv(LONGEST_ANSWER)):
                    break
                answer += piece
    except OSError as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connect(place: tuple[str, int] | str, patience: float) -> socket.socket:
    if not isinstance(place, str):
        return socket.create_connection(place, patience)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(patience)
        line.connect(place)
    except OSError:
        line.close()
        raise
    return line
