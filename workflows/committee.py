"""The strategic committee over a whole call: money between envelopes, and many decisions taken as one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from grants.applications.models import Application, ApplicationState
from grants.awards import drafts, policy
from grants.awards.interests import hidden_commissions, linked_among
from grants.awards.models import Decision, DecisionState, EnvelopeTransfer, Outcome
from grants.awards.picture import OPEN, Picture, picture
from grants.awards.projection import Projection, Step, project
from grants.awards.reserve import awaited, gives_at_most
from grants.calls.models import Call, CallState
from grants.core.audit import Event, record
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, NotEnough, Refused, WrongState
from grants.core.i18n import N_, Text
from grants.core.types import Money, new_id
from grants.ledger.queries import by_commission
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person
from workflows import decision as decisions

MOVABLE = frozenset({CallState.CLOSED, CallState.EVALUATING, CallState.DECIDED})
TOGETHER = "call.decided_together"
ANNOUNCED = "call.decide"
AGAIN = N_("Nothing was decided. Your draft is kept: look at it over the new figures, then confirm.")


def transfer(
    call: Call, source_id: UUID, target_id: UUID, amount: Money, reason: str, key: UUID | None = None, *, actor: Person
) -> EnvelopeTransfer:
    """Move credit from one commission's envelope to another's; with the same `key`, once.

    Only what is free and what no pending proposal of the source needs. Raises Refused or NotEnough otherwise, Forbidden
    for whoever is linked to an applicant of one of the two, WrongState where the key has made another transfer.
    """
    with transaction():
        policy.steer.require(actor, call)
        lock(call, "state")
        key = key or new_id()
        made = db.session.get(EnvelopeTransfer, key)
        if made is not None:
            if (made.call_id, made.source_id, made.target_id, made.amount) != (call.id, source_id, target_id, amount):
                raise WrongState(N_("This page had made another transfer already: nothing more has moved."))
            return made
        if call.state not in MOVABLE:
            raise Refused(N_("Envelopes change between the closing of a call and its archive only."))
        if not reason:
            raise Refused(N_("Give the reason of the transfer: it is kept and shown in the picture."))
        _must_be_of(call, source_id, target_id, amount)
        if {source_id, target_id} & hidden_commissions(actor, call):
            raise Forbidden(policy.LINKED)
        if waits_for(actor, call, target_id):
            raise Forbidden(policy.LINKED_WAITING)
        must_cover(call, source_id, amount)
        number = db.session.scalar(select(func.count()).where(EnvelopeTransfer.call_id == call.id)) or 0
        made = EnvelopeTransfer(
            id=key,
            call_id=call.id,
            number=number + 1,
            source_id=source_id,
            target_id=target_id,
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason,
            decided_by_id=actor.id,
        )
        db.session.add(made)
        after = {"number": made.number, "from": str(source_id), "to": str(target_id), "amount": amount.minor}
        record("call.transferred", call, actor, reason=reason, after=after)
        _post(call, made, actor)
        return made


def _must_be_of(call: Call, source_id: UUID, target_id: UUID, amount: Money) -> None:
    theirs = {one.id for one in call.fund.cluster.commissions}
    if source_id == target_id or not {source_id, target_id} <= theirs:
        raise Refused(N_("A transfer goes from one envelope of this call to another."))
    if amount.minor <= 0 or amount.currency != call.currency:
        raise Refused(N_("The amount must be greater than zero."))


def waits_for(actor: Person, call: Call, commission_id: UUID) -> bool:
    """Whether a project to which the member is linked would be served with what the transfer brings."""
    waiting = (
        select(Decision.id)
        .join(Application, Application.id == Decision.application_id)
        .where(
            Decision.commission_id == commission_id,
            Decision.state.in_(OPEN),
            Application.state != ApplicationState.WITHDRAWN,
            Application.id.in_(linked_among(actor, call)),
        )
    )
    return db.session.scalars(waiting.limit(1)).first() is not None


def must_cover(call: Call, source_id: UUID, amount: Money) -> None:
    """What is proposed for funding there waits for its credit; rows are held, so that nobody decides meanwhile."""
    waiting = select(Decision.id).where(
        Decision.call_id == call.id, Decision.commission_id == source_id, Decision.state == DecisionState.PROPOSED
    )
    db.session.execute(waiting.order_by(Decision.id).with_for_update(read=True))
    standing = by_commission(call.fund_id, call.id).get(source_id)
    if standing is None:
        raise Refused(N_("This commission has no envelope in the call."))
    left = Money(max(0, standing.free.minor - awaited(call.id, source_id)), call.currency)
    if left < amount:
        name = next(one.name for one in call.fund.cluster.commissions if one.id == source_id)
        raise NotEnough(
            gives_at_most(name, left),
            N_("Lower the amount, or decide on its proposals first."),
        )


def _post(call: Call, made: EnvelopeTransfer, actor: Person) -> None:
    """Back to the call, and on to the other commission: two operations, one document."""
    document = f"VIR-{call.code}-{made.number:03}"
    source, target = Place.commission(call.id, made.source_id), Place.commission(call.id, made.target_id)
    middle = Place.call(call.id)
    for kind, line in (
        (Kind.DEALLOCATE, Line(source, middle, made.amount)),
        (Kind.ALLOCATE_COMMISSION, Line(middle, target, made.amount)),
    ):
        key = key_for("transfer", made.id, kind)
        post(call.fund_id, kind, [line], actor=actor, key=key, document=document, reason=made.reason)


def decide_together(call: Call, seal: str, key: str, *, actor: Person) -> None:
    """Do all that the member's draft says, or nothing of it; it is then forgotten. With the same `key`, once.

    `seal` is that of the preview which the member confirmed. Raises WrongState when a fact or the draft has changed
    since, Refused with the first of its problems otherwise.
    """
    with transaction():
        policy.steer.require(actor, call)
        lock(call, "state")
        if _done(call, key, actor):
            return
        if call.state not in {CallState.EVALUATING, CallState.DECIDED}:
            raise Refused(N_("The committee decides once the call is being evaluated."))
        _hold(call)
        found = picture(actor, call, anew=True)
        planned = project(found, drafts.held(actor, call), actor)
        if planned.seal != seal:
            if seal.startswith(f"{found.seal}-"):
                raise WrongState(
                    N_("Your draft has changed since this preview was drawn, in another tab perhaps."), AGAIN
                )
            raise WrongState(_moved(found, seal), AGAIN)
        if planned.problems:
            raise Refused(planned.problems[0], AGAIN)
        if planned.empty:
            raise Refused(N_("Your draft changes nothing yet."))
        after = {"key": key, **{one.value: sum(step.outcome is one for step in planned.steps) for one in Outcome}}
        record(TOGETHER, call, actor, reason=planned.draft.reason or None, after=after)
        _carry_out(call, planned, key, actor)
        drafts.forget(call, actor=actor)


def _carry_out(call: Call, planned: Projection, key: str, actor: Person) -> None:
    """What frees credit first, then transfers, then what needs it, the best ranked first."""
    for step in planned.steps:
        if step.revised and step.outcome is not Outcome.REJECTED:
            decisions.revise_amount(step.decision, step.amount, step.reason, actor=actor)
    for step in _with(planned, Outcome.REJECTED):
        decisions.reject(step.decision, step.reason, actor=actor)
    for step in _with(planned, Outcome.RESERVE):
        decisions.hold(step.decision, step.reason, actor=actor)
    for n, one in enumerate(planned.passages):
        amount = Money(one.minor, call.currency)
        assert one.source and one.target  # noqa: S101, PT018  (half typed, it is a problem of the draft)
        transfer(call, one.source, one.target, amount, one.reason, key_for("passage", key, n), actor=actor)
    to_fund = _with(planned, Outcome.FUNDED)
    for step in sorted(to_fund, key=lambda one: one.decision.state == DecisionState.RESERVE):
        decisions.fund(step.decision, step.reason, actor=actor)


def _with(planned: Projection, outcome: Outcome) -> Sequence[Step]:
    return [one for one in planned.steps if one.outcome is outcome]


def _done(call: Call, key: str, actor: Person) -> bool:
    made = select(Event.id).where(
        Event.subject_id == call.id,
        Event.name == TOGETHER,
        Event.actor_id == actor.id,
        Event.after["key"].astext == key,
    )
    return db.session.scalars(made.limit(1)).first() is not None


def _hold(call: Call) -> None:
    """Every file and every decision of the call, in the order in which a single decision takes them: nobody withdraws
    or decides meanwhile, and nobody who does waits for us while we wait for them."""
    files = select(Application.id).join(Decision, Decision.application_id == Application.id)
    db.session.execute(
        files.where(Decision.call_id == call.id).order_by(Application.id).with_for_update(of=Application)
    )
    rows = select(Decision.id).where(Decision.call_id == call.id)
    db.session.execute(rows.order_by(Decision.id).with_for_update())


def _moved(found: Picture, seal: str) -> Text:
    """What changed since the preview: who decided last or made the last transfer, of what the member sees."""
    was = [*seal.partition("-")[0].split("."), ""]
    rows, transfers, *_ = found.seal.split(".")
    call, last = found.call, None
    if was[0] != rows:
        happened = select(Event.at, Person.name).join(Person, Person.id == Event.actor_id)
        about = happened.where(
            (Event.subject_id.in_(found.rows) & Event.name.startswith("decision."))
            | ((Event.subject_id == call.id) & (Event.name == ANNOUNCED))
        )
        row = db.session.execute(about.order_by(Event.at.desc(), Event.id.desc()).limit(1)).one_or_none()
        last = row and (row.at, row.name)
    elif was[1] != transfers and found.transfers:
        made = found.transfers[-1]
        last = made.created_at, made.decided_by.name
    if last is None:
        return N_("The facts have changed since this page was drawn.")
    return N_(
        "The facts have changed since this page was drawn: %(who)s decided last, on %(when)s.",
        who=last[1],
        when=last[0].astimezone(call.fund.cluster.zone),
    )
