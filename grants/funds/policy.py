"""Who opens a fund, endows it, reads it."""

from grants.clusters.models import Cluster
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.models import FiscalYear, Fund
from grants.people.models import Person, Role

READERS = (
    Role.FUND_MANAGER,
    Role.OFFICER,
    Role.COMMITTEE,
    Role.AUTHORISING_OFFICER,
    Role.ACCOUNTANT,
    Role.AUDITOR,
)


def serves(user: Person, fund: Fund, *roles: Role) -> bool:
    """Whether the person holds one of these roles for this fund."""
    return any(user.holds(role, cluster_id=fund.cluster_id, fund_id=fund.id) for role in roles)


@policy(*READERS)
def view(user: Person, fund: Fund) -> Claims:
    """Those who run or oversee the fund."""
    yield serves(user, fund, *READERS), N_("Only those who run this fund see it.")


@policy(*READERS)
def browse(user: Person, _: object) -> Claims:
    """Anybody with a role in a fund; the list holds only theirs."""
    yield any(role in user.roles for role in READERS), N_("Only those who run a fund see this list.")


@policy(Role.FUND_MANAGER)
def open_fund(user: Person, cluster: Cluster) -> Claims:
    """A fund manager of the whole cluster."""
    yield (
        any(
            one.role == Role.FUND_MANAGER and one.cluster_id == cluster.id and not one.fund_id
            for one in user.appointments
        ),
        N_("Only a fund manager of the cluster opens a fund."),
    )


@policy(Role.FUND_MANAGER)
def endow(user: Person, fund: Fund) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, fund, Role.FUND_MANAGER), N_("Only the fund manager opens credit.")


@policy(Role.FUND_MANAGER)
def keep_years(user: Person, fund: Fund) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, fund, Role.FUND_MANAGER), N_("Only the fund manager settles and closes fiscal years.")


@policy(Role.FUND_MANAGER)
def recycle(user: Person, fund: Fund) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, fund, Role.FUND_MANAGER), N_("Only the fund manager returns credit to the fund.")


@policy(Role.FUND_MANAGER, Role.ACCOUNTANT)
def keep_rates(user: Person, fund: Fund) -> Claims:
    """A fund manager or an accountant of the fund."""
    yield (
        serves(user, fund, Role.FUND_MANAGER, Role.ACCOUNTANT),
        N_("Only the fund manager and the accountant record exchange rates."),
    )


@policy(Role.FUND_MANAGER)
def close_year(user: Person, year: FiscalYear) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, year.fund, Role.FUND_MANAGER), N_("Only the fund manager settles and closes fiscal years.")
