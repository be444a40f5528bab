"""What those who deal with money find in the header."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer

MONEY = frozenset({Role.AUTHORISING_OFFICER, Role.ACCOUNTANT, Role.AUDITOR, Role.FUND_MANAGER})


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and MONEY & user.roles:
        yield Item("finance.funds", N_("Funds"), "landmark", "finance.fund")
        yield Item("finance.agreements", N_("Commitments"), "signature", "finance.agreement")
        yield Item("finance.claims", N_("Payments"), "banknote", "finance.claim")
        if Role.ACCOUNTANT in user.roles:
            yield Item("finance.accounts", N_("Bank accounts"), "credit-card", "finance.account")
