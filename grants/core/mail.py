"""One message to one person, and the server that takes it. Knows no template and no feature."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from grants.core.clock import now

PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Sender:
    """Where mail leaves: `url` is smtp://[user:password@]host[:port] or smtps://…, `timeout` in seconds per exchange.

    smtp:// goes on encrypted when the server offers STARTTLS, and must before a password is sent; only a server on
    this machine is trusted without.
    """

    url: str
    address: str
    reply_to: str = ""
    timeout: float = 10

    @property
    def domain(self) -> str:
        return parseaddr(self.address)[1].rpartition("@")[2]


def compose(
    sender: Sender, *, to: str, name: str, subject: str, text: str, html: str, message_id: str, language: str = "fr"
) -> EmailMessage:
    """The message; line breaks in a name or a subject become spaces, so nobody can write a header of their own.

    Raises ValueError for an address that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = Address(display_name=_one_line(name), addr_spec=_address(to))
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = language  # after the parts, which clear every Content header
    return message


def deliver(message: EmailMessage, sender: Sender) -> None:
    """Returns when the server has taken the message. Raises OSError or smtplib.SMTPException otherwise."""
    where = urlsplit(sender.url)
    host, port = where.hostname or "localhost", where.port or PORTS[where.scheme]
    server: smtplib.SMTP  # it greets with our domain: finding out this machine's own name can take seconds
    if where.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, sender.domain, timeout=sender.timeout, context=verified())
    else:
        server = smtplib.SMTP(host, port, sender.domain, timeout=sender.timeout)
    with server:
        server.ehlo_or_helo_if_needed()
        if where.scheme == "smtp" and not _is_here(host):
            if server.has_extn("starttls"):
                server.starttls(context=verified())
            elif where.username:
                raise smtplib.SMTPNotSupportedError(f"{host} offers no encryption: no password is sent to it")
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(message)


@lru_cache(maxsize=1)
def verified() -> ssl.SSLContext:
    """Encryption with the server's certificate checked; reading the authorities takes a while, so once."""
    return ssl.create_default_context()


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _address(text: str) -> str:
    if any(not c.isprintable() or c.isspace() for c in text):
        raise ValueError(f"{text!r} is no address")
    return text


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
