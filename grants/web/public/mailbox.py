"""The demo's mailbox: what the mail sink received, for everybody to read. Without the setting there is no such page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from flask import abort, current_app, render_template

from config.settings import Settings
from grants.core.policy import anyone
from grants.people.models import Person
from grants.web.access import access
from grants.web.public import portal

SHOWN = 200
ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


@dataclass(frozen=True)
class Mail:
    """One mail as it is listed and shown."""

    name: str
    subject: str
    to: str
    at: datetime | None
    language: str
    text: str

    def pieces(self, own: str) -> Iterator[tuple[str, bool]]:
        """The text cut into (piece, whether it is a link of ours)."""
        rest = 0
        for found in ADDRESS.finditer(self.text):
            if found.group() == own or found.group().startswith(f"{own}/"):
                yield self.text[rest : found.start()], False
                yield found.group(), True
                rest = found.end()
        yield self.text[rest:], False


@portal.get("/mailbox")
@access(anyone)
def mailbox(user: Person) -> Any:
    """The newest mails first."""
    newest = sorted(_directory().glob("*.eml"), reverse=True)  # the sink's names sort by arrival
    return render_template("public/mailbox.html", mails=[_read(one) for one in newest[:SHOWN]], total=len(newest))


@portal.get("/mailbox/<name>")
@access(anyone)
def mail(user: Person, name: str) -> Any:
    """One mail, its links to our own pages clickable."""
    path = _directory() / f"{name}.eml"
    if not re.fullmatch(r"[\w-]+", name, re.ASCII) or not path.is_file():
        abort(404)
    read = _read(path)
    return render_template("public/mailbox_mail.html", mail=read, pieces=list(read.pieces(_settings().base_url)))


def _directory() -> Path:
    if not _settings().mailbox:
        abort(404)
    return Path(_settings().mailbox)


def _read(path: Path) -> Mail:
    message: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    try:
        at = parsedate_to_datetime(str(message["Date"]))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        at = None
    return Mail(
        name=path.stem,
        subject=str(message["Subject"] or ""),
        to=str(message["To"] or ""),
        at=at,
        language=str(message["Content-Language"] or ""),
        text=body.get_content() if body else "",
    )


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]
