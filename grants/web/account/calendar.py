"""One's own dates in one's own calendar: the secret address, shown once, renewed, revoked."""

from typing import Any

from flask import current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _

from grants.core.policy import signed_in
from grants.people import feeds
from grants.people.models import Person
from grants.reports.dates import dates_of
from grants.web.access import access
from grants.web.account import portal

SHOWN_ONCE = "calendar_token"  # in the session between the press and the page that shows it


@portal.get("/calendar")
@access(signed_in)
def calendar(user: Person) -> Any:
    token = session.pop(SHOWN_ONCE, None)
    base = str(current_app.extensions["settings"].base_url).rstrip("/")
    return render_template(
        "account/calendar.html",
        feed=feeds.feed_of(user),
        address=base + url_for("public.feed", token=token) if token else None,
        dates=dates_of(user),
    )


@portal.post("/calendar/renew")
@access(signed_in)
def renew_calendar(user: Person) -> Any:
    session[SHOWN_ONCE] = feeds.renew_feed(user, actor=user)
    flash(_("Here is the address. Copy it now: it is shown this once."))
    return redirect(url_for(".calendar"), 303)


@portal.post("/calendar/revoke")
@access(signed_in)
def revoke_calendar(user: Person) -> Any:
    feeds.revoke_feed(user, actor=user)
    session.pop(SHOWN_ONCE, None)
    flash(_("The address opens nothing any more."))
    return redirect(url_for(".calendar"), 303)
