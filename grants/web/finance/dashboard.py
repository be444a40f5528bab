"""The fund at a glance."""

from typing import Any

from flask import render_template

from grants.awards import policy as award_policy
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.funds import policy, queries
from grants.funds.models import Fund
from grants.ledger.queries import journal
from grants.people.models import Person
from grants.reports.dashboard import dashboard as figures
from grants.reports.publishing import policy as publishing
from grants.web.access import access
from grants.web.finance import portal
from grants.web.language import speak_for

RECENT = 10


@portal.get("/funds/<uuid:id>")
@access(award_policy.read_figures, queries.fund)
def fund(user: Person, fund: Fund) -> Any:
    cluster: Cluster = fund.cluster
    speak_for(cluster.country, cluster.timezone)
    today = now().astimezone(cluster.zone).date()
    recent, total = journal([fund.id], limit=RECENT)
    return render_template(
        "finance/dashboard.html",
        board=figures(fund, today),
        today=today,
        recent=recent,
        lines=total,
        may_endow=policy.endow.allows(user, fund),
        may_publish=publishing.publish_awards.allows(user, fund),
    )
