"""Whether a receipt that somebody holds is ours. Says when and for which call, never who or what."""

import hashlib
from typing import Any

from flask import current_app, render_template, request

from grants.applications.receipts import received, tidy_reference
from grants.core.policy import anyone
from grants.people.models import Person
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.public import portal
from grants.web.signin import limiter

A_MINUTE = 20  # attempts at one reference from one address


def reference_and_address() -> str:
    """A park shares an address, so never the address alone."""
    named = tidy_reference(request.args.get("reference", ""))
    return hashlib.sha256(f"verify {named} {request.remote_addr}".encode()).hexdigest()


@portal.get("/verify")
@access(anyone)
@limiter.limit(
    f"{A_MINUTE}/minute",
    key_func=reference_and_address,
    exempt_when=lambda: not (current_app.config.get("RATELIMIT_ENABLED", True) and "code" in request.args),
)
def verify(user: Person) -> Any:
    """A form that asks by its address, so that a receipt may carry the whole question as a link."""
    reference, code = request.args.get("reference", ""), request.args.get("code", "")
    asked = bool(reference.strip() and code.strip())
    found = received(reference, code) if asked else None
    if found:
        speak_for(found.country, found.zone)
    return render_template(
        "public/verify.html",
        reference=reference[:60],
        code=code[:120],
        asked=asked,
        half="code" in request.args and not asked,
        found=found,
    )
