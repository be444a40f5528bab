"""A mail is a letter: read anew when it is sent, written in its reader's language, as text and as simple HTML.

@letter
def send_receipt(due: Due) -> Letter | None:            None: there is no reason to write any more
    application = …
    return Letter(
        to=lead,
        subject=N_("We have your application %(reference)s", reference=application.reference),
        paragraphs=[N_("…"), N_("…")],
        facts=[(N_("Submitted"), application.submitted_at), (N_("Amount requested"), application.requested)],
        action=(N_("Open the application"), address("applicant.application", application_id=application.id)),
        cluster=cluster,
    )
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from config.settings import ROOT, Settings
from grants.clusters.models import Cluster
from grants.core.db import transaction
from grants.core.i18n import N_, Reader, Text, plain, render, translate
from grants.core.mail import Sender, compose, deliver
from grants.messages.models import Queue
from grants.people.models import Person
from workflows.outbox import Due, Gone, Job, register

TIMEOUT = 30  # seconds for one mail, all exchanges together


@dataclass(frozen=True)
class Letter:
    """What to say, to whom. `facts` are label and value; `action` is a label and an absolute address, and so is
    `otherwise`, the quieter answer beside it.

    The cluster, when there is one, gives the time zone and the country's names of months.
    """

    to: Person
    subject: Text
    paragraphs: Sequence[Text]
    facts: Sequence[tuple[Text, Any]] = ()
    action: tuple[Text, str] | None = None
    otherwise: tuple[Text, str] | None = None
    afterwards: Sequence[Text] = ()
    cluster: Cluster | None = None

    @property
    def reader(self) -> Reader:
        language = self.to.locale or "fr"
        return Reader(language, self.cluster.country, self.cluster.timezone) if self.cluster else Reader(language)


def letter(write: Callable[[Due], Letter | None]) -> Job:
    """Register a kind of mail under the function's name."""

    @wraps(write)
    def send(due: Due) -> None:
        with transaction():  # ends before the mail server is spoken to
            written = write(due)
            if written is None or written.to.disabled_at is not None:
                raise Gone("there is no reason to write any more")
            message = message_for(written, str(due.id))
        deliver(message, sender())

    return register(Job(write.__name__, send, Queue.MAIL, TIMEOUT, outside=True))


def _parts(written: Letter, reader: Reader) -> dict[str, Any]:
    return {
        "letter": written,
        "reader": reader,
        "greeting": N_("Dear %(name)s,", name=written.to.name),
        "signature": N_("This message was sent by %(site)s. Questions: %(support)s", site=site(), support=support()),
    }


def preview(written: Letter, reader: Reader) -> tuple[str, str]:
    """Subject and text as this reader would receive them: the very words that `message_for` sends."""
    text = templates().get_template("letter.txt").render(_parts(written, reader), show=_as_text(reader))
    return render(written.subject, reader), text


def message_for(written: Letter, message_id: str) -> EmailMessage:
    """The mail as it leaves."""
    reader = written.reader
    parts = _parts(written, reader)
    return compose(
        sender(),
        to=written.to.email,
        name=written.to.name,
        subject=render(written.subject, reader),
        text=templates().get_template("letter.txt").render(parts, show=_as_text(reader)),
        html=templates().get_template("letter.html").render(parts, show=_as_html(reader)),
        message_id=message_id,
        language=reader.language,
    )


@lru_cache(maxsize=1)
def templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates" / "mail"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _as_text(reader: Reader) -> Callable[[Any], str]:
    """Right to left, an argument is isolated, so that a reference or an amount keeps its own direction."""
    isolate = "\u2068%s\u2069" if reader.direction == "rtl" else "%s"
    return lambda value: _say(value, reader, lambda one: isolate % one, str)


def _as_html(reader: Reader) -> Callable[[Any], str]:
    return lambda value: _say(value, reader, Markup("<bdi>{}</bdi>").format, escape)


def _say(value: Any, reader: Reader, argument: Callable[[str], str], sentence: Callable[[str], str]) -> str:
    if not isinstance(value, Text):
        return argument(plain(value, reader))
    translated, source, args = translate(value, reader)
    if not args:
        return sentence(translated)
    shown = {name: argument(plain(one, reader)) for name, one in args.items()}
    try:
        return sentence(translated) % shown
    except (KeyError, ValueError, TypeError):  # a translator's slip must not stop the mail
        return sentence(source) % shown


# --- where we are ---------------------------------------------------------------------------------------------


def settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


def sender() -> Sender:
    ours = settings()
    return Sender(ours.smtp_url, ours.mail_from, ours.support_email)


def site() -> str:
    return settings().base_url.rstrip("/")


def support() -> str:
    return settings().support_email


def address(endpoint: str, **values: Any) -> str:
    """The absolute address of a page, as the world sees it."""
    base = urlsplit(settings().base_url)
    urls = current_app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
    return urls.build(endpoint, values, force_external=True)
