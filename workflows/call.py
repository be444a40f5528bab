"""A call from its draft to its archive. Approval allocates the envelopes; the clock opens and closes it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from grants.applications.deadline import is_taking
from grants.applications.models import TAKING_PART, Application, ApplicationState, Partner
from grants.calls import policy, questionnaires
from grants.calls.models import STATE_LABELS, Call, CallState, Envelope
from grants.core.audit import Event, record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, Refused
from grants.core.i18n import N_, Words
from grants.core.policy import clock_only
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import by_call_and_commission
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post
from grants.people.models import Membership, Person
from workflows import applicants
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Owed, promise_all
from workflows.partner_mails import tell_partner_corrected
from workflows.schedule import every_tick

S = CallState
OVER = (ApplicationState.INADMISSIBLE, ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN)
BEFORE_DECIDED = frozenset({S.DRAFT, S.PROPOSED, S.APPROVED, S.PUBLISHED, S.OPEN, S.CLOSED, S.EVALUATING})

lifecycle = Lifecycle(
    "call",
    STATE_LABELS,
    [
        Move("propose", frozenset({S.DRAFT}), S.PROPOSED, policy.run, N_("Send to the strategic committee")),
        Move("approve", frozenset({S.PROPOSED}), S.APPROVED, policy.approve, N_("Approve the call")),
        Move("return_draft", frozenset({S.PROPOSED}), S.DRAFT, policy.approve, N_("Return to the officer"), why=True),
        Move("publish", frozenset({S.APPROVED}), S.PUBLISHED, policy.run, N_("Publish")),
        Move("open", frozenset({S.PUBLISHED}), S.OPEN, clock_only, N_("Open")),
        Move("close", frozenset({S.OPEN}), S.CLOSED, clock_only, N_("Close")),
        Move("extend", frozenset({S.CLOSED}), S.OPEN, policy.extend, N_("Extend the call"), why=True),
        Move("evaluate", frozenset({S.CLOSED}), S.EVALUATING, policy.run, N_("Start the evaluation")),
        Move("decide", frozenset({S.EVALUATING}), S.DECIDED, policy.approve, N_("Announce the results")),
        Move("archive", frozenset({S.DECIDED}), S.ARCHIVED, policy.run, N_("Archive")),
        Move("cancel", BEFORE_DECIDED, S.CANCELLED, policy.approve, N_("Cancel the call"), why=True),
    ],
)


def propose(call: Call, *, actor: Person) -> None:
    """The officer sends the draft to the strategic committee. Raises Refused when its closing time is past."""
    with transaction():
        if call.closes_at is None or call.closes_at <= now():
            raise Refused(N_("The closing time is past: give the call new dates first."))
        lifecycle.fire("propose", call, actor)


def approve(call: Call, *, actor: Person) -> None:
    """The committee approves: the envelopes leave the fund for the call's commissions.

    Raises NotEnough when the fund lacks the credit, Forbidden for whoever proposed the call.
    """
    with transaction():
        if actor.id == proposer(call):
            raise Forbidden(N_("You sent this call to the committee: another member approves it."))
        if not lifecycle.fire("approve", call, actor):
            return
        total = Money(sum(one.amount_minor for one in call.envelopes), call.currency)
        document = f"APP-{call.code}"
        post(
            call.fund_id,
            Kind.ALLOCATE_CALL,
            [Line(Place.available(), Place.call(call.id), total)],
            actor=actor,
            key=key_for("allocate call", call.id),
            document=document,
        )
        post(
            call.fund_id,
            Kind.ALLOCATE_COMMISSION,
            [_to_commission(call, one) for one in sorted(call.envelopes, key=lambda one: str(one.commission_id))],
            actor=actor,
            key=key_for("allocate commissions", call.id),
            document=document,
        )


def proposer(call: Call) -> UUID | None:
    """Who last sent the call to the committee."""
    sent = select(Event.actor_id).where(Event.subject_id == call.id, Event.name == "call.propose")
    return db.session.scalars(sent.order_by(Event.at.desc(), Event.id.desc()).limit(1)).first()


def _to_commission(call: Call, envelope: Envelope) -> Line:
    return Line(Place.call(call.id), Place.commission(call.id, envelope.commission_id), envelope.amount)


def return_draft(call: Call, reason: str, *, actor: Person) -> None:
    """The committee returns the draft, with a reason."""
    with transaction():
        lifecycle.fire("return_draft", call, actor, reason=reason)


def publish(call: Call, *, actor: Person) -> None:
    """The officer publishes; a call whose opening is past opens at once. Raises Refused after the closing time."""
    with transaction():
        policy.run.require(actor, call)
        lock(call, "state", "published_at")
        if call.state in {S.PUBLISHED, S.OPEN}:
            return
        if call.closes_at is not None and call.closes_at <= now():
            raise Refused(N_("The closing time is past: extend the call, then publish it."))
        lifecycle.fire("publish", call, actor, set={"published_at": now()})
        questionnaires.publish(call)
        if call.opens_at is not None and call.opens_at <= now():
            lifecycle.fire("open", call, None)


def correct(call: Call, change: Words, *, actor: Person) -> None:
    """Publish the correction of the questions in hand. Drafts move to it with their answers; their writers are told.

    What was submitted stays under the version it answered. Raises Refused when nothing is in hand or changed.
    """
    with transaction():
        policy.ask.require(actor, call)
        drafts = select(Application).where(Application.call_id == call.id, Application.state == ApplicationState.DRAFT)
        in_order = drafts.order_by(Application.id).with_for_update()
        db.session.scalars(in_order).all()  # before the call, as a submission takes them
        lock(call, "state")
        before, corrected = questionnaires.published(call), questionnaires.in_hand(call)
        if call.state == S.DRAFT or corrected is None:
            raise Refused(N_("There is no correction to publish."))
        if before is not None and before.definition == corrected.definition:
            raise Refused(N_("Nothing has changed: there is no correction to publish."))
        if "fr" not in change:
            raise Refused(N_("Say what changes, at least in French: applicants read it."))
        corrected.change = change
        questionnaires.publish(call)
        for one in db.session.scalars(in_order):
            one.questionnaire_id = corrected.id
        slot, ids = f"version {corrected.number}", drafts.with_only_columns(Application.id)
        writers = db.session.execute(applicants.leads(ids, writers=True))
        promise_all(tell_corrected, [Owed(id, who, slot) for id, who in writers])
        writers = db.session.execute(applicants.partners(_taking_part(ids), writers=True))
        promise_all(tell_partner_corrected, [Owed(id, who, slot) for id, who in writers])
        record("call.corrected", call, actor, after={"questionnaire": corrected.number, "change": dict(change)})


@letter
def tell_corrected(due: Due) -> Letter | None:
    """Tells whoever has a draft that the questions changed, and what changed."""
    fund = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    parts = [fund, joinedload(Application.questionnaire)]
    application = db.session.get_one(Application, due.subject_id, options=parts)
    call, questionnaire = application.call, application.questionnaire
    if questionnaire is None or due.slot != f"version {questionnaire.number}":
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The questions of “%(call)s” have changed", call=call.title),
        paragraphs=[
            N_("Your draft is safe: what you have answered is kept. Please look at it again before you submit.")
        ],
        facts=[(N_("What changes"), questionnaire.change), (N_("Call closes"), call.closes_at)],
        action=(N_("Open the application"), address("applicant.application", application_id=application.id)),
        cluster=call.fund.cluster,
    )


def evaluate(call: Call, *, actor: Person) -> None:
    """The officer hands the eligible applications to the commissions, once nothing more may arrive."""
    with transaction():
        if call.state == S.CLOSED and is_taking(call):
            raise Refused(
                N_("An application may still arrive: this call takes them for a few minutes after it closes."),
                N_("Hand the files over a little later."),
            )
        lifecycle.fire("evaluate", call, actor)


def archive(call: Call, *, actor: Person) -> None:
    """The officer files the call away."""
    with transaction():
        lifecycle.fire("archive", call, actor)


def extend(call: Call, closes_at: datetime, reviews_due_at: datetime, reason: str, *, actor: Person) -> None:
    """Give applicants more time: only later, with a reason that the call's page shows. A closed call opens again.

    Raises Refused when the new dates are not in order. Pressed twice, it is done once.
    """
    with transaction():
        policy.extend.require(actor, call)
        lock(call, "state", "closes_at", "reviews_due_at")
        if call.closes_at is None or closes_at == call.closes_at:
            return
        if closes_at < call.closes_at or closes_at <= now():
            raise Refused(N_("The new closing time must be later than %(when)s.", when=max(call.closes_at, now())))
        if closes_at >= reviews_due_at:
            raise Refused(N_("Reviews must be due after the call closes."))
        before = {"closes_at": call.closes_at.isoformat()}
        after = {"closes_at": closes_at.isoformat()}
        dates = {"closes_at": closes_at, "reviews_due_at": reviews_due_at}
        if call.state == S.CLOSED:
            lifecycle.fire("extend", call, actor, reason=reason, set=dates, **after)
            return
        call.closes_at, call.reviews_due_at = closes_at, reviews_due_at
        record("call.extend", call, actor, reason=reason, before=before, after=after)


def cancel(call: Call, reason: str, *, actor: Person) -> None:
    """The committee cancels; what no grant holds returns to the fund."""
    with transaction():
        if not lifecycle.fire("cancel", call, actor, reason=reason):
            return
        _tell_applicants(call, reason)
        lines = []
        for (call_id, commission_id), standing in by_call_and_commission(call.fund_id).items():
            if call_id == call.id and commission_id is not None and standing[Stage.COMMISSION]:
                source = Place.commission(call.id, commission_id)
                lines.append(Line(source, Place.call(call.id), standing[Stage.COMMISSION]))
        if not lines:
            return
        back = Money(sum(one.amount.minor for one in lines), call.currency)
        lines.append(Line(Place.call(call.id), Place.available(), back))
        post(
            call.fund_id,
            Kind.DEALLOCATE,
            lines,
            actor=actor,
            key=key_for("deallocate", call.id),
            document=f"ANN-{call.code}",
            reason=reason,
        )


def _tell_applicants(call: Call, reason: str) -> None:
    waiting = select(Application.id).where(Application.call_id == call.id, Application.state.not_in(OVER))
    joined = applicants.partners(_taking_part(waiting)).with_only_columns(Partner.application_id, Membership.person_id)
    told = {(id, who) for id, who in [*db.session.execute(applicants.leads(waiting)), *db.session.execute(joined)]}
    promise_all(tell_cancelled, [Owed(id, who, args={"reason": reason}) for id, who in sorted(told)])


def _taking_part(applications: Select[UUID]) -> Select[UUID]:
    return select(Partner.id).where(Partner.state.in_(TAKING_PART), Partner.application_id.in_(applications))


@letter
def tell_cancelled(due: Due) -> Letter | None:
    """Tells a lead applicant, or whoever accepted for a partner, that the call was cancelled, and why."""
    fund = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    application = db.session.get_one(Application, due.subject_id, options=[fund])
    call = application.call
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("“%(call)s” was cancelled.", call=call.title),
        paragraphs=[N_("The strategic committee has cancelled this call: your application goes no further.")],
        facts=[(N_("Project"), application.title or application.reference), (N_("Reason"), due.args["reason"])],
        action=(N_("Open the call"), address("public.call", id=call.id)),
        cluster=call.fund.cluster,
    )


@every_tick
def open_due() -> None:
    """Open every published call whose time has come."""
    _turn("open", select(Call).where(Call.state == S.PUBLISHED, Call.opens_at <= now()))


@every_tick
def close_due() -> None:
    """Close every open call whose time is past; what arrived before and within the grace still counts."""
    _turn("close", select(Call).where(Call.state == S.OPEN, Call.closes_at <= now()))


def _turn(move: str, due: Select[Call]) -> None:
    with transaction():
        for call in db.session.scalars(due.with_for_update(skip_locked=True)):
            lifecycle.fire(move, call, None)
