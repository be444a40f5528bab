"""Who decides, who commits, who signs, who claims, who pays; and that nobody does two of these on one grant."""

from uuid import UUID

from grants.applications.models import ApplicationState
from grants.awards.interests import hidden_award, hidden_commissions, hidden_in_fund
from grants.awards.models import (
    INTERNAL,
    RUNNING,
    Agreement,
    Award,
    AwardImport,
    Claim,
    ClaimState,
    Decision,
    Instalment,
    Invoice,
    Outcome,
)
from grants.awards.signing import partnered
from grants.calls.models import Call
from grants.core.i18n import N_, Text
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.people.models import Membership, Person, Right, Role

OVERSEERS = (
    Role.FUND_MANAGER,
    Role.OFFICER,
    Role.COMMITTEE,
    Role.AUTHORISING_OFFICER,
    Role.ACCOUNTANT,
    Role.AUDITOR,
)
OFFICES = tuple(one for one in OVERSEERS if one is not Role.COMMITTEE)


def serves(user: Person, fund: Fund, *roles: Role) -> bool:
    """Whether the person holds one of these roles for this fund."""
    return any(user.holds(role, cluster_id=fund.cluster_id, fund_id=fund.id) for role in roles)


def _only_decides(user: Person, fund: Fund) -> bool:
    """Whether the committee is their one office in the fund: the others have a task that needs its figures."""
    return serves(user, fund, Role.COMMITTEE) and not serves(user, fund, *OFFICES)


def oversees(user: Person, award: Award) -> bool:
    """Whether the person runs or oversees the fund of this grant and nothing hides it from them."""
    if _only_decides(user, award.fund):
        return not hidden_award(user, award)
    return serves(user, award.fund, *OVERSEERS)


def speaks_for(user: Person, award: Award, *rights: Right) -> bool:
    """Whether the person has one of these rights in the beneficiary's organisation (memberships must be loaded)."""
    return any(one.person_id == user.id and one.right in rights for one in memberships(award))


def memberships(award: Award) -> list[Membership]:
    return award.organisation.memberships


# --- decisions ------------------------------------------------------------------------------------------------


@policy(*OVERSEERS)
def view_decision(user: Person, decision: Decision) -> Claims:
    """Those who run or oversee the fund; until the results are out, none who is linked to an applicant of that
    commission."""
    yield serves(user, decision.call.fund, *OVERSEERS), N_("Only those who run the fund see its decisions.")
    yield decision.commission_id not in hidden_commissions(user, decision.call), LINKED


LINKED_TO_IT = N_("You are linked to this applicant: another member of the committee decides.")
LINKED_WAITING = N_(
    "You are linked to an applicant whose project waits for credit there: another member of the committee transfers it."
)
LINKED = N_("You are linked to an applicant of this commission: others decide, and you see it with the results.")


@policy(*OVERSEERS)
def see_decisions(user: Person, call: Call) -> Claims:
    """Those who run or oversee the fund of the call."""
    yield serves(user, call.fund, *OVERSEERS), N_("Only those who run the fund see its decisions.")


@policy(*OVERSEERS)
def read_figures(user: Person, fund: Fund) -> Claims:
    """Those who run or oversee the fund; until the results are out, no member of its committee who is linked to an
    applicant of one of its calls, unless another office of theirs needs the figures."""
    yield serves(user, fund, *OVERSEERS), N_("Only those who run this fund see it.")
    yield not (_only_decides(user, fund) and hidden_in_fund(user, fund.id)), LINKED


@policy(Role.COMMITTEE)
def steer(user: Person, call: Call) -> Claims:
    """A member of the strategic committee of the call's fund."""
    yield serves(user, call.fund, Role.COMMITTEE), N_("Only the strategic committee takes funding decisions.")


@policy(Role.COMMITTEE)
def decide(user: Person, decision: Decision) -> Claims:
    """A member of the strategic committee who did not make the proposal nor, if an appeal was upheld, the refusal;
    while the project is not withdrawn."""
    yield (
        serves(user, decision.call.fund, Role.COMMITTEE),
        N_("Only the strategic committee takes funding decisions."),
    )
    yield (
        user.id != decision.proposed_by_id,
        N_("You made this proposal as chair: another member of the committee decides on it."),
    )
    yield (
        user.id != decision.refused_by_id,
        N_("You had refused this project, and an appeal was upheld: another member of the committee decides on it."),
    )
    yield (
        decision.application.state != ApplicationState.WITHDRAWN,
        N_("The applicant has withdrawn this project: there is nothing to decide."),
    )


