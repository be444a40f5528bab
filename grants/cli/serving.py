"""One web process: waitress on a listening socket that it shares with its sisters."""

import resource
import signal
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import WSGITask

from config.settings import Settings
from grants.core import clock

ARRIVED = "grants.arrived_at"
DRAIN = 1.0  # seconds that requests get to finish when we are asked to end
FILES = 16_384  # open connections and files; the usual limit of 1 024 is soon reached by slow uploads
SPARE_FILES = 128  # of those: for the database, logs and uploads

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Parser(HTTPRequestParser):
    """Notes when the last byte of a request came: waiting for a free thread must not make anybody late."""

    arrived_at = None

    def received(self, data: bytes) -> int:
        count: int = super().received(data)
        if self.completed and self.arrived_at is None:
            self.arrived_at = clock.now()
        return count


class Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVED] = self.request.arrived_at
        return environ


class Channel(HTTPChannel):
    parser_class = Parser
    task_class = Task


def on_arrival(app: Wsgi) -> Wsgi:
    """The application answers as of the moment when the request came."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with clock.arrived(environ[ARRIVED]):
            return app(environ, start_response)

    return answer


def serve(app: Wsgi, settings: Settings, listening: socket.socket) -> None:
    """Answer requests until SIGTERM, then finish those under way."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    server = create_server(
        on_arrival(app),
        sockets=[listening],
        threads=settings.web_threads,
        asyncore_use_poll=True,
        connection_limit=files - SPARE_FILES,
        max_request_body_size=max(64, 4 * settings.upload_limit_mb) * 2**20,  # beyond it no page explains why
        clear_untrusted_proxy_headers=not settings.proxies,
        ident="",
    )
    server.channel_class = Channel
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        _turn(server, 1.0)
    server.del_channel()  # no new connections here; a sister may still take them
    deadline = time.monotonic() + DRAIN
    while time.monotonic() < deadline and _busy(server):
        _turn(server, 0.05)


def _turn(server: Any, patience: float) -> None:
    server.asyncore.loop(timeout=patience, map=server._map, use_poll=True, count=1)


def _busy(server: Any) -> bool:
    return any(channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values()))
