"""A real mail server for tests: it keeps what it accepts, can be slow, refuse, or be away."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult


class Postbox:
    """`answer` is what the server says to each message, after `pause` seconds; `refused` holds unknown addresses."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"
        self.pause = 0.0
        self.logins: list[bytes] = []
        self.refused: set[str] = set()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return "550 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        await asyncio.sleep(self.pause)
        if self.answer.startswith("250"):
            self.messages.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return self.answer

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        self.logins.append(data.login + b":" + data.password)
        return AuthResult(success=True)

    @property
    def ids(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(str(one["Message-ID"]) for one in self.messages)

    @property
    def recipients(self) -> Counter[str]:
        """How many different messages each address got."""
        return Counter(to for _, to in {(str(m["Message-ID"]), m["To"].addresses[0].addr_spec) for m in self.messages})

    def _serve(self, ready: threading.Event) -> None:
        async def main() -> None:
            self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
            make = lambda: SMTP(  # noqa: E731
                self, hostname="tests", authenticator=self.authenticate, auth_require_tls=False, loop=self.loop
            )
            server = await self.loop.create_server(make, sock=self.socket)
            ready.set()
            await self.ended.wait()
            server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run(main())


@contextmanager
def postbox() -> Iterator[Postbox]:
    box, ready = Postbox(), threading.Event()
    thread = threading.Thread(target=box._serve, args=(ready,), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield box
    finally:
        box.loop.call_soon_threadsafe(box.ended.set)
        thread.join(10)
