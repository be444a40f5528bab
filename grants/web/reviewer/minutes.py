"""The minutes of a session: read, signed with one press, corrected by a new version, taken as PDF or workbook."""

import re
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.core import pdf
from grants.core.errors import Problem
from grants.people.models import Person
from grants.reports.minutes_book import minutes_book
from grants.sessions import policy, queries
from grants.sessions.document import document
from grants.sessions.models import Minutes
from grants.web.access import access
from grants.web.language import current_reader, speak_for
from grants.web.reviewer import portal
from grants.web.reviewer.session_forms import CorrectionForm
from grants.web.reviewer.statistics import XLSX
from workflows import minutes as workflow


def latest(user: Person, id: UUID) -> Minutes:
    """The last version; raises NoResultFound before there is one."""
    return queries.minutes(user, id, queries.last_number(queries.glance(user, id)))


@portal.get("/sessions/<uuid:id>/minutes")
@access(policy.read_minutes, latest)
def minutes(user: Person, minutes: Minutes) -> Any:
    return _page(user, minutes, CorrectionForm(formdata=None))


def _page(user: Person, minutes: Minutes, form: CorrectionForm) -> str:
    _speak(minutes)
    session = minutes.session
    signed = {one.person_id: one for one in minutes.signatures}
    return render_template(
        "reviewer/minutes.html",
        minutes=minutes,
        session=session,
        versions=queries.versions(session),
        said=document(minutes, current_reader()),
        awaited=[one for one in queries.signers(session) if one.id not in signed],
        can_sign=user.id not in signed and policy.sign_minutes.allows(user, minutes),
        can_correct=policy.correct_minutes.allows(user, minutes),
        form=form,
    )


@portal.post("/sessions/<uuid:id>/minutes/<int:number>/sign")
@access(policy.sign_minutes, queries.minutes)
def sign_minutes(user: Person, minutes: Minutes) -> Any:
    workflow.sign(minutes, actor=user)
    flash(_("You have signed version %(n)s of the minutes.", n=minutes.number), "ok")
    return redirect(url_for(".minutes", id=minutes.session_id), 303)


@portal.post("/sessions/<uuid:id>/minutes/<int:number>/correct")
@access(policy.correct_minutes, queries.minutes)
def correct_minutes(user: Person, minutes: Minutes) -> Any:
    form, session_id, number = CorrectionForm(), minutes.session_id, minutes.number
    if form.validate_on_submit():
        try:
            workflow.correct(minutes, form.changes.data or "", actor=user)
            flash(_("A new version is written. Those who sat are asked to sign it."), "ok")
            return redirect(url_for(".minutes", id=session_id), 303)
        except Problem as problem:
            form.form_errors = [problem.detail]
    return _page(user, queries.minutes(user, session_id, number), form)


@portal.get("/sessions/<uuid:id>/minutes/<int:number>.pdf")
@access(policy.read_minutes, queries.minutes)
def minutes_pdf(user: Person, minutes: Minutes) -> Response:
    """One version in the reader's language, or in the one the address asks for."""
    _speak(minutes)
    made = pdf.typeset("minutes", document(minutes, _reader()))
    return _download(made, "application/pdf", minutes, "pdf")


@portal.get("/sessions/<uuid:id>/minutes/<int:number>.xlsx")
@access(policy.read_minutes, queries.minutes)
def minutes_workbook(user: Person, minutes: Minutes) -> Response:
    """The same: ranking, log, attendance, signatures."""
    _speak(minutes)
    return _download(minutes_book(minutes, _reader()), XLSX, minutes, "xlsx")


def _reader() -> Any:
    """The page's reader, in the language that the address names, if it names one of ours."""
    reader = current_reader()
    asked = request.args.get("language", "")
    return type(reader)(asked, reader.country, reader.zone) if asked in {"fr", "ar", "en"} else reader


def _download(content: bytes, mimetype: str, minutes: Minutes, suffix: str) -> Response:
    session = minutes.session
    name = re.sub(r"[^\w-]", "-", f"{session.call.code}-{session.commission.code}", flags=re.ASCII)
    response = Response(content, mimetype=mimetype)
    disposition = f'attachment; filename="PV-{name}-v{minutes.number}.{suffix}"'
    response.headers["Content-Disposition"] = disposition
    return response


def _speak(minutes: Minutes) -> None:
    cluster = minutes.session.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
