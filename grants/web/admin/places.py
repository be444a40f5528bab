"""Where roles are held, by name: the choices of a form, and the words of a list."""

from dataclasses import dataclass

from sqlalchemy import select

from grants.clusters import queries as clusters
from grants.clusters.models import Cluster, Commission
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.people.appointments import Place
from grants.people.models import Appointment, Person
from grants.web.filters import plain

Choices = dict[str, dict[str, str]]
EVERYWHERE = "-"


@dataclass(frozen=True)
class Places:
    """Every cluster, with its funds and its commissions. Funds by name only: no amount is read."""

    clusters: list[Cluster]
    funds: list[Fund]

    @classmethod
    def load(cls, user: Person) -> "Places":
        """Three queries, however many there are."""
        funds = select(Fund).order_by(Fund.code)
        return cls(list(clusters.clusters(user)), list(db.session.scalars(funds)))

    def choices(self) -> Choices:
        """Grouped by cluster, after nothing and everywhere; the value says what is chosen, and `place` reads it."""
        everywhere = plain(N_("The whole platform (administrators)"))
        groups: Choices = {plain(N_("Platform")): {"": "—", EVERYWHERE: everywhere}}
        for cluster in self.clusters:
            options = {f"cluster:{cluster.id}": plain(N_("%(code)s: all funds", code=cluster.code))}
            options |= {f"fund:{one.id}": plain(_fund(one)) for one in self._funds(cluster)}
            options |= {f"commission:{one.id}": plain(_commission(one)) for one in cluster.commissions}
            groups[f"{cluster.code} – {cluster.name}"] = options
        return groups

    def place(self, value: str) -> Place:
        """Of a choice; KeyError for any other value, so a place always holds together."""
        known: dict[str, Place] = {EVERYWHERE: Place()}
        for cluster in self.clusters:
            known[f"cluster:{cluster.id}"] = Place(cluster.id)
            known |= {f"fund:{one.id}": Place(cluster.id, fund_id=one.id) for one in self._funds(cluster)}
            known |= {f"commission:{one.id}": Place(cluster.id, commission_id=one.id) for one in cluster.commissions}
        return known[value]

    def name(self, held: Appointment) -> Text | str:
        """Where it is held, in words."""
        cluster = next((one for one in self.clusters if one.id == held.cluster_id), None)
        if cluster is None:
            return N_("The whole platform")
        for fund in self.funds:
            if fund.id == held.fund_id:
                return N_("%(cluster)s, fund %(fund)s", cluster=cluster.code, fund=fund.name)
        for commission in cluster.commissions:
            if commission.id == held.commission_id:
                return N_("%(cluster)s, commission “%(name)s”", cluster=cluster.code, name=commission.name)
        return N_("%(cluster)s, all funds", cluster=cluster.name)

    def _funds(self, cluster: Cluster) -> list[Fund]:
        return [one for one in self.funds if one.cluster_id == cluster.id]


def _fund(fund: Fund) -> Text:
    return N_("Fund: %(name)s", name=fund.name)


def _commission(commission: Commission) -> Text:
    return N_("Commission: %(name)s", name=commission.name)
