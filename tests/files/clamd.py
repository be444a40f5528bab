"""A daemon that speaks ClamAV's INSTREAM over a real socket, and finds one thing: the EICAR test string."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# in two pieces, so that no scanner takes this file for the real thing
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "Eicar-Test-Signature"
STREAM_MAX = 5_000_000


class Daemon:
    """`answers` replaces what it says; `silent` keeps it from saying anything."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.seen, self.answers, self.silent = line, [], None, False
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self.line.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                with suppress(OSError, ValueError):
                    self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += self.exactly(connection, 1)
        if command == b"zVERSION\0":
            connection.sendall(b"ClamAV 1.4.3/1/Sun Nov 22 07:00:00 2026\0")
            return
        if command != b"zINSTREAM\0":
            connection.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!L", self.exactly(connection, 4))[0]:
            content += self.exactly(connection, length)
            if len(content) > STREAM_MAX:
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(content)
        if self.silent:
            self.ended.wait(10)
        elif self.answers is not None:
            connection.sendall(self.answers)
        else:
            connection.sendall(f"stream: {NAME} FOUND\0".encode() if EICAR in content else b"stream: OK\0")

    @staticmethod
    def exactly(connection: socket.socket, length: int) -> bytes:
        found = b""
        while len(found) < length:
            if not (piece := connection.recv(length - len(found))):
                raise ValueError("the other side ended")
            found += piece
        return found


@contextmanager
def running(path: Path | None = None) -> Iterator[tuple[Daemon, str]]:
    """The daemon and its address; on a socket of the file system when a path is given."""
    if path is None:
        line = socket.create_server(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{line.getsockname()[1]}"
    else:
        line = socket.socket(socket.AF_UNIX)
        line.bind(str(path))
        line.listen()
        url = f"unix:{path}"
    daemon = Daemon(line)
    try:
        yield daemon, url
    finally:
        daemon.ended.set()
        line.shutdown(socket.SHUT_RDWR) if path is None else None
        line.close()
