"""The minutes of a session as files, for whichever audience has been allowed them."""

import re
from dataclasses import replace

from flask import Response, request

from grants.core import pdf
from grants.core.i18n import LANGUAGES, Reader
from grants.sessions.document import document
from grants.sessions.models import Minutes
from grants.web.language import current_reader, speak_for


def minutes_as_pdf(minutes: Minutes) -> Response:
    """For whoever has been allowed to read them."""
    speak(minutes)
    made = pdf.typeset("minutes", document(minutes, asked_reader()))
    return download(made, "application/pdf", minutes, "pdf")


def asked_reader() -> Reader:
    """The page's reader, in the language that the address names, if it names one of ours."""
    reader = current_reader()
    asked = request.args.get("language", "")
    return replace(reader, language=asked) if asked in LANGUAGES else reader


def download(content: bytes, mimetype: str, minutes: Minutes, suffix: str) -> Response:
    session = minutes.session
    name = re.sub(r"[^\w-]", "-", f"{session.call.code}-{session.commission.code}", flags=re.ASCII)
    response = Response(content, mimetype=mimetype)
    disposition = f'attachment; filename="PV-{name}-v{minutes.number}.{suffix}"'
    response.headers["Content-Disposition"] = disposition
    return response


def speak(minutes: Minutes) -> None:
    cluster = minutes.session.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
