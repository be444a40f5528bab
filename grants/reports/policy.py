"""Who asks for the files of a fund, and whose they are."""

from grants.awards import policy as awards
from grants.awards.models import Award
from grants.awards.policy import OVERSEERS, serves
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reports.models import Export


@policy(*OVERSEERS)
def list_exports(user: Person, _: object) -> Claims:
    """Those who run or oversee a fund; each has their own files."""
    yield bool(user.roles & frozenset(OVERSEERS)), N_("Only those who run a fund make files of it.")


@policy(Role.AUDITOR, Role.FUND_MANAGER)
def prove(user: Person, _: object) -> Claims:
    """Auditors and fund managers."""
    yield bool(user.roles & {Role.AUDITOR, Role.FUND_MANAGER}), N_("Only auditors and fund managers prove the books.")


@policy(*OVERSEERS)
def ask_dossier(user: Person, award: Award) -> Claims:
    """Those who run or oversee the fund and to whom nothing of this grant is hidden."""
    yield awards.oversees(user, award), N_("Only those who run or oversee the fund may take a grant’s dossier away.")


@policy(*OVERSEERS)
def read_export(user: Person, one: Export) -> Claims:
    """Whoever asked for it, while they run or oversee the fund."""
    yield one.person_id == user.id, N_("This file was made for somebody else.")
    yield serves(user, one.fund, *OVERSEERS), N_("You no longer oversee this fund: its files are closed to you.")
