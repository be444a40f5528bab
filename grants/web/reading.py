"""The pages of a PDF, read in the product: each a picture drawn apart, its text offered, the download beside it."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, render_template, request, url_for

from grants.core.i18n import N_
from grants.core.pages import kept
from grants.core.pages.drawing import Unshown
from grants.core.scans import require_sound
from grants.core.storage import storage
from grants.web.downloads import PDF, SANDBOX

WIDTHS = {800: N_("Small"), 1100: N_("Medium"), 1800: N_("Large")}  # pixels of the picture
USUAL = 1100
MOST_PAGES = 100_000


def reading_page(document: Any, template: str, image: str, address: dict[str, Any], **values: Any) -> str:
    """The page for reading; `image` is the endpoint of the pictures and `address` its arguments.

    A document that cannot be shown is a sentence and the download. Raises Quarantined, Unscanned.
    """
    return render_template(template, **reading_of(document, image, address), **values)


def reading_of(document: Any, image: str, address: dict[str, Any]) -> dict[str, Any]:
    """What the macro `reading` wants of a document, or of anything with its attributes."""
    settings = current_app.extensions["settings"]
    require_sound(document.sha256, settings.clamav_url)
    number, width = _wanted()
    page, refusal = None, None
    if document.media_type != PDF:
        refusal = N_("Only the pages of PDF files are shown here.")
    else:
        try:
            page = kept.page(storage(settings), document.sha256, number, width)
        except Unshown as why:
            refusal = why.detail
    query = urlencode({"page": number, "width": width})
    return {
        "document": document,
        "page": page,
        "refusal": refusal,
        "width": width,
        "widths": WIDTHS,
        "picture": f"{url_for(image, **address)}?{query}",
    }


def picture(document: Any) -> Response:
    """One page as PNG, never more than a picture to a browser. Raises Unshown with the reason."""
    settings = current_app.extensions["settings"]
    require_sound(document.sha256, settings.clamav_url)
    if document.media_type != PDF:
        raise Unshown("broken")
    response = Response(kept.image(storage(settings), document.sha256, *_wanted()), mimetype="image/png")
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _wanted() -> tuple[int, int]:
    """The page (from 1) and the width asked for; what cannot be read is the usual."""
    number = request.args.get("page", 1, type=int)
    width = request.args.get("width", USUAL, type=int)
    return min(max(number, 1), MOST_PAGES), width if width in WIDTHS else USUAL