@policy(Role.COMMITTEE)
def fund(user: Person, decision: Decision) -> Claims:
    """As `decide`; a project proposed for rejection has no amount to fund, unless whoever upheld an appeal gave it one:
    then somebody else funds it."""
    yield from decide.claims(user, decision)
    yield (
        decision.proposal != Outcome.REJECTED or decision.reopened_at is not None,
        N_("The commission proposed no amount for this project. Send it back to the commission."),
    )
    yield (
        decision.proposal != Outcome.REJECTED or user.id != decision.reopened_by_id,
        N_("You gave the amount when you heard the appeal: another member of the committee decides on it."),
    )


# --- awards and agreements ------------------------------------------------------------------------------------


@policy(*OVERSEERS, "applicant")
def view(user: Person, award: Award) -> Claims:
    """Those who run or oversee the fund, but of the committee none who is linked to an applicant of that commission
    before the results; the beneficiary and its partners once the agreement is sent for signature."""
    sent = award.agreement is not None and award.agreement.state not in INTERNAL
    theirs = sent and (speaks_for(user, award, *Right) or bool(partnered(user, award, *Right)))
    yield (
        oversees(user, award) or theirs,
        N_("This grant is not yours."),
    )


@policy(*OVERSEERS, "applicant")
def view_agreement(user: Person, agreement: Agreement) -> Claims:
    """Those who run or oversee the fund, the beneficiary and its partners."""
    yield from view.claims(user, agreement.award)


@policy(Role.OFFICER)
def prepare(user: Person, agreement: Agreement) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, agreement.award.fund, Role.OFFICER), N_("Only a programme officer of the fund may do this.")


@policy(Role.AUTHORISING_OFFICER)
def authorise(user: Person, agreement: Agreement) -> Claims:
    """An authorising officer of the fund."""
    yield (
        serves(user, agreement.award.fund, Role.AUTHORISING_OFFICER),
        N_("Only an authorising officer of the fund may do this."),
    )


@policy(Role.AUTHORISING_OFFICER)
def propose_commitment(user: Person, agreement: Agreement) -> Claims:
    """An authorising officer of the fund, once the agreement has its dates and instalments."""
    yield from authorise.claims(user, agreement)
    yield (
        agreement.starts_on is not None and agreement.ends_on is not None,
        N_("The programme officer has not yet given the agreement its dates and instalments."),
    )


@policy(Role.ACCOUNTANT)
def give_visa(user: Person, agreement: Agreement) -> Claims:
    """An accountant of the fund who did not propose the commitment."""
    yield serves(user, agreement.award.fund, Role.ACCOUNTANT), N_("Only an accountant of the fund may do this.")
    yield (
        not speaks_for(user, agreement.award, *Right),
        N_("You belong to the beneficiary: somebody else takes this step."),
    )
    yield (
        user.id != agreement.proposed_by_id,
        N_("You proposed this commitment: somebody else gives the visa."),
    )


@policy("applicant")
def sign(user: Person, agreement: Agreement) -> Claims:
    """An owner of the beneficiary's organisation."""
    yield (
        speaks_for(user, agreement.award, Right.OWNER),
        N_("Only an owner of the beneficiary’s organisation may sign."),
    )


# --- claims ---------------------------------------------------------------------------------------------------

HELD: dict[str, Text] = {
    "checked_by_id": N_("You checked this claim: somebody else takes this step."),
    "liquidated_by_id": N_("You verified this claim: somebody else takes this step."),
    "ordered_by_id": N_("You ordered this payment: somebody else takes this step."),
    "paid_by_id": N_("You paid this claim: somebody else takes this step."),
}


def four_eyes(user: Person, claim: Claim, *, taking: str) -> Claims:
    """On one claim nobody holds two of {check, verify, order, pay}, and nobody of the beneficiary any of them."""
    award = claim.instalment.agreement.award
    yield (
        claim.submitted_by_id != user.id and not speaks_for(user, award, *Right),
        N_("You belong to the beneficiary: somebody else takes this step."),
    )
    for column, reason in HELD.items():
        holder: UUID | None = getattr(claim, column)
        yield column == taking or holder != user.id, reason


@policy(*OVERSEERS, "applicant")
def view_claim(user: Person, claim: Claim) -> Claims:
    """The beneficiary; and those who run or oversee the fund, once it is submitted."""
    award = claim.instalment.agreement.award
    inside = claim.state != ClaimState.DRAFT and oversees(user, award)
    yield inside or speaks_for(user, award, *Right), N_("This claim is not yours.")


