"""A reviewer's pages: what is asked, the declaration, the scoring sheet beside the file."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications.budgets import read_budget
from grants.core.clock import now
from grants.core.i18n import Text, money
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.reviews import notes, policy, queries, service, turns
from grants.reviews.blinded import Paper, is_blind, paper, papers, shown
from grants.reviews.headings import asked_of
from grants.reviews.models import Review, ReviewState
from grants.web.access import access
from grants.web.answers import sheets
from grants.web.downloads import attached, listed
from grants.web.filters import ref
from grants.web.language import current_reader, speak_for
from grants.web.parking import parks
from grants.web.reading import picture, reading_of, reading_page
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm
from grants.web.reviewer.sheet_form import SheetForm, sheet_form
from workflows import review as workflow


@portal.get("/reviews")
@access(signed_in)
def reviews(user: Person) -> Any:
    """Everything asked of this reviewer."""
    work = queries.worklist(user)
    return render_template("reviewer/reviews.html", reviews=work, turn=turns.next_of(user, work), is_blind=is_blind)


@portal.get("/reviews/<uuid:id>")
@parks()
@access(policy.answer, queries.own_review)
def review(user: Person, review: Review) -> Any:
    """The declaration, the sheet, or the submitted review, by the state it is in."""
    _speak(review)
    closed = _closed(user, review)
    if closed or review.state in {ReviewState.ASSIGNED, ReviewState.CONFLICT_DECLARED}:
        return _declare_page(review, ConflictForm(), closed)
    if policy.mark.allows(user, review):
        return _sheet_page(user, review, _form(user, review))
    policy.read_file.require(user, review)
    return render_template(
        "reviewer/submitted.html",
        others=_others(user, review),
        sheet=service.sheet_of(review),
        note=notes.note_of(user, review),
        turn=turns.place_of(user, review, queries.worklist(user)).turn,
        **_file(review),
    )


@portal.post("/reviews/<uuid:id>/accept")
@access(policy.accept, queries.own_review)
def accept(user: Person, review: Review) -> Any:
    workflow.accept(review, actor=user)
    flash(_("Thank you. The file is open; your sheet is beside it."), "ok")
    return redirect(url_for(".review", id=review.id), 303)


@portal.post("/reviews/<uuid:id>/conflict")
@access(policy.answer, queries.own_review)
def declare_conflict(user: Person, review: Review) -> Any:
    form = ConflictForm()
    if not form.validate_on_submit():
        _speak(review)
        return _declare_page(review, form, _closed(user, review))
    workflow.declare_conflict(review, form.reason.data or "", actor=user)
    flash(_("Your conflict of interest is declared. The chair will ask somebody else."), "ok")
    return redirect(url_for(".reviews"), 303)


@portal.post("/reviews/<uuid:id>/save")
@parks("reviewer.review")
@access(policy.mark, queries.own_review)
def save_review(user: Person, review: Review) -> Any:
    """Keep the sheet as far as it is filled in; `go` leads on to the file whose turn it is."""
    form, place = _form(user, review), None
    if not form.validate_on_submit():
        return _sheet_page(user, review, form)
    form.require_fresh(review)
    if request.form.get("go") == "next":
        place = turns.place_of(user, review, queries.worklist(user))
    here, turn = review.id, place.turn.id if place and place.turn else None
    _keep(user, review, form)
    if place is None:
        flash(_("Your draft is saved."), "ok")
        return redirect(url_for(".review", id=here), 303)
    if turn is None:
        flash(_("Your draft is saved. No other file waits for your marks."), "ok")
        return redirect(url_for(".reviews"), 303)
    return redirect(url_for(".review", id=turn) + "#marks", 303)


@portal.post("/reviews/<uuid:id>/autosave")
@parks("reviewer.review")
@access(policy.mark, queries.own_review)
def autosave_review(user: Person, review: Review) -> Any:
    """Keep what can be read; what cannot yet stays on the page."""
    form, reader = _form(user, review), current_reader()
    form.validate()
    unread = form.keep_sound()
    form.require_fresh(review)
    total = form.total()
    _keep(user, review, form)
    texts = {} if total is None else {"recommended": money(total, reader)}
    return jsonify(saved_at=now().isoformat(), version=review.version, unread=unread, texts=texts, lists={})


@portal.post("/reviews/<uuid:id>/submit")
@parks("reviewer.review")
@access(policy.answer, queries.own_review)
def submit_review(user: Person, review: Review) -> Any:
    if review.state == ReviewState.SUBMITTED:  # a second press answers as the first
        return redirect(url_for(".review", id=review.id), 303)
    policy.mark.require(user, review)
    form = _form(user, review)
    complete = form.validate_on_submit()
    form.require_fresh(review)
    for name, problem in service.missing(review, form.sheet(), form.asked):
        form.blame(name, problem)
        complete = False
    if not complete:
        return _sheet_page(user, review, form)
    workflow.submit_review(review, form.sheet(), form.version.data, form.note.data or "", actor=user)
    flash(_("Your review is submitted. Thank you."), "ok")
    return redirect(url_for(".review", id=review.id), 303)


def _form(user: Person, review: Review) -> SheetForm:
    asked = asked_of(review.application, read_budget(review.application))
    return sheet_form(review, asked, notes.note_of(user, review))


def _keep(user: Person, review: Review, form: SheetForm) -> None:
    workflow.save(review, form.sheet(), form.version.data, form.note.data or "", actor=user)


# --- the file -------------------------------------------------------------------------------------------------


def document_of(user: Person, id: UUID, document_id: UUID) -> tuple[Review, Paper]:
    """A document of a file this reviewer may read, as they read it; raises NoResultFound."""
    review = queries.own_review(user, id)
    policy.read_file.require(user, review)
    return review, paper(review.application, document_id)


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>")
@access(policy.read_document, document_of)
def review_document(user: Person, found: tuple[Review, Paper]) -> Any:
    return attached(found[1])


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>/pages")
@access(policy.read_document, document_of)
def review_pages(user: Person, found: tuple[Review, Paper]) -> Any:
    """Read it here, page by page."""
    review, document = found
    _speak(review)
    here = url_for(".review", id=review.id)
    return reading_page(
        document,
        "reviewer/pages.html",
        ".review_page_picture",
        _address(review, document),
        application=review.application,
        trail=[(_("My reviews"), url_for(".reviews")), (ref(review.application.reference), here)],
        download=url_for(".review_document", **_address(review, document)),
    )


@portal.get("/reviews/<uuid:id>/documents/<uuid:document_id>/page.png")
@access(policy.read_document, document_of)
def review_page_picture(user: Person, found: tuple[Review, Paper]) -> Any:
    return picture(found[1])


def _address(review: Review, document: Paper) -> dict[str, Any]:
    return {"id": review.id, "document_id": document.document.id}


def _file(review: Review, beside: bool = False) -> dict[str, Any]:
    """The file as this call's reviewers read it; `beside` the sheet its documents open in their place on the page."""
    application = review.application
    read = papers(application)
    files = [
        listed(
            one,
            url_for(".review_document", **_address(review, one)),
            title=one.heading,
            read=url_for(".review", id=review.id, document=one.document.id) + "#file"
            if beside
            else url_for(".review_pages", **_address(review, one)),
        )
        for one in read
    ]
    answered = [
        (
            part,
            [(question, _answer(question, given, read)) for question, given in asked if shown(application, question)],
        )
        for part, asked in sheets(application)
    ]
    return {
        "review": review,
        "application": application,
        "blind": is_blind(application),
        "files": files,
        "sheets": [(part, asked) for part, asked in answered if asked],
        "budget": read_budget(application),
    }


