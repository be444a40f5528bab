"""Who words agreements, signs them for a partner, checks a scan, amends, holds up, ends and closes them."""

from grants.awards import signing
from grants.awards.models import Agreement, Amendment, Signature
from grants.awards.policy import OVERSEERS, authorise, serves, sign, speaks_for, view
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.people.models import Person, Right, Role

AUTHORISING_ONLY = N_("Only an authorising officer of the fund may do this.")
OFFICER_ONLY = N_("Only a programme officer of the fund may do this.")
ACCOUNTANT_ONLY = N_("Only an accountant of the fund may do this.")


@policy(Role.OFFICER)
def word_agreements(user: Person, fund: Fund) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, fund, Role.OFFICER), OFFICER_ONLY


@policy("applicant")
def sign_as_partner(user: Person, agreement: Agreement) -> Claims:
    """An owner of a partner organisation that acceded to the application."""
    yield (
        bool(signing.partnered(user, agreement.award, Right.OWNER)),
        N_("Only an owner of a partner’s organisation may sign for it."),
    )


@policy("applicant")
def send_scan(user: Person, agreement: Agreement) -> Claims:
    """An owner of the beneficiary's organisation, or of a partner's."""
    yield (
        sign.allows(user, agreement) or sign_as_partner.allows(user, agreement),
        N_("Only an owner of an organisation that signs may send the signed agreement."),
    )


@policy("applicant", Role.OFFICER)
def complete_signatures(user: Person, agreement: Agreement) -> Claims:
    """Whoever signs last of the parties, or checks the last scan."""
    yield (
        send_scan.allows(user, agreement) or serves(user, agreement.award.fund, Role.OFFICER),
        N_("Only those who sign the agreement may do this."),
    )


@policy(Role.OFFICER)
def check_scan(user: Person, signature: Signature) -> Claims:
    """A programme officer of the fund who did not send the scan."""
    yield serves(user, signature.agreement.award.fund, Role.OFFICER), OFFICER_ONLY
    yield user.id != signature.person_id, N_("You sent this scan: somebody else checks it.")


@policy(*OVERSEERS, "applicant")
def read_scan(user: Person, signature: Signature) -> Claims:
    """Those who run or oversee the fund, and whoever sent it."""
    award = signature.agreement.award
    inside = serves(user, award.fund, *OVERSEERS) and view.allows(user, award)
    yield inside or user.id == signature.person_id, N_("This scan is not yours.")


def signs(user: Person, agreement: Agreement) -> bool:
    """Whether the person signs for the lead or for the fund, and so reads the account to pay to whole."""
    return sign.allows(user, agreement) or authorise.allows(user, agreement)


@policy(Role.OFFICER)
def complete_agreement(user: Person, agreement: Agreement) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, agreement.award.fund, Role.OFFICER), OFFICER_ONLY


@policy(Role.ACCOUNTANT)
def close_agreement(user: Person, agreement: Agreement) -> Claims:
    """An accountant of the fund who did not propose the closeout."""
    yield serves(user, agreement.award.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY
    yield user.id != agreement.closing_by_id, N_("You proposed this closeout: somebody else closes the agreement.")


# --- amendments -----------------------------------------------------------------------------------------------


@policy(*OVERSEERS, "applicant")
def view_amendment(user: Person, amendment: Amendment) -> Claims:
    """Whoever sees the agreement."""
    yield from view.claims(user, amendment.agreement.award)


@policy("applicant")
def request_amendment(user: Person, agreement: Agreement) -> Claims:
    """An owner or editor of the beneficiary's organisation."""
    yield (
        speaks_for(user, agreement.award, Right.OWNER, Right.EDITOR),
        N_("Only the lead beneficiary asks for an amendment."),
    )


@policy(Role.OFFICER)
def prepare_amendment(user: Person, agreement: Agreement) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, agreement.award.fund, Role.OFFICER), OFFICER_ONLY


@policy(Role.OFFICER)
def assess_amendment(user: Person, amendment: Amendment) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, amendment.agreement.award.fund, Role.OFFICER), OFFICER_ONLY


@policy(Role.AUTHORISING_OFFICER, Role.COMMITTEE)
def decide_amendment(user: Person, amendment: Amendment) -> Claims:
    """An authorising officer of the fund, or above the fund's threshold a member of its strategic committee; neither
    who asked for it nor who assessed it."""
    fund = amendment.agreement.award.fund
    if amendment.for_committee:
        yield (
            serves(user, fund, Role.COMMITTEE),
            N_("So large a change of the grant is decided on by the strategic committee."),
        )
    else:
        yield serves(user, fund, Role.AUTHORISING_OFFICER), AUTHORISING_ONLY
    yield (
        user.id not in {amendment.requested_by_id, amendment.assessed_by_id},
        N_("You asked for this amendment or assessed it: somebody else decides."),
    )


@policy("applicant")
def sign_amendment(user: Person, amendment: Amendment) -> Claims:
    """An owner of the lead beneficiary's organisation, for the consortium."""
    yield (
        speaks_for(user, amendment.agreement.award, Right.OWNER),
        N_("Only an owner of the beneficiary’s organisation may sign."),
    )


@policy(Role.ACCOUNTANT)
def make_effective(user: Person, amendment: Amendment) -> Claims:
    """An accountant of the fund who did not decide on the amendment."""
    yield serves(user, amendment.agreement.award.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY
    yield user.id != amendment.decided_by_id, N_("You approved this amendment: somebody else makes it effective.")
