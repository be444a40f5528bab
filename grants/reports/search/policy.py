"""Who has a list, and whose saved searches are whose. What a list holds is said by grants.reports.search.ground."""

from grants.applications.policy import FOLLOWERS
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reports.models import SavedSearch


@policy(*FOLLOWERS)
def search_files(user: Person, _: object) -> Claims:
    """Whoever follows a fund: the list holds what was submitted to it."""
    yield any(role in user.roles for role in FOLLOWERS), N_("Only those who follow a fund may read its files.")


@policy(Role.CHAIR)
def search_led(user: Person, _: object) -> Claims:
    """Chairs: the list holds the applications of their commissions, without those of a conflict of interest."""
    yield Role.CHAIR in user.roles, N_("Only the chair of the commission may do this.")


@policy("signed in")
def forget_search(user: Person, saved: SavedSearch) -> Claims:
    """Whoever saved it."""
    yield saved.owner_id == user.id, N_("Only the person who saved this search may remove it.")
