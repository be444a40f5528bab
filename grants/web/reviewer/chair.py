"""A chair's pages: progress, assignment, ranking with the envelope's line, proposal to the committee."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications.budgets import read_budget
from grants.applications.models import Application, ApplicationState, Document
from grants.awards.models import Outcome
from grants.awards.queries import proposed
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.core.types import Money
from grants.people.models import Person
from grants.reports.search.keys import Audience
from grants.reviews import pages, panel_queries, policy, queries
from grants.reviews.conflicts import against
from grants.reviews.models import Review
from grants.reviews.queries import Chaired, Line, Ranking
from grants.web.access import access
from grants.web.answers import sheets
from grants.web.downloads import attached
from grants.web.filters import ref
from grants.web.language import speak_for
from grants.web.listing import near, show_list
from grants.web.reading import picture, reading_page
from grants.web.reviewer import portal
from grants.web.reviewer.asking import list_actions
from grants.web.reviewer.forms import AssignForm, ConflictForm, ProposalForm, assign_form, proposal_form
from workflows import decision as decision_workflow
from workflows import review as workflow
from workflows.decision import Proposal


@portal.get("/")
@access(signed_in)
def commissions(user: Person) -> Any:
    """The commissions this person chairs, by call, and how far they are."""
    return render_template("reviewer/commissions.html", seats=queries.seats(user), coming=panel_queries.coming(user))


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>")
@access(policy.lead_commission, queries.chaired)
def board(user: Person, board: Chaired) -> Any:
    """The list of the applications of one commission, with their reviews counted."""
    _speak(board.call)
    found = show_list(user, Audience.CHAIR, call=board.call, commission=board.commission, actions=list_actions(user))
    pending = pages.counted(user, board).pending
    return render_template(
        "reviewer/board.html", board=board, found=found, complete=not pending, can_rank=policy.rank.allows(user, board)
    )


@portal.get("/applications/<uuid:id>")
@access(policy.lead, queries.led_application)
def led(user: Person, application: Application) -> Any:
    """One application: the file, its reviews, and whom to ask."""
    return _led_page(user, application, _assign_form(user, application))


@portal.post("/applications/<uuid:id>/assign")
@access(policy.lead, queries.led_application)
def assign(user: Person, application: Application) -> Any:
    form = _assign_form(user, application)
    if not form.validate_on_submit():
        return _led_page(user, application, form)
    try:
        asked = queries.reviewers([UUID(one) for one in form.reviewers.data or []])
        workflow.assign(application, asked, actor=user)
    except Refused as problem:
        form.reviewers.errors = [problem.detail]
        return _led_page(user, queries.led_application(user, application.id), form)
    flash(_("The reviewers have been asked. Each receives a mail."), "ok")
    return redirect(url_for(".led", id=application.id), 303)


@portal.post("/reviews/<uuid:id>/reassign/<uuid:reviewer_id>")
@access(policy.lead_replacement, queries.replacement)
def reassign(user: Person, found: tuple[Review, Person]) -> Any:
    review, reviewer = found
    workflow.reassign(review, reviewer, actor=user)
    flash(_("%(name)s has been asked instead.", name=reviewer.name), "ok")
    return redirect(url_for(".led", id=review.application_id), 303)


@portal.post("/reviews/<uuid:id>/reopen")
@access(policy.lead_review, queries.review)
def reopen_review(user: Person, review: Review) -> Any:
    form = ConflictForm()
    if not form.validate_on_submit():
        raise Refused(N_("Say why the review is given back: its author will read it."))
    workflow.reopen_review(review, form.reason.data or "", actor=user)
    flash(_("The review is open again."), "ok")
    return redirect(url_for(".led", id=review.application_id), 303)


def document_of(user: Person, id: UUID, document_id: UUID) -> tuple[Application, Document]:
    """A document of an application this chair may read; raises NoResultFound."""
    application = queries.led_application(user, id)
    return application, queries.document(application, document_id)


@portal.get("/applications/<uuid:id>/documents/<uuid:document_id>")
@access(policy.lead_document, document_of)
def led_document(user: Person, found: tuple[Application, Document]) -> Any:
    return attached(found[1])


@portal.get("/applications/<uuid:id>/documents/<uuid:document_id>/pages")
@access(policy.lead_document, document_of)
def led_pages(user: Person, found: tuple[Application, Document]) -> Any:
    """Read it here, page by page."""
    application, document = found
    cluster = application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    address: dict[str, Any] = {"id": application.id, "document_id": document.id}
    return reading_page(
        document,
        "reviewer/pages.html",
        ".led_page_picture",
        address,
        application=application,
        trail=[
            (_("My commissions"), url_for(".commissions")),
            (ref(application.reference), url_for(".led", id=application.id)),
        ],
        download=url_for(".led_document", **address),
    )


@portal.get("/applications/<uuid:id>/documents/<uuid:document_id>/page.png")
@access(policy.lead_document, document_of)
def led_page_picture(user: Person, found: tuple[Application, Document]) -> Any:
    return picture(found[1])


# --- ranking --------------------------------------------------------------------------------------------------


@portal.route("/calls/<uuid:call_id>/<uuid:commission_id>/ranking", methods=["GET", "POST"])
@access(policy.rank, queries.chaired)
def ranking(user: Person, chaired: Chaired) -> Any:
    """Best mean first, what each asks and what the envelope holds; sent to the committee as one unit.

    A long ranking is read page by page; the form with every line of it opens on demand.
    """
    _speak(chaired.call)
    sent = proposed(chaired.call.id, chaired.commission.id, _page())
    if sent.total:
        return render_template("reviewer/proposed.html", board=chaired, found=sent)
    if request.method == "GET" and "form" not in request.args and (counted := pages.counted(user, chaired)).is_long:
        listed = pages.listed(user, chaired, _page(), counted)
        return render_template("reviewer/ranking_long.html", board=chaired, listed=listed)
    board = queries.whole_board(user, chaired)
    form = proposal_form(board.lines, suggest(board), board.call.currency)
    if form.validate_on_submit():
        try:
            decision_workflow.propose(board, _proposals(board, form), actor=user)
        except Problem as problem:
            form.form_errors = [problem.detail]
            return _ranking_page(user, board.call.id, board.commission.id, form)
        flash(_("The ranking has been sent to the strategic committee."), "ok")
        return redirect(url_for(".ranking", call_id=board.call.id, commission_id=board.commission.id), 303)
    return _form_page(board, form)


def _ranking_page(user: Person, call_id: UUID, commission_id: UUID, form: ProposalForm) -> str:
    return _form_page(queries.board(user, call_id, commission_id), form)  # read anew: the refusal ended the transaction


def _form_page(board: Ranking, form: ProposalForm) -> str:
    waits = decision_workflow.waits_for(board.call.id, board.commission.id)
    return render_template("reviewer/ranking.html", board=board, form=form, sums=running(board, form), waits=waits)


def suggest(board: Ranking) -> dict[UUID, Outcome]:
    """Fund from the top while the envelope lasts; what does not fit any more is the reserve list."""
    left, full, found = board.envelope.minor, False, {}
    for line in board.lines:
        full = full or line.recommended.minor > left
        found[line.application.id] = Outcome.RESERVE if full else Outcome.FUNDED
        left -= 0 if full else line.recommended.minor
    return found


def running(board: Ranking, form: ProposalForm) -> list[Money]:
    """What is spent down to each line, by the form as it stands."""
    total, sums = 0, []
    for line in board.lines:
        outcome, amount = form.row(line)
        if outcome.data == Outcome.FUNDED and amount.data is not None:
            total += amount.data.minor
        sums.append(Money(total, board.envelope.currency))
    return sums


def _proposals(board: Ranking, form: ProposalForm) -> list[Proposal]:
    def one(line: Line) -> Proposal:
        outcome, amount = form.row(line)
        return Proposal(line.application, line.mean or 0, Outcome(outcome.data), amount.data, form.note.data or "")

    return [one(line) for line in board.lines]


def _assign_form(user: Person, application: Application) -> AssignForm:
    return assign_form(queries.candidates(application.call, application.commission_id, user))


def _led_page(user: Person, application: Application, form: AssignForm) -> str:
    _speak(application.call)
    reviews = queries.on_file(user, application)
    candidates = queries.candidates(application.call, application.commission_id, user)
    asked = {one.reviewer_id for one in reviews}
    conflicted = against(application)
    return render_template(
        "reviewer/led.html",
        application=application,
        reviews=reviews,
        sheets=sheets(application),
        budget=read_budget(application),
        form=form,
        candidates={str(one.person.id): one for one in candidates},
        free=[one for one in candidates if one.person.id not in asked | conflicted],
        asked=asked,
        against=conflicted,
        open=application.state in {ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW},
        near=near(
            user,
            Audience.CHAIR,
            application,
            url_for(".search"),
            url_for(".board", call_id=application.call_id, commission_id=application.commission_id),
        ),
    )


def _page() -> int:
    return request.args.get("page", 1, type=int)


def _speak(call: Any) -> None:
    cluster = call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
