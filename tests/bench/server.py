"""The real web server on a port of its own, and a browser that keeps its connection."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from config.settings import ROOT, Settings
from grants.cli.operate import environment


class Browser:
    """One connection, kept open; `get` answers with the seconds until the last byte of the page."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def get(self, path: str, cookie: str) -> float:
        headers = {"Accept-Language": "en", "Cookie": cookie}
        began = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        response = self.connection.getresponse()
        response.read()
        took = time.perf_counter() - began
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")
        return took


@contextmanager
def serving(settings: Settings) -> Iterator[Browser]:
    """`grants serve` for the duration of the block, as in production."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = environment(replace(settings, port=port, base_url=f"http://localhost:{port}", log_level="ERROR"))
    process = subprocess.Popen([sys.executable, "-m", "grants", "serve"], cwd=ROOT, env=env)
    try:
        _wait_for(process, port)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            yield Browser(connection)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
                Browser(connection).get("/accessibility", "")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The web server does not come up.")
