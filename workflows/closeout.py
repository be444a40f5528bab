"""What holds up an agreement or ends it: suspension, termination, completion, closeout."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.awards.models import DONE, Agreement, Award, Claim, ClaimState, Instalment
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.queries import Standing, by_grant
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post
from grants.people.models import Organisation, Person
from workflows.award import COMMITTED_UNPAID, UNCOMMITTED, lifecycle, where
from workflows.claim import give_up

ENDED = frozenset({ClaimState.DRAFT, ClaimState.REJECTED, *DONE})  # nobody waits for anything
GIVEN_UP = frozenset({ClaimState.LIQUIDATED, ClaimState.RETURNED})  # verified, and not ordered
ON_THE_WAY = (Stage.PAYABLE, Stage.ORDERED, Stage.REMITTED)


def suspend_agreement(agreement: Agreement, reason: str, *, actor: Person) -> None:
    """Hold up the agreement: nothing is claimed, verified or ordered until it is resumed."""
    with transaction():
        lifecycle.fire("suspend_agreement", agreement, actor, reason=reason, set={"standstill_reason": reason})


def resume_agreement(agreement: Agreement, *, actor: Person) -> None:
    """The reason is gone."""
    with transaction():
        lifecycle.fire("resume_agreement", agreement, actor, set={"standstill_reason": None})


def terminate(agreement: Agreement, reason: str, *, actor: Person) -> None:
    """End an agreement for good: what is not paid returns to the commission, what was paid is left for recovery.

    A claim that was verified and is not ordered is given up with it. Raises Refused while a payment is ordered or at
    the bank: it is paid or returned first.
    """
    with transaction():
        lock(agreement, "state")
        before = agreement.state
        if before not in UNCOMMITTED | COMMITTED_UNPAID:
            for claim in _claims_of(agreement, GIVEN_UP):
                lock(claim, "state")
                give_up(claim, reason, actor=actor)
            _none_on_the_way(agreement)
        if not lifecycle.fire("terminate", agreement, actor, reason=reason, set={"standstill_reason": reason}):
            return
        if before in UNCOMMITTED:
            award = agreement.award
            post(
                award.fund_id,
                Kind.RELEASE,
                [Line(Place.reserved(*where(award)), _commission(agreement), award.amount)],
                actor=actor,
                key=key_for("give up", award.id),
                document=award.number,
                reason=reason,
            )
        else:
            _decommit(agreement, "give up", agreement.award.number, actor, reason)


def complete_agreement(agreement: Agreement, *, actor: Person) -> None:
    """The project is done: no new instalment is begun, what has been claimed goes its way."""
    with transaction():
        lifecycle.fire("complete_agreement", agreement, actor)


def propose_closeout(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer's half of the closeout."""
    with transaction():
        lock(agreement, "state")
        _no_open_claim(agreement)
        lifecycle.fire("propose_closeout", agreement, actor, set={"closing_by_id": actor.id})


def return_closeout(agreement: Agreement, reason: str, *, actor: Person) -> None:
    """The accountant found something left to do."""
    with transaction():
        lifecycle.fire("return_closeout", agreement, actor, reason=reason, set={"closing_by_id": None})


def close_agreement(agreement: Agreement, *, actor: Person) -> None:
    """The accountant's half: the books of this grant are closed and what was not used returns to the commission."""
    with transaction():
        lock(agreement, "state")
        _no_open_claim(agreement)
        if lifecycle.fire("close_agreement", agreement, actor, set={"closed_by_id": actor.id}):
            _decommit(agreement, "closeout", f"{agreement.award.number}-C", actor, None)


def standing(agreement: Agreement) -> Standing:
    """Where the grant's money stands; one query."""
    award = agreement.award
    return by_grant(award.fund_id, [award.id]).get(award.id) or Standing(award.currency, {})


def _no_open_claim(agreement: Agreement) -> None:
    """Raises Refused while a claim is open or a payment on its way; read anew, the agreement being held."""
    for claim in _claims_of(agreement, frozenset(ClaimState) - ENDED):
        raise Refused(
            N_("The claim of instalment %(n)s is still open.", n=claim.instalment.position),
            N_("Pay it or reject it first; then the agreement can be closed."),
        )
    _none_on_the_way(agreement)


def _claims_of(agreement: Agreement, states: frozenset[ClaimState]) -> Sequence[Claim]:
    """Its claims in these states, as they are now, with what the ledger asks of them."""
    grant = joinedload(Claim.instalment).joinedload(Instalment.agreement).joinedload(Agreement.award)
    found = select(Claim).join(Claim.instalment).where(Instalment.agreement_id == agreement.id, Claim.state.in_(states))
    whole = found.options(
        grant.joinedload(Award.organisation).selectinload(Organisation.memberships),
        grant.joinedload(Award.fund),
    )
    return db.session.scalars(whole.order_by(Instalment.position)).unique().all()


def _none_on_the_way(agreement: Agreement) -> None:
    found = standing(agreement)
    moving = Money(sum(found[stage].minor for stage in ON_THE_WAY), found.currency)
    if moving:
        raise Refused(
            N_("%(amount)s is verified or ordered and not paid yet.", amount=moving),
            N_("Pay it or return it first; then come back."),
        )


def _decommit(agreement: Agreement, intent: str, document: str, actor: Person, reason: str | None) -> None:
    """What is committed and not verified, back to the commission; nothing where nothing is left."""
    award, left = agreement.award, standing(agreement)[Stage.COMMITTED]
    if left:
        post(
            award.fund_id,
            Kind.DECOMMIT,
            [Line(Place.committed(*where(award)), _commission(agreement), left)],
            actor=actor,
            key=key_for(intent, award.id),
            document=document,
            reason=reason,
        )


def _commission(agreement: Agreement) -> Place:
    return Place.commission(agreement.award.call_id, agreement.award.commission_id)
