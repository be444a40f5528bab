"""Who sees what an organisation keeps, who gives a bank account and who verifies it."""

from grants.applications import partner_policy as partners
from grants.applications import policy as applications
from grants.applications.policy import FOLLOWERS
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.policy import serves
from grants.people.models import Organisation, Person, Right, Role
from grants.people.policy import edit_organisation, right_in
from grants.profiles.models import Attachment, BankAccount, KeptDocument, Profile

APPLICANT = "applicant"
OWNER = "owner of the organisation"
ACCOUNT_READERS = (Role.ACCOUNTANT, Role.AUDITOR)  # who reads a number whole before it is paid to
ACCOUNTANT_ONLY = N_("Only an accountant of a fund this organisation applied to verifies its account.")


@policy(OWNER)
def give_account(user: Person, organisation: Organisation) -> Claims:
    """Giving a bank account: the organisation's owners."""
    yield right_in(user, organisation) is not None, N_("This organisation is not yours.")
    yield (
        right_in(user, organisation) == Right.OWNER,
        N_("Only an owner of the organisation gives its bank account."),
    )


@policy(APPLICANT)
def view_account(user: Person, account: BankAccount) -> Claims:
    """A bank account, its number masked: those who speak for the organisation."""
    yield right_in(user, account.organisation) is not None, N_("This account is not yours.")


@policy(OWNER)
def withdraw_account(user: Person, account: BankAccount) -> Claims:
    """Taking a bank account back, or giving another in its place: the organisation's owners."""
    yield from give_account.claims(user, account.organisation)


@policy(*ACCOUNT_READERS)
def list_accounts(user: Person, _: object) -> Claims:
    """The bank accounts to verify: accountants, and auditors, who only read; the list holds only those of organisations
    that applied to them."""
    yield bool(user.roles & frozenset(ACCOUNT_READERS)), N_("Only an accountant verifies bank accounts.")


@policy(*ACCOUNT_READERS)
def read_account(user: Person, account: BankAccount) -> Claims:
    """The whole number and the certificate: accountants and auditors of a fund the organisation applied to, who are
    not of it."""
    yield any(serves(user, fund, *ACCOUNT_READERS) for fund in account.applied_to), ACCOUNTANT_ONLY
    yield (
        right_in(user, account.organisation) is None,
        N_("You belong to this organisation. Another accountant verifies its account."),
    )


@policy(Role.ACCOUNTANT)
def verify_account(user: Person, account: BankAccount) -> Claims:
    """Verifying or refusing a bank account: accountants who read it, and never whoever gave it."""
    yield any(serves(user, fund, Role.ACCOUNTANT) for fund in account.applied_to), ACCOUNTANT_ONLY
    yield from read_account.claims(user, account)
    yield user.id != account.given_by_id, N_("You gave this account. Another accountant verifies it.")


@policy(*FOLLOWERS)
def read_profile(user: Person, profile: Profile) -> Claims:
    """Directors and shareholders of an organisation: those who follow a fund it has applied to."""
    yield (
        any(serves(user, fund, *FOLLOWERS) for fund in profile.applied_to),
        N_("Only those who follow a fund this organisation applied to read its profile."),
    )


@policy(APPLICANT)
def read_kept(user: Person, kept: KeptDocument) -> Claims:
    """A document the organisation keeps: those who speak for it."""
    yield right_in(user, kept.organisation) is not None, N_("This document is not yours.")


@policy("owner or editor of the organisation")
def write_kept(user: Person, kept: KeptDocument) -> Claims:
    """Replacing and removing it: as for the organisation's particulars."""
    yield from edit_organisation.claims(user, kept.organisation)
    yield kept.ended_at is None, N_("A newer version has taken its place, or it was removed.")


@policy("owner or editor of the partner")
def attach_kept_part(user: Person, attachment: Attachment) -> Claims:
    """Putting a kept document into a partner's part: as for writing the part, and both of the same organisation."""
    partner, kept = attachment.partner, attachment.kept
    yield partner is not None, N_("Only who takes part in this project reads it.")
    if partner is not None:
        yield from partners.write_part.claims(user, partner)
        yield (
            kept.organisation_id == partner.organisation_id,
            N_("This document belongs to another organisation than the application."),
        )
    yield kept.ended_at is None, N_("A newer version has taken its place, or it was removed.")


@policy(APPLICANT)
def attach_kept(user: Person, attachment: Attachment) -> Claims:
    """Putting a kept document into a draft: as for writing the draft, and both of the same organisation."""
    application, kept = attachment.application, attachment.kept
    yield from applications.edit.claims(user, application)
    yield (
        kept.organisation_id == application.organisation_id,
        N_("This document belongs to another organisation than the application."),
    )
    yield kept.ended_at is None, N_("A newer version has taken its place, or it was removed.")
