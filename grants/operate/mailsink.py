"""The demo's mail server: it delivers to a directory, one file a mail."""

import asyncio
import signal
import socket
import time
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session


class Directory:
    """Writes every mail whole or not at all; names sort by arrival."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{time.time_ns():020d}-{uuid4().hex[:8]}"
        content = envelope.original_content
        if not isinstance(content, bytes):
            return "554 No content"
        draft = self.directory / f".{name}"
        draft.write_bytes(content)
        draft.replace(self.directory / f"{name}.eml")
        return "250 OK"


async def _receive(listening: socket.socket, directory: Path) -> None:
    handler = Directory(directory)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="localhost", loop=loop), sock=listening
    )
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    server.close()


def receive(listening: socket.socket, directory: Path) -> None:
    """Take mails until SIGTERM."""
    asyncio.run(_receive(listening, directory))
