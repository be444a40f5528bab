"""Changing an agreement under way: asked for, assessed, decided, signed, in effect with its money."""

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from grants.awards import agreement_policy as policy
from grants.awards import queries, templates, terms
from grants.awards.agreement_text import hash_of
from grants.awards.models import AMENDMENT_LABELS, Agreement, Amendment, AmendmentState, Award, Instalment
from grants.awards.policy import memberships
from grants.awards.terms import Terms
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person, Right
from workflows.award import UNDER_WAY, where
from workflows.fiscal_year import may_still_commit
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = AmendmentState
IN_HAND = frozenset({S.REQUESTED, S.ASSESSED, S.APPROVED, S.SIGNED})

lifecycle = Lifecycle(
    "amendment",
    AMENDMENT_LABELS,
    [
        Move(
            "assess_amendment", frozenset({S.REQUESTED}), S.ASSESSED, policy.assess_amendment, N_("Assess the request")
        ),
        Move(
            "approve_amendment",
            frozenset({S.ASSESSED}),
            S.APPROVED,
            policy.decide_amendment,
            N_("Approve the amendment"),
        ),
        Move(
            "refuse_amendment",
            frozenset({S.ASSESSED}),
            S.REFUSED,
            policy.decide_amendment,
            N_("Refuse the amendment"),
            why=True,
        ),
        Move("sign_amendment", frozenset({S.APPROVED}), S.SIGNED, policy.sign_amendment, N_("Sign the amendment")),
        Move(
            "give_up_amendment",
            frozenset({S.APPROVED, S.SIGNED}),
            S.REFUSED,
            policy.decide_amendment,
            N_("Give the amendment up"),
            why=True,
        ),
        Move("make_effective", frozenset({S.SIGNED}), S.EFFECTIVE, policy.make_effective, N_("Make it effective")),
    ],
)


def request_amendment(agreement: Agreement, after: Terms, reason: str, *, actor: Person) -> Amendment:
    """The lead beneficiary asks for other terms; raises Refused where they do not fit."""
    with transaction():
        policy.request_amendment.require(actor, agreement)
        return _begin(agreement, after, reason, actor)


def prepare_amendment(agreement: Agreement, after: Terms, reason: str, *, actor: Person) -> Amendment:
    """A programme officer draws up other terms."""
    with transaction():
        policy.prepare_amendment.require(actor, agreement)
        return _begin(agreement, after, reason, actor)


def _begin(agreement: Agreement, after: Terms, reason: str, actor: Person) -> Amendment:
    lock(agreement, "state")
    _under_way(agreement)
    mine = select(Amendment).where(Amendment.agreement_id == agreement.id, Amendment.state.in_(IN_HAND))
    if (found := db.session.scalars(mine).first()) is not None:
        if found.requested_by_id == actor.id and found.after == after.as_json():
            return found  # a form sent twice
        raise WrongState(
            N_("Amendment %(n)s is still in hand.", n=found.number), N_("One change at a time: wait until it is done.")
        )
    before = Terms.now(agreement)
    _sound(agreement, before, after)
    last = select(func.max(Amendment.number)).where(Amendment.agreement_id == agreement.id)
    made = Amendment(
        agreement=agreement,
        number=(db.session.scalar(last) or 0) + 1,
        reason=reason,
        before=before.as_json(),
        after=after.as_json(),
        requested_by_id=actor.id,
    )
    db.session.add(made)
    db.session.flush()
    record("amendment.requested", made, actor, reason=reason, before=made.before, after=made.after)
    return made


def assess_amendment(amendment: Amendment, after: Terms, opinion: str, version: int | None, *, actor: Person) -> None:
    """The officer's opinion and, where it takes something else, the terms put right. Who decides follows from the
    fund's threshold."""
    with transaction():
        lock(amendment, "state", "after")
        if amendment.state == S.REQUESTED:
            expect(amendment, version)
            agreement = amendment.agreement
            _under_way(agreement)
            before = Terms.of(amendment.before)
            _sound(agreement, before, after)
            wording = templates.current(agreement.award.fund, agreement.award.call.instrument)
            given = {
                "after": after.as_json(),
                "opinion": opinion,
                "assessed_by_id": actor.id,
                "for_committee": terms.beyond(_last_decided(agreement), after.amount, wording.committee_above),
            }
        else:
            given = {}
        lifecycle.fire("assess_amendment", amendment, actor, reason=opinion, set=given, terms=given.get("after"))


def _last_decided(agreement: Agreement) -> Money:
    """The amount that the strategic committee decided last: small changes one after the other do not pass it by."""
    taken = select(Amendment).where(Amendment.agreement_id == agreement.id, Amendment.state == S.EFFECTIVE)
    done = db.session.scalars(taken.order_by(Amendment.number)).all()
    if by_committee := [one for one in done if one.for_committee]:
        return Terms.of(by_committee[-1].after).amount
    amount: Money = Terms.of(done[0].before).amount if done else agreement.award.amount
    return amount


def approve_amendment(amendment: Amendment, *, actor: Person) -> None:
    """From now on its text is fixed; the beneficiary is asked to sign."""
    with transaction():
        digest = hash_of(text_of(amendment))
        approved = {"decided_by_id": actor.id, "text_hash": digest}
        if lifecycle.fire("approve_amendment", amendment, actor, set=approved, text=digest):
            for person in _owners(amendment.agreement.award):
                promise(amendment_decided, amendment, person)


def refuse_amendment(amendment: Amendment, reason: str, *, actor: Person) -> None:
    """The agreement stays as it is."""
    with transaction():
        refused = {"decided_by_id": actor.id, "decision_reason": reason}
        if lifecycle.fire("refuse_amendment", amendment, actor, reason=reason, set=refused):
            for person in _owners(amendment.agreement.award):
                promise(amendment_decided, amendment, person)


