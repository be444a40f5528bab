"""Who decides that a fund publishes its awards."""

from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.funds.policy import serves
from grants.people.models import Person, Role


@policy(Role.FUND_MANAGER)
def publish_awards(user: Person, fund: Fund) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, fund, Role.FUND_MANAGER), N_("Only the fund manager decides what the fund publishes.")
