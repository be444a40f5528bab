"""What programme officers find in the header for grants and claims."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and Role.OFFICER in user.roles:
        yield Item("staff.calls", N_("Calls"), "megaphone", "staff.call")
        yield Item("staff.agreements", N_("Agreements"), "signature", "staff.agreement")
        yield Item("staff.claims", N_("Claims"), "banknote", "staff.claim")
