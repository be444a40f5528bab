"""The receipt as a PDF, in its reader's language."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, url_for
from werkzeug.exceptions import NotFound

from grants.applications import policy, queries
from grants.applications.models import Application
from grants.applications.receipts import Receipt, exact, grouped
from grants.core import i18n, pdf
from grants.core.i18n import N_, Reader
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.language import current_reader


@portal.get("/applications/<uuid:application_id>/receipt.pdf")
@access(policy.read_own, own_application)
def receipt_pdf(user: Person, application: Application) -> Response:
    """Of the last submission, as long as it stands: a draft taken back has changed since."""
    given = queries.receipts(application)
    if not given or Receipt.of(given[0]).fingerprint != application.content_hash:
        raise NotFound
    receipt = Receipt.of(given[0])
    made = pdf.typeset("receipt", written(application, receipt, current_reader()))
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{receipt.reference}.pdf"'
    return response


def written(application: Application, receipt: Receipt, reader: Reader) -> dict[str, Any]:
    """Everything the document says, in this language."""

    def say(value: Any) -> str:
        return i18n.plain(value, reader)

    call = application.call
    there = receipt.at.astimezone(call.fund.cluster.zone)
    base = str(current_app.extensions["settings"].base_url).rstrip("/")
    page = base + url_for("public.verify")
    query = url_for("public.verify", reference=receipt.reference, code=receipt.fingerprint)
    facts = [
        (N_("Reference"), receipt.reference, True, ""),
        (N_("Received"), there, False, exact(there)),
        (N_("Project"), application.title, False, ""),
        (N_("Organisation"), application.organisation.name, False, ""),
        (N_("Call"), call.title, False, call.code),
        (N_("Amount requested"), application.requested, False, ""),
    ]
    return {
        "language": reader.language,
        "direction": reader.direction,
        "date": list(receipt.at.timetuple()[:6]),
        "site": say(N_("Tamwil")),
        "fund": say(call.fund.name),
        "title": say(N_("Receipt of an application")),
        "lead": say(N_("We have received this application. Keep this document: it proves what arrived, and when.")),
        "facts": [(say(label), say(value), is_code, second) for label, value, is_code, second in facts],
        "hash-title": say(N_("Fingerprint of the content (SHA-256)")),
        "hash-rows": [grouped(receipt.fingerprint[:32]), grouped(receipt.fingerprint[32:])],
        "hash-note": say(N_("It covers every answer and every attached file: with one letter changed it is another.")),
        "verify-title": say(N_("To have this receipt checked")),
        "verify-text": say(
            N_(
                "Anybody who holds it may type its reference and its code on our page, without an account. "
                "The page says whether we received it, when and for which call, and nothing else."
            )
        ),
        "address-label": say(N_("Page")),
        "address": page.removeprefix(f"{urlsplit(base).scheme}://"),
        "link": base + query,
        "code-label": say(N_("Code")),
        "code": receipt.code,
        "footer": say(
            N_("Made on request from our records. Times are those of our server when the application arrived.")
        ),
    }