def _running(claim: Claim) -> Claims:
    """Money moves while the agreement is in force: not while it is suspended, nor once it has ended."""
    yield (
        claim.instalment.agreement.state in RUNNING,
        N_("The agreement is suspended or has ended: its claims wait."),
    )


@policy("applicant")
def claim_money(user: Person, claim: Claim) -> Claims:
    """An owner or editor of the beneficiary's organisation, while the agreement is in force."""
    yield (
        speaks_for(user, claim.instalment.agreement.award, Right.OWNER, Right.EDITOR),
        N_("Only the beneficiary may do this."),
    )
    yield from _running(claim)


@policy(*OVERSEERS, "applicant")
def view_invoice(user: Person, invoice: Invoice) -> Claims:
    """As `view_claim`, of its claim."""
    yield from view_claim.claims(user, invoice.claim)


@policy("applicant")
def write_invoice(user: Person, invoice: Invoice) -> Claims:
    """As `claim_money`, of its claim."""
    yield from claim_money.claims(user, invoice.claim)


@policy("applicant")
def claim_instalment(user: Person, instalment: Instalment) -> Claims:
    """An owner or editor of the beneficiary's organisation."""
    yield (
        speaks_for(user, instalment.agreement.award, Right.OWNER, Right.EDITOR),
        N_("Only the beneficiary may do this."),
    )


@policy(Role.OFFICER)
def check(user: Person, claim: Claim) -> Claims:
    """A programme officer who takes no other step on this claim."""
    yield _serves_claim(user, claim, Role.OFFICER), N_("Only a programme officer of the fund may do this.")
    yield from four_eyes(user, claim, taking="checked_by_id")


@policy(Role.OFFICER)
def certify(user: Person, claim: Claim) -> Claims:
    """A programme officer of the fund."""
    yield _serves_claim(user, claim, Role.OFFICER), N_("Only a programme officer of the fund may do this.")


@policy(Role.OFFICER)
def liquidate(user: Person, claim: Claim) -> Claims:
    """A programme officer other than the one who checked, while the agreement is in force."""
    yield _serves_claim(user, claim, Role.OFFICER), N_("Only a programme officer of the fund may do this.")
    yield from four_eyes(user, claim, taking="liquidated_by_id")
    yield from _running(claim)


@policy(Role.AUTHORISING_OFFICER)
def order(user: Person, claim: Claim) -> Claims:
    """An authorising officer who takes no other step on this claim."""
    yield (
        _serves_claim(user, claim, Role.AUTHORISING_OFFICER),
        N_("Only an authorising officer of the fund may do this."),
    )
    yield from four_eyes(user, claim, taking="ordered_by_id")
    yield from _running(claim)


@policy(Role.ACCOUNTANT)
def pay(user: Person, claim: Claim) -> Claims:
    """An accountant who takes no other step on this claim."""
    yield _serves_claim(user, claim, Role.ACCOUNTANT), N_("Only an accountant of the fund may do this.")
    yield from four_eyes(user, claim, taking="paid_by_id")


def _serves_claim(user: Person, claim: Claim, *roles: Role) -> bool:
    return serves(user, claim.instalment.agreement.award.fund, *roles)


# --- past awards from files -----------------------------------------------------------------------------------


@policy(*OVERSEERS)
def see_imports(user: Person, _: None) -> Claims:
    """Those who run or oversee a fund; each sees the imports of theirs."""
    yield bool(user.roles & frozenset(OVERSEERS)), N_("Only those who run the fund see its imports.")


@policy(Role.OFFICER)
def start_import(user: Person, _: None) -> Claims:
    """A programme officer, for the funds they serve."""
    yield Role.OFFICER in user.roles, N_("Only a programme officer of the fund may do this.")


@policy(Role.OFFICER)
def import_awards(user: Person, fund: Fund) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, fund, Role.OFFICER), N_("Only a programme officer of the fund may do this.")


@policy(Role.OFFICER)
def run_import(user: Person, one: AwardImport) -> Claims:
    """A programme officer of the fund."""
    yield from import_awards.claims(user, one.fund)


@policy(*OVERSEERS)
def view_import(user: Person, one: AwardImport) -> Claims:
    """Those who run or oversee the fund."""
    yield serves(user, one.fund, *OVERSEERS), N_("Only those who run the fund see its imports.")
