"""A bank account from the organisation's word to the accountant's: given, verified or refused, replaced, withdrawn."""

from dataclasses import dataclass

from sqlalchemy import select

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.people.members import taken
from grants.people.models import Membership, Organisation, Person, Right
from grants.profiles import bank, policy, queries
from grants.profiles.models import ACCOUNT_LABELS, AccountState, BankAccount
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = AccountState
MOST_WAITING = 5

lifecycle = Lifecycle(
    "bank_account",
    ACCOUNT_LABELS,
    [
        Move("verify_account", frozenset({S.WAITING}), S.VERIFIED, policy.verify_account, N_("Verify the account")),
        Move("refuse_account", frozenset({S.WAITING}), S.REFUSED, policy.verify_account, N_("Refuse it"), why=True),
        Move("replace_account", frozenset({S.VERIFIED}), S.REPLACED, policy.read_account, N_("Replace the account")),
        Move(
            "withdraw_account",
            frozenset({S.WAITING, S.VERIFIED}),
            S.WITHDRAWN,
            policy.withdraw_account,
            N_("Withdraw the account"),
        ),
    ],
)


@dataclass(frozen=True)
class Certificate:
    """The bank's certificate, already in the store."""

    filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class AccountDraft:
    """What an owner typed; country ISO 3166, currency ISO 4217, the number as it was typed."""

    holder: str
    bank: str
    country: str
    currency: str
    number: str


def give(
    organisation: Organisation,
    draft: AccountDraft,
    certificate: Certificate,
    *,
    actor: Person,
    replaces: BankAccount | None = None,
) -> BankAccount:
    """A new account to verify. Sent twice it is the same one. Raises Refused for what cannot be an account."""
    checked = bank.check(draft.number, draft.country)
    if checked.wrong:
        raise Refused(checked.wrong)
    with transaction():
        organisation = taken(organisation.id)
        policy.give_account.require(actor, organisation)
        kept = select(BankAccount).where(BankAccount.organisation_id == organisation.id)
        alive = db.session.scalars(kept.where(BankAccount.state == S.WAITING)).all()
        same = BankAccount.number == checked.number, BankAccount.country == draft.country
        if again := db.session.scalars(kept.where(BankAccount.state == S.WAITING, *same)).one_or_none():
            return again
        verified = db.session.scalars(kept.where(BankAccount.state == S.VERIFIED, *same)).one_or_none()
        if verified is not None and verified != replaces:
            raise Refused(N_("This account has been verified already: change that one instead of adding it again."))
        if replaces is not None:
            lock(replaces, "state")
        if replaces is not None and replaces.state != S.VERIFIED:
            raise Refused(N_("Only a verified account is changed. Give the account anew."))
        if len(alive) >= MOST_WAITING:
            raise Refused(N_("%(n)s accounts wait to be verified already. Withdraw one first.", n=len(alive)))
        made = BankAccount(
            organisation_id=organisation.id,
            replaces_id=replaces.id if replaces else None,
            holder=draft.holder,
            bank=draft.bank,
            country=draft.country,
            currency=draft.currency,
            number=checked.number,
            ending=checked.number[-4:],
            filename=certificate.filename,
            media_type=certificate.media_type,
            size=certificate.size,
            sha256=certificate.sha256,
            given_by_id=actor.id,
        )
        db.session.add(made)
        db.session.flush()
        record(
            "bank_account.give", made, actor, after={"ending": made.ending, "bank": made.bank, "holder": made.holder}
        )
        _tell_owners(made, S.WAITING)
        return made


def verify(account: BankAccount, *, actor: Person) -> None:
    """The account may be paid to from now on; the one it replaces no longer."""
    with transaction():
        former = _replaced_by(account, actor)
        if former is not None:
            lifecycle.fire("replace_account", former, actor, ending=former.ending)
            db.session.flush()
        decided = {"decided_at": now(), "decided_by_id": actor.id}
        if lifecycle.fire("verify_account", account, actor, set=decided, ending=account.ending):
            _tell_owners(account, S.VERIFIED)


def refuse(account: BankAccount, reason: str, *, actor: Person) -> None:
    """The owners read the reason; the account they had before stays."""
    with transaction():
        decided = {"decided_at": now(), "decided_by_id": actor.id, "refusal_reason": reason}
        if lifecycle.fire("refuse_account", account, actor, reason=reason, set=decided, ending=account.ending):
            _tell_owners(account, S.REFUSED)


def withdraw(account: BankAccount, *, actor: Person) -> None:
    """It cannot be paid to any more."""
    with transaction():
        if lifecycle.fire("withdraw_account", account, actor, ending=account.ending):
            _tell_owners(account, S.WITHDRAWN)


def _replaced_by(account: BankAccount, actor: Person) -> BankAccount | None:
    """The account that still counts until this one is verified."""
    if account.replaces_id is None or account.state != S.WAITING:
        return None
    former = queries.account_to_verify(actor, account.replaces_id)
    return former if former.state == S.VERIFIED else None


def _tell_owners(account: BankAccount, state: AccountState) -> None:
    owners = select(Person).join(Membership, Membership.person_id == Person.id)
    found = owners.where(Membership.organisation_id == account.organisation_id, Membership.right == Right.OWNER)
    for owner in db.session.scalars(found):
        promise(tell_of_account, account, owner, slot=state)


SUBJECTS = {
    S.WAITING: N_("A bank account was given for %(organisation)s"),
    S.VERIFIED: N_("The bank account of %(organisation)s is verified"),
    S.REFUSED: N_("The bank account of %(organisation)s is refused"),
    S.WITHDRAWN: N_("A bank account of %(organisation)s was withdrawn"),
}
SENTENCES = {
    S.WAITING: N_(
        "An accountant of the fund verifies it before anything is paid to it. If this was not you, or not "
        "one of your colleagues, withdraw it at once and write to us."
    ),
    S.VERIFIED: N_("Grants may be paid to it from now on."),
    S.REFUSED: N_(
        "Nothing will be paid to it. You may give another account, or the same one with another certificate."
    ),
    S.WITHDRAWN: N_("Nothing will be paid to it any more."),
}


@letter
def tell_of_account(due: Due) -> Letter | None:
    """`promise(tell_of_account, account, owner, slot=state)`: never the whole number."""
    account = db.session.get_one(BankAccount, due.subject_id)
    organisation = db.session.get_one(Organisation, account.organisation_id)
    state = AccountState(due.slot)
    facts: list[tuple[Text, object]] = [
        (N_("Account"), account.masked),
        (N_("Bank"), account.bank),
        (N_("Holder"), account.holder),
    ]
    if state == S.REFUSED:
        facts.append((N_("Reason"), account.refusal_reason))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_(SUBJECTS[state].id, organisation=organisation.name),
        paragraphs=[SENTENCES[state]],
        facts=facts,
        action=(
            N_("See the bank accounts"),
            address("applicant.organisation_accounts", organisation_id=organisation.id),
        ),
    )
