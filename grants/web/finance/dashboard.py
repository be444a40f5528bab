"""The fund at a glance."""

from typing import Any

from flask import render_template, request

from grants.awards import policy as award_policy
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.funds import policy, queries
from grants.funds.models import Fund
from grants.ledger.queries import Figure, journal
from grants.payments.outside_queries import made_elsewhere
from grants.people.models import Person
from grants.reports.dashboard import dashboard as figures
from grants.reports.forecast import HORIZONS, forecast, late
from grants.reports.publishing import policy as publishing
from grants.web.access import access
from grants.web.finance import portal
from grants.web.language import speak_for

RECENT = 10
FIGURES = (
    Figure.ENVELOPE,
    Figure.FREE,
    Figure.RESERVED,
    Figure.ENGAGED,
    Figure.VERIFIED,
    Figure.ORDERED,
    Figure.PAID,
    Figure.RECOVERED,
)
MONTHLY = (
    Figure.CREDIT,
    Figure.ENGAGED,
    Figure.VERIFIED,
    Figure.ORDERED,
    Figure.PAID,
    Figure.RECOVERED,
)


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
        elsewhere=made_elsewhere(fund)[1],
        figures=FIGURES,
        monthly=MONTHLY,
        may_endow=policy.endow.allows(user, fund),
        may_publish=publishing.publish_awards.allows(user, fund),
    )


@portal.get("/funds/<uuid:id>/forecast", endpoint="forecast")
@access(award_policy.read_figures, queries.fund)
def show_forecast(user: Person, fund: Fund) -> Any:
    """What schedules ask for in the months to come, and what waits longer than it should."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    today = now().astimezone(fund.cluster.zone).date()
    months = request.args.get("months", HORIZONS[0], type=int)
    months = months if months in HORIZONS else HORIZONS[0]
    return render_template(
        "finance/forecast.html",
        fund=fund,
        today=today,
        months=months,
        horizons=HORIZONS,
        found=forecast(fund, today, months),
        late=late(fund, today, now()),
    )