def _answer(question: Any, given: Any, read: Any) -> Any:
    """Files that answer go by the names under which they are read."""
    if not question.files or not given:
        return given
    ids = {one.id for one in given}
    return [one for one in read if one.document.id in ids] or None


def _opened(review: Review) -> dict[str, Any] | None:
    """The page of a document that the address asks to read beside the sheet."""
    wanted = request.args.get("document", type=UUID)
    document = next((one for one in papers(review.application) if one.document.id == wanted), None)
    if document is None:
        return None
    address = _address(review, document)
    return reading_of(document, ".review_page_picture", address) | {
        "download": url_for(".review_document", **address),
        "more": {"document": str(document.document.id)},
        "heading": document.heading,
    }


def _sheet_page(user: Person, review: Review, form: SheetForm) -> str:
    _speak(review)
    return render_template(
        "reviewer/sheet.html",
        form=form,
        place=turns.place_of(user, review, queries.worklist(user)),
        opened=_opened(review),
        anchors=service.ANCHORS,
        **_file(review, beside=True),
    )


def _declare_page(review: Review, form: ConflictForm, closed: Text | None) -> str:
    blind = is_blind(review.application)
    return render_template("reviewer/declare.html", review=review, form=form, closed=closed, blind=blind)


def _closed(user: Person, review: Review) -> Text | None:
    """Why the file is closed to this reviewer, if a conflict of interest stands."""
    return policy.CLOSED if queries.conflicted(user, review.application) else None


def _others(user: Person, review: Review) -> list[Review]:
    return [one for one in queries.on_file(user, review.application) if one.id != review.id]


def _speak(review: Review) -> None:
    cluster = review.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