def give_up_amendment(amendment: Amendment, reason: str, *, actor: Person) -> None:
    """It is never signed, or can no longer take effect: the agreement stays as it is, and another one may be begun."""
    with transaction():
        unsigned = {"signed_by_id": None, "signed_at": None}
        given_up = {"decided_by_id": actor.id, "decision_reason": reason, **unsigned}
        if lifecycle.fire("give_up_amendment", amendment, actor, reason=reason, set=given_up):
            for person in _owners(amendment.agreement.award):
                promise(amendment_decided, amendment, person, slot="given up")


def sign_amendment(amendment: Amendment, *, actor: Person) -> None:
    """The lead beneficiary signs, for the consortium."""
    with transaction():
        if amendment.text_hash is not None and amendment.text_hash != hash_of(text_of(amendment)):
            raise Refused(N_("The text is not the one that was approved. Nothing was signed."))
        signed = {"signed_by_id": actor.id, "signed_at": now()}
        lifecycle.fire("sign_amendment", amendment, actor, set=signed, text=amendment.text_hash)


def make_effective(amendment: Amendment, *, actor: Person) -> None:
    """The accountant puts the new terms in force; an increase is committed from the commission's free credit, a
    decrease decommitted."""
    with transaction():
        agreement = amendment.agreement
        lock(agreement, "state")
        lock(amendment, "state")
        before, after = Terms.of(amendment.before), Terms.of(amendment.after)
        if amendment.state == S.SIGNED:
            _under_way(agreement)
            _read_anew(agreement)
            if Terms.now(agreement) != before:
                raise WrongState(N_("The agreement has changed since this amendment was drawn up."))
            _sound(agreement, before, after)
        given = {"effective_by_id": actor.id, "effective_at": now()} if amendment.state == S.SIGNED else {}
        if lifecycle.fire("make_effective", amendment, actor, set=given):
            _apply(agreement, after)
            record("agreement.amended", agreement, actor, before=amendment.before, after=amendment.after)
            _move(amendment, before.amount, after.amount, actor)


@letter
def amendment_decided(due: Due) -> Letter | None:
    """Tells an owner of the lead beneficiary what was decided: to be signed, or why not."""
    found = db.session.scalars(select(Amendment).where(Amendment.id == due.subject_id)).one()
    if found.state not in {S.APPROVED, S.REFUSED}:
        return None
    award = db.session.scalars(queries.whole_agreement(found.agreement_id)).unique().one().award
    approved = found.state == S.APPROVED
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=(
            N_("Amendment %(n)s of %(number)s is ready to sign", n=found.number, number=award.number)
            if approved
            else N_("Amendment %(n)s of %(number)s was refused", n=found.number, number=award.number)
        ),
        paragraphs=[
            N_("Read what changes, then sign it in your name for the consortium.")
            if approved
            else N_("The agreement stays as it is.")
        ],
        facts=[(N_("Project"), award.title), *([(N_("Reason"), found.decision_reason)] if not approved else [])],
        action=(N_("Open the amendment"), address("applicant.amendment", id=found.id)),
        cluster=award.fund.cluster,
    )


def text_of(amendment: Amendment) -> dict[str, object]:
    """What is approved and signed, as plain values."""
    return {
        "agreement": str(amendment.agreement_id),
        "number": amendment.number,
        "reason": amendment.reason,
        "before": amendment.before,
        "after": amendment.after,
    }


def _read_anew(agreement: Agreement) -> None:
    """Its instalments with their claims, as they are now that the agreement is held."""
    found = select(Instalment).where(Instalment.agreement_id == agreement.id).options(selectinload(Instalment.claims))
    db.session.scalars(found.execution_options(populate_existing=True)).all()


def _under_way(agreement: Agreement) -> None:
    if agreement.state not in UNDER_WAY:
        raise WrongState(N_("Only an agreement that is under way can be amended."))


def _sound(agreement: Agreement, before: Terms, after: Terms) -> None:
    if found := terms.problems(agreement, before, after):
        raise Refused(found[0][1])


def _apply(agreement: Agreement, after: Terms) -> None:
    agreement.ends_on, agreement.budget = after.ends_on, after.budget_json()
    agreement.award.amount = after.amount
    planned = {one.position: one for one in after.instalments}
    for one in agreement.instalments:
        _plan(one, planned[one.position].amount, after)
        one.due_on = planned[one.position].due_on


def _plan(instalment: Instalment, amount: Money, after: Terms) -> None:
    """The share follows the amount, rounded to a whole percent."""
    if instalment.amount != amount or instalment.amount_minor * 100 != instalment.percent * after.amount.minor:
        instalment.percent = min(100, max(1, round(amount.minor * 100 / after.amount.minor)))
    instalment.amount = amount


def _move(amendment: Amendment, before: Money, after: Money, actor: Person) -> None:
    award = amendment.agreement.award
    if before == after:
        return
    free, committed = Place.commission(award.call_id, award.commission_id), Place.committed(*where(award))
    more = before < after
    if more:
        may_still_commit(award.fund)
    post(
        award.fund_id,
        Kind.COMMIT if more else Kind.DECOMMIT,
        [Line(free, committed, after - before) if more else Line(committed, free, before - after)],
        actor=actor,
        key=key_for("amend", amendment.id),
        document=f"{award.number}-A{amendment.number}",
        reason=amendment.reason,
    )


def _owners(award: Award) -> list[Person]:
    owners = [one.person_id for one in memberships(award) if one.right == Right.OWNER]
    return list(db.session.scalars(select(Person).where(Person.id.in_(owners)).order_by(Person.id)))
