"""What those who deal with money find in the header."""

from collections.abc import Iterator

from grants.awards.policy import OVERSEERS
from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.profiles.policy import ACCOUNT_READERS
from grants.web.navigation import Item, offer

MONEY = frozenset({Role.AUTHORISING_OFFICER, Role.ACCOUNTANT, Role.AUDITOR, Role.FUND_MANAGER})

PAYING = frozenset({Role.AUTHORISING_OFFICER, Role.ACCOUNTANT, Role.AUDITOR})
BACK = MONEY | {Role.COMMITTEE}


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and Role.COMMITTEE in user.roles and not MONEY & user.roles:
        yield Item("finance.funds", N_("Funds"), "landmark", "finance.fund")
    if user.is_authenticated and MONEY & user.roles:
        yield Item("finance.funds", N_("Funds"), "landmark", "finance.fund")
        yield Item("finance.agreements", N_("Commitments"), "signature", "finance.agreement")
        yield Item("finance.claims", N_("Payments"), "banknote", "finance.claim")
        if PAYING & user.roles:
            yield Item("finance.payments", N_("Batches"), "layers", "finance.payment")
        if frozenset(ACCOUNT_READERS) & user.roles:
            yield Item("finance.accounts", N_("Bank accounts"), "credit-card", "finance.account")
    if user.is_authenticated and BACK & user.roles:
        yield Item("finance.recoveries", N_("Recoveries"), "undo-2", "finance.recover")
    if user.is_authenticated and frozenset(OVERSEERS) & user.roles:
        yield Item("finance.exports", N_("My exports"), "file-down", "finance.export")
    if user.is_authenticated and Role.AUDITOR in user.roles:
        yield Item("finance.proofs", N_("Proof of the books"), "shield-check")
