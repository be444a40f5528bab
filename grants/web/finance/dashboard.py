"""The fund at a glance, and its ledger as a workbook whose totals are those of the page."""

import tempfile
from typing import Any

from flask import render_template, request, send_file

from grants.awards import policy as award_policy
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.funds import policy, queries
from grants.funds.models import Fund
from grants.ledger.queries import Figure, journal
from grants.people.models import Person
from grants.reports import workbook
from grants.reports.dashboard import dashboard as figures
from grants.reports.forecast import HORIZONS, forecast, late
from grants.reports.publishing import policy as publishing
from grants.web.access import access
from grants.web.finance import portal
from grants.web.language import current_reader, speak_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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


@portal.get("/funds/<uuid:id>/ledger.xlsx")
@access(award_policy.read_figures, queries.fund)
def ledger_workbook(user: Person, fund: Fund) -> Any:
    """The whole ledger in the reader's language."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - sent, then closed by the response
    workbook.export(fund, file, current_reader(), user)
    file.seek(0)
    name = f"{fund.code}-{now():%Y-%m-%d}.xlsx"
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)
