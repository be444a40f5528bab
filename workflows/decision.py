"""From the commission's ranking to the results: proposal, decision, reservation, notification."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.appeals import policy as appeal_policy
from grants.appeals.queries import unsettled
from grants.applications.models import Application, ApplicationState
from grants.awards import policy, queries, reserve
from grants.awards.interests import linked
from grants.awards.letters import wordings, written
from grants.awards.models import (
    DECISION_LABELS,
    Agreement,
    Award,
    Decision,
    DecisionState,
    Occasion,
    Outcome,
)
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.i18n import N_, Reader, Text, Words
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person
from grants.reviews import policy as review_policy
from grants.reviews.queries import Ranking
from grants.sessions.models import SessionState
from grants.sessions.queries import session_of
from workflows.applicants import tell_lead
from workflows.application import lifecycle as application_lifecycle
from workflows.call import lifecycle as call_lifecycle
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due

PROPOSED = DecisionState.PROPOSED
SHOWN = 10  # references in one sentence

lifecycle = Lifecycle(
    "decision",
    DECISION_LABELS,
    [
        Move(
            "fund",
            frozenset({PROPOSED, DecisionState.RESERVE}),
            DecisionState.FUNDED,
            policy.fund,
            N_("Fund the project"),
        ),
        Move("hold", frozenset({PROPOSED}), DecisionState.RESERVE, policy.decide, N_("Put on the reserve list")),
        Move(
            "reject",
            frozenset({PROPOSED, DecisionState.RESERVE}),
            DecisionState.REJECTED,
            policy.decide,
            N_("Do not select"),
            why=True,
        ),
        Move(
            "reopen_decision",
            frozenset({DecisionState.REJECTED}),
            PROPOSED,
            appeal_policy.overturn_decision,
            N_("Decide again"),
        ),
    ],
)

# --- the commission proposes ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """What the chair proposes for one application, in the order of the ranking."""

    application: Application
    score: int
    outcome: Outcome
    amount: Money
    note: str = ""
    line: int | None = None  # of the minutes, where a session agreed it


def propose(ranking: Ranking, proposals: Sequence[Proposal], *, actor: Person) -> None:
    """The chair sends the whole ranking of a commission to the strategic committee; all or nothing.

    Raises Refused when an application is left out or not yet reviewed, when an amount is above what was requested,
    or when the amounts proposed for funding exceed the commission's envelope. Sending it again is sending it once.
    """
    with transaction():
        review_policy.rank.require(actor, ranking)
        lock(ranking.call)
        sits = session_of(ranking.call.id, ranking.commission.id)
        if sits is not None and sits.state == SessionState.OPEN:
            raise Refused(
                N_("The commission is sitting on these files: closing the session sends its ranking."),
                N_("Go to the session."),
            )
        put_forward(ranking, proposals, actor=actor)


def put_forward(ranking: Ranking, proposals: Sequence[Proposal], *, actor: Person) -> None:
    """The same without asking who may: for a session that closes."""
    with transaction():
        if _already_proposed(ranking):
            return
        _must_be_whole(ranking, proposals)
        _must_be_settled(waits_for(ranking.call.id, ranking.commission.id))
        funded = [one for one in proposals if one.outcome is Outcome.FUNDED]
        asked = Money(sum(one.amount.minor for one in funded), ranking.envelope.currency)
        if ranking.envelope < asked:
            raise Refused(
                N_(
                    "The projects proposed for funding add up to %(asked)s; the envelope is %(envelope)s.",
                    asked=asked,
                    envelope=ranking.envelope,
                ),
                N_("Lower an amount, or put a project on the reserve list."),
            )
        for rank, one in enumerate(proposals, 1):
            decision = Decision(
                application_id=one.application.id,
                call_id=ranking.call.id,
                commission_id=ranking.commission.id,
                rank=rank,
                score=one.score,
                proposal=one.outcome,
                currency=one.amount.currency,
                amount_minor=one.amount.minor,
                note=one.note,
                minutes_line=one.line,
                proposed_by_id=actor.id,
            )
            db.session.add(decision)
            application_lifecycle.fire("rank", one.application, actor, rank=rank)
            record("decision.proposed", _kept(decision), actor, after={"rank": rank, "outcome": one.outcome})


def _kept(decision: Decision) -> Decision:
    db.session.flush()
    return decision


def _already_proposed(ranking: Ranking) -> bool:
    made = select(Decision.id).where(
        Decision.call_id == ranking.call.id, Decision.commission_id == ranking.commission.id
    )
    lock(ranking.call)
    return db.session.scalars(made.limit(1)).first() is not None


def _must_be_whole(ranking: Ranking, proposals: Sequence[Proposal]) -> None:
    if not ranking.complete:
        raise Refused(N_("Some applications are not fully reviewed yet: the ranking waits for them."))
    if {one.application.id for one in proposals} != {line.application.id for line in ranking.lines}:
        raise Refused(N_("The ranking changed while you worked on it. Look at it again before sending it."))
    for one in proposals:
        requested: Money = one.application.requested
        if one.outcome is not Outcome.REJECTED and not 0 < one.amount.minor <= requested.minor:
            raise Refused(
                N_(
                    "%(reference)s: the amount must be between 1 and the %(requested)s requested.",
                    reference=one.application.reference or "",
                    requested=requested,
                )
            )


def waits_for(call_id: UUID, commission_id: UUID | None = None) -> Text | None:
    """Why a ranking, or the results of a call, are not sent yet: a file that is admitted late, or on appeal, belongs in
    them. None when nothing holds them up.
    """
    files = unsettled(call_id, commission_id)
    if not files:
        return None
    return N_(
        "The screening is not settled for %(references)s: it is under way, or an appeal is possible or waits.",
        references=", ".join(files[:SHOWN]) + (" …" if len(files) > SHOWN else ""),
    )


def _must_be_settled(why_not: Text | None) -> None:
    if why_not is not None:
        raise Refused(why_not, N_("Once it is settled, send the ranking or announce the results."))


# --- the committee decides ------------------------------------------------------------------------------------


def fund(decision: Decision, reason: str = "", version: int | None = None, *, actor: Person) -> None:
    """Fund a project: the grant is made and its credit reserved. Raises NotEnough when the envelope is empty.

    From the reserve list only with credit that no pending proposal needs, and in rank order: `reason` says, for the
    journal, why another is passed over. Raises Refused otherwise, WrongState when the decision is no longer in the
    `version` that its page showed.
    """
    with transaction():
        _lock(decision, actor)
        lock(decision, "state", "amount_minor", "proposed_minor")
        _must_be_as_seen(decision, version)
        promoted = decision.state == DecisionState.RESERVE
        if promoted:
            reserve.must_be_next(decision, reason)
            reserve.must_leave_enough(decision)
        taken = {**_taken_by(actor), "reason": None}
        amount = decision.amount_minor
        if not lifecycle.fire("fund", decision, actor, reason=reason or None, set=taken, amount=amount):
            return
        award = _award(decision)
        _follow(decision, actor, Occasion.PROMOTED if promoted else Occasion.FUNDED)
        call, commission = decision.call_id, decision.commission_id
        post(
            award.fund_id,
            Kind.RESERVE,
            [Line(Place.commission(call, commission), Place.reserved(call, commission, award.id), decision.amount)],
            actor=actor,
            key=key_for("reserve", award.id),
            document=award.number,
        )


def hold(decision: Decision, reason: str = "", *, actor: Person) -> None:
    """Put a project on the reserve list: it may be funded later with freed credit; a reason goes to the applicant."""
    with transaction():
        _lock(decision, actor)
        said = {**_taken_by(actor), "reason": reason or None}
        if lifecycle.fire("hold", decision, actor, reason=reason or None, set=said):
            _follow(decision, actor, Occasion.RESERVE)


def reject(decision: Decision, reason: str, *, actor: Person) -> None:
    """Do not select a project; the reason goes to the applicant."""
    with transaction():
        _lock(decision, actor)
        if lifecycle.fire("reject", decision, actor, reason=reason, set={**_taken_by(actor), "reason": reason}):
            _follow(decision, actor, Occasion.REJECTED)


def revise_amount(decision: Decision, amount: Money, reason: str, *, actor: Person) -> None:
    """The committee changes the amount before it funds; what the commission had proposed is kept beside it.

    Raises Refused when the decision is taken, or when the amount is not between 1 and what was requested.
    """
    with transaction():
        _lock(decision, actor)
        lock(decision, "state", "amount_minor", "proposed_minor")
        policy.decide.require(actor, decision)
        requested: Money = decision.application.requested
        if decision.state not in {PROPOSED, DecisionState.RESERVE}:
            raise Refused(N_("This decision is taken: its amount no longer changes."))
        if not 0 < amount.minor <= requested.minor:
            raise Refused(N_("The amount must be between 1 and the %(requested)s requested.", requested=requested))
        if amount.minor == decision.amount_minor:
            return
        before = {"amount": decision.amount_minor}
        if decision.proposed_minor is None:
            decision.proposed_minor = decision.amount_minor
        decision.amount_minor = amount.minor
        record("decision.amount", decision, actor, reason=reason, before=before, after={"amount": amount.minor})
        db.session.flush()


def reopen(decision: Decision, reason: str, amount: Money | None, *, actor: Person) -> None:
    """An appeal is upheld: the committee decides again. Nothing is reserved for a project that was not selected.

    `amount`: what may be decided on where the commission had proposed to fund nothing. Raises Refused when it is
    missing then, or above what was requested.
    """
    with transaction():
        _lock_file(decision, actor)
        requested: Money = decision.application.requested
        again: dict[str, Any] = {"decided_at": None, "decided_by_id": None, "reason": None}
        again |= {"reopened_at": now(), "reopened_by_id": actor.id, "refused_by_id": decision.decided_by_id}
        if decision.proposal == Outcome.REJECTED:
            if amount is None or not 0 < amount.minor <= requested.minor:
                raise Refused(
                    N_("Give the amount to decide on: between 1 and the %(requested)s requested.", requested=requested)
                )
            again["amount_minor"] = amount.minor
        lifecycle.fire("reopen_decision", decision, actor, reason=reason, set=again)


def _lock(decision: Decision, actor: Person) -> None:
    """The call first, as where many decisions are taken together or credit is transferred: what one of them reckons
    with stands until it is done. Then the file."""
    lock(decision.call, "state")
    _lock_file(decision, actor)


def _must_be_as_seen(decision: Decision, version: int | None) -> None:
    if version not in {None, decision.version} and decision.state in {PROPOSED, DecisionState.RESERVE}:
        raise WrongState(N_("This decision has changed since your page was drawn: its amount perhaps, or its state."))


def _lock_file(decision: Decision, actor: Person) -> None:
    """The applicant may be withdrawing it at this moment: one of the two comes first. Raises Forbidden for whoever is
    linked to the applicant."""
    if linked(actor, decision.application_id):
        raise Forbidden(policy.LINKED_TO_IT)
    lock(decision.application, "state")


def _taken_by(actor: Person) -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": actor.id}


def _follow(decision: Decision, actor: Person, occasion: Occasion) -> None:
    if decision.application.state == ApplicationState.RANKED:
        application_lifecycle.fire("decide", decision.application, actor)
    if decision.notified_at is not None:  # the call's results are out: on the reserve list or appealed, learns at once
        _notify(decision, occasion)


def _award(decision: Decision) -> Award:
    application, call = decision.application, decision.call
    zone: ZoneInfo = call.fund.cluster.zone
    award = Award(
        fund_id=call.fund_id,
        call_id=call.id,
        commission_id=decision.commission_id,
        organisation_id=application.organisation_id,
        application_id=application.id,
        number=f"CV-{application.reference}",
        title=application.title,
        currency=decision.currency,
        amount_minor=decision.amount_minor,
        requested_minor=application.requested_minor,
        awarded_on=now().astimezone(zone).date(),
    )
    db.session.add(award)
    db.session.flush()
    db.session.add(Agreement(award_id=award.id))
    return award


def conclude(call: Call, *, actor: Person) -> None:
    """The committee closes a call once every decision is taken; every applicant is told, with reasons."""
    with transaction():
        lock(call)
        pending = select(Decision.id).where(Decision.call_id == call.id, queries.awaiting(call.id))
        if db.session.scalars(pending.limit(1)).first():
            raise Refused(N_("Some decisions are still to be taken."), N_("Take them, then close the call."))
        _must_be_settled(waits_for(call.id))
        unranked = select(Application.id).where(
            Application.call_id == call.id,
            Application.state.in_([ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.REVIEWED]),
        )
        if db.session.scalars(unranked.limit(1)).first():
            raise Refused(N_("A commission has not sent its ranking yet."), N_("Wait for it, then close the call."))
        if call_lifecycle.fire("decide", call, actor):
            taken = select(Decision).where(
                Decision.call_id == call.id, Decision.state != PROPOSED, Decision.notified_at.is_(None)
            )
            for decision in db.session.scalars(taken.options(joinedload(Decision.application))):
                _notify(decision, Occasion(decision.state))


def _notify(decision: Decision, occasion: Occasion) -> None:
    again = f" {now():%Y%m%dT%H%M%S%f}" if decision.notified_at else ""  # after an appeal perhaps the same once more
    decision.notified_at = now()
    slot = f"{decision.state}{again}"
    told = {"state": str(decision.state), "occasion": str(occasion)}
    tell_lead(tell_decision, decision, decision.application, slot, **told)


@letter
def tell_decision(due: Due) -> Letter | None:
    """Tells the lead applicant's people what was decided, and why."""
    decision = db.session.scalars(queries.whole_decision(due.subject_id)).unique().one()
    if decision.state != due.args.get("state", due.slot):
        return None
    occasion = Occasion(due.args.get("occasion", decision.state))
    to = db.session.get_one(Person, due.recipient_id)
    return decision_letter(decision, occasion, to, wordings(decision.call_id).get(occasion))


def decision_letter(
    decision: Decision, occasion: Occasion, to: Person, wording: Words | None = None, reader: Reader | None = None
) -> Letter:
    """What one of the lead's people receives, in the call's own wording where it has one in the reader's language."""
    application = decision.application
    subject = N_("Decision on %(reference)s", reference=application.reference)
    bare = Letter(to, subject, [], cluster=decision.call.fund.cluster)
    paragraphs, facts = written(decision, occasion, wording or Words(), reader or bare.reader)
    action = (N_("Open the application"), address("applicant.application", application_id=application.id))
    return replace(bare, paragraphs=paragraphs, facts=facts, action=action)
