"""What members of the strategic committee find in the header."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and Role.COMMITTEE in user.roles:
        yield Item("board.calls", N_("Calls and decisions"), "gavel", "board.")
        yield Item("board.amendments", N_("Amendments"), "file-pen", "board.amendment")
