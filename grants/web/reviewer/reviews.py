"""A reviewer's pages: what is asked, the declaration, the scoring sheet beside the file."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications.budgets import read_budget
from grants.applications.models import Document
from grants.core.i18n import Text
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.reviews import policy, queries, service
from grants.reviews.models import Review, ReviewState
from grants.web.access import access
from grants.web.answers import sheets
from grants.web.downloads import attached
from grants.web.filters import ref
from grants.web.language import speak_for
from grants.web.reading import picture, reading_page
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm, SheetForm, sheet_form
from workflows import review as workflow


@portal.get("/reviews")
@access(signed_in)
def reviews(user: Person) -> Any:
    """Everything asked of this reviewer."""
    return render_template("reviewer/reviews.html", reviews=queries.worklist(user))


@portal.get("/reviews/<uuid:id>")
@access(policy.answer, queries.own_review)
def review(user: Person, review: Review) -> Any:
    """The declaration, the sheet, or the submitted review, by the state it is in."""
    _speak(review)
    closed = _closed(user, review)
    if closed or review.state in {ReviewState.ASSIGNED, ReviewState.CONFLICT_DECLARED}:
        return render_template("reviewer/declare.html", review=review, form=ConflictForm(), closed=closed)
    if policy.mark.allows(user, review):
        return _sheet_page(user, review, sheet_form(review))
    policy.read_file.require(user, review)
    return render_template(
        "reviewer/submitted.html",
        review=review,
        others=_others(user, review),
        sheet=service.sheet_of(review),
        sheets=sheets(review.application),
        budget=read_budget(review.application),
    )


@portal.post("/reviews/<uuid:id>/accept")
@access(policy.accept, queries.own_review)
def accept(user: Person, review: Review) -> Any:
    workflow.accept(review, actor=user)
    flash(_("Thank you. The file is open; your sheet is below."), "ok")
    return redirect(url_for(".review", id=review.id), 303)


@portal.post("/reviews/<uuid:id>/conflict")
@access(policy.answer, queries.own_review)
def declare_conflict(user: Person, review: Review) -> Any:
    form = ConflictForm()
    if not form.validate_on_submit():
        _speak(review)
        return render_template("reviewer/declare.html", review=review, form=form, closed=_closed(user, review))
    workflow.declare_conflict(review, form.reason.data or "", actor=user)
    flash(_("Your conflict of interest is declared. The chair will ask somebody else."), "ok")
    return redirect(url_for(".reviews"), 303)


@portal.post("/reviews/<uuid:id>/save")
@access(policy.mark, queries.own_review)
def save_review(user: Person, review: Review) -> Any:
    """Keep the sheet as far as it is filled in; a script asks for JSON, a button for the page."""
    form = sheet_form(review)
    if not form.validate_on_submit():
        return _sheet_page(user, review, form)
    form.require_fresh(review)
    workflow.save(review, form.sheet(), form.version.data, actor=user)
    if request.accept_mimetypes.best == "application/json":
        return {"version": review.version}
    flash(_("Your draft is saved."), "ok")
    return redirect(url_for(".review", id=review.id), 303)


@portal.post("/reviews/<uuid:id>/submit")
@access(policy.answer, queries.own_review)
def submit_review(user: Person, review: Review) -> Any:
    if review.state == ReviewState.SUBMITTED:  # a second press answers as the first
        return redirect(url_for(".review", id=review.id), 303)
    policy.mark.require(user, review)
    form = sheet_form(review)
    complete = form.validate_on_submit()
    form.require_fresh(review)
    for name, problem in service.missing(review, form.sheet()):
        form[name].errors = [*form[name].errors, problem]
        complete = False
    if not complete:
        return _sheet_page(user, review, form)
    workflow.submit_review(review, form.sheet(), form.version.data, actor=user)
    flash(_("Your review is submitted. Thank you."), "ok")
    return redirect(url_for(".review", id=review.id), 303)


def document_of(user: Person, id: UUID, document_id: UUID) -> tuple[Review, Document]:
    """A document of a file this reviewer may read; raises NoResultFound."""
    review = queries.own_review(user, id)
    policy.read_file.require(user, review)
    return review, queries.document(review.application, document_id)


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>")
@access(policy.read_document, document_of)
def review_document(user: Person, found: tuple[Review, Document]) -> Any:
    return attached(found[1])


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>/pages")
@access(policy.read_document, document_of)
def review_pages(user: Person, found: tuple[Review, Document]) -> Any:
    """Read it here, page by page."""
    review, document = found
    _speak(review)
    address: dict[str, Any] = {"id": review.id, "document_id": document.id}
    here = url_for(".review", id=review.id)
    return reading_page(
        document,
        "reviewer/pages.html",
        ".review_page_picture",
        address,
        application=review.application,
        trail=[(_("My reviews"), url_for(".reviews")), (ref(review.application.reference), here)],
        download=url_for(".review_document", **address),
    )


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>/page.png")
@access(policy.read_document, document_of)
def review_page_picture(user: Person, found: tuple[Review, Document]) -> Any:
    return picture(found[1])


def _sheet_page(user: Person, review: Review, form: SheetForm) -> str:
    _speak(review)
    mine = [one for one in queries.worklist(user) if one.state != ReviewState.CONFLICT_DECLARED]
    at = next(n for n, one in enumerate(mine) if one.id == review.id)
    return render_template(
        "reviewer/sheet.html",
        review=review,
        sheets=sheets(review.application),
        budget=read_budget(review.application),
        form=form,
        position=at + 1,
        total=len(mine),
        previous=mine[at - 1] if at else None,
        following=mine[at + 1] if at + 1 < len(mine) else None,
    )


def _closed(user: Person, review: Review) -> Text | None:
    """Why the file is closed to this reviewer, if a conflict of interest stands."""
    return policy.CLOSED if queries.conflicted(user, review.application) else None


def _others(user: Person, review: Review) -> list[Review]:
    return [one for one in queries.on_file(user, review.application) if one.id != review.id]


def _speak(review: Review) -> None:
    cluster = review.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
