"""The whole product as processes, for the journeys: web server, workers, clock, mail sink, on real servers."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path

from config.settings import ROOT, Settings

PATIENCE = 60  # seconds for anything that happens by itself: a mail, a job, the clock


@dataclass
class Product:
    """A running product and the addresses a journey needs."""

    settings: Settings
    url: str
    mailbox: Path

    def command(self, *words: str) -> str:
        """Run `grants …` beside it; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "grants", *words],
            env=environment(self.settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def letter_to(self, address: str, *, containing: str = "", seen: int = 0) -> str:
        """The text of the newest letter to this address, once there are more than `seen`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            texts = [text for to, text in self.letters() if address in to and containing in text]
            if len(texts) > seen:
                return texts[-1]
            time.sleep(0.3)
        raise AssertionError(f"no letter to {address} about {containing!r}")

    def letters(self) -> list[tuple[str, str]]:
        """Every letter sent so far, oldest first: recipient and text."""
        found = []
        for path in sorted(self.mailbox.glob("*.eml")):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            found.append((str(mail["To"]), body.get_content() if body else ""))
        return found

    def link_in(self, text: str) -> str:
        """The first address of ours in a letter."""
        found = re.search(re.escape(self.url) + r"\S+", text)
        assert found, text
        return found.group()


def environment(settings: Settings) -> dict[str, str]:
    ours = {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_DATABASE_OWNER_URL": settings.database_owner_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_INSTANCE": str(settings.instance),
        "GRANTS_SECRET_KEY": settings.secret_key,
        "GRANTS_BASE_URL": settings.base_url,
        "GRANTS_PORT": str(settings.port),
        "GRANTS_SMTP_URL": settings.smtp_url,
        "GRANTS_MAILBOX": settings.mailbox,
        "GRANTS_TICK_SECONDS": "1",
        "GRANTS_SIGN_IN_PER_MINUTE": "100",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("GRANTS_")} | ours


@contextmanager
def running(settings: Settings, place: Path) -> Iterator[Product]:
    """The product on a migrated database, everything it sends kept in a mailbox."""
    port, post = _free_port(), socket.create_server(("127.0.0.1", 0))
    mailbox = place / "mailbox"
    mailbox.mkdir(parents=True)
    place.chmod(0o700)
    settings = replace(
        settings,
        instance=place,
        secret_key="a secret for journeys, long enough",
        port=port,
        base_url=f"http://localhost:{port}",
        smtp_url=f"smtp://127.0.0.1:{post.getsockname()[1]}",
        mailbox=str(mailbox),
    )
    log = (place / "product.log").open("wb")
    sink = str(post.fileno())
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "grants", *words],
            env=environment(settings),
            cwd=ROOT,
            stdout=log,
            stderr=log,
            pass_fds=(post.fileno(),) if sink in words else (),
        )
        for words in (
            ["mailsink", "--socket", sink],
            ["serve"],
            ["worker", "mail"],
            ["worker", "work"],
            ["clock"],
        )
    ]
    try:
        _wait_for(f"{settings.base_url}/", children, place / "product.log")
        yield Product(settings, settings.base_url, mailbox)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        log.close()
        post.close()


def _wait_for(url: str, children: list["subprocess.Popen[bytes]"], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            dead = [child.args for child in children if child.poll() is not None]
            assert not dead, f"{dead} ended:\n{log.read_text()}"
            time.sleep(0.2)
    raise AssertionError(f"the product did not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
