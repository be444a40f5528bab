"""The minutes of a session: read, signed with one press, corrected by a new version, taken as PDF or workbook."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.core.errors import Problem
from grants.people.models import Person
from grants.reports.minutes_book import minutes_book
from grants.sessions import minutes_queries, policy, queries
from grants.sessions.document import document
from grants.sessions.models import Minutes
from grants.web.access import access
from grants.web.language import current_reader
from grants.web.minutes import asked_reader, download, minutes_as_pdf, speak
from grants.web.reviewer import portal
from grants.web.reviewer.session_forms import CorrectionForm
from grants.web.reviewer.statistics import XLSX
from workflows import minutes as workflow


def latest(user: Person, id: UUID) -> Minutes:
    """The last version; raises NoResultFound before there is one."""
    return minutes_queries.minutes(user, id, minutes_queries.last_number(queries.glance(user, id)))


@portal.get("/sessions/<uuid:id>/minutes")
@access(policy.read_minutes, latest)
def minutes(user: Person, minutes: Minutes) -> Any:
    return _page(user, minutes, CorrectionForm(formdata=None))


def _page(user: Person, minutes: Minutes, form: CorrectionForm) -> str:
    speak(minutes)
    session = minutes.session
    signed = {one.person_id: one for one in minutes.signatures}
    return render_template(
        "reviewer/minutes.html",
        minutes=minutes,
        session=session,
        versions=minutes_queries.versions(session),
        said=document(minutes, current_reader()),
        awaited=[one for one in minutes_queries.signers(session) if one.id not in signed],
        can_sign=user.id not in signed and policy.sign_minutes.allows(user, minutes),
        can_correct=policy.correct_minutes.allows(user, minutes),
        form=form,
    )


@portal.post("/sessions/<uuid:id>/minutes/<int(max=9999):number>/sign")
@access(policy.sign_minutes, minutes_queries.minutes)
def sign_minutes(user: Person, minutes: Minutes) -> Any:
    workflow.sign(minutes, actor=user)
    flash(_("You have signed version %(n)s of the minutes.", n=minutes.number), "ok")
    return redirect(url_for(".minutes", id=minutes.session_id), 303)


@portal.post("/sessions/<uuid:id>/minutes/<int(max=9999):number>/correct")
@access(policy.correct_minutes, minutes_queries.minutes)
def correct_minutes(user: Person, minutes: Minutes) -> Any:
    form, session_id, number = CorrectionForm(), minutes.session_id, minutes.number
    if form.validate_on_submit():
        try:
            workflow.correct(minutes, form.changes.data or "", actor=user)
            flash(_("A new version is written. Those who sat are asked to sign it."), "ok")
            return redirect(url_for(".minutes", id=session_id), 303)
        except Problem as problem:
            form.form_errors = [problem.detail]
    return _page(user, minutes_queries.minutes(user, session_id, number), form)


@portal.get("/sessions/<uuid:id>/minutes/<int(max=9999):number>.pdf")
@access(policy.read_minutes, minutes_queries.minutes)
def minutes_pdf(user: Person, minutes: Minutes) -> Response:
    """One version in the reader's language, or in the one the address asks for."""
    return minutes_as_pdf(minutes)


@portal.get("/sessions/<uuid:id>/minutes/<int(max=9999):number>.xlsx")
@access(policy.read_minutes, minutes_queries.minutes)
def minutes_workbook(user: Person, minutes: Minutes) -> Response:
    """The same: ranking, log, attendance, signatures."""
    speak(minutes)
    return download(minutes_book(minutes, asked_reader()), XLSX, minutes, "xlsx")
