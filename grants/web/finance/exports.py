"""Files of a fund: the Excel ledger asked for with its filters, a grant's dossier, and the list of one's own."""

from typing import Any

from flask import Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice

from grants.awards import policy as award_policy
from grants.awards import queries as awards
from grants.awards.models import AGREEMENT_LABELS, AgreementState, Award
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.storage import storage
from grants.funds import queries as funds
from grants.funds.models import Fund
from grants.messages.models import Status
from grants.messages.queries import find as find_promise
from grants.messages.queries import progress_of
from grants.people.models import Person
from grants.reports import policy, queries
from grants.reports.filters import Filters
from grants.reports.models import EXPORT_KIND_LABELS, Export, ExportKind, ExportState
from grants.web.access import access
from grants.web.downloads import SANDBOX
from grants.web.filters import plain
from grants.web.finance import portal
from grants.web.forms import DayField, Form
from grants.web.language import current_reader, speak_for
from workflows import export as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {ExportKind.LEDGER: XLSX, ExportKind.DOSSIER: "application/zip"}
SINCE = 2000  # the first fiscal year that may be chosen


class FiltersForm(Form):
    """Which part of the ledger; nothing chosen is all of it."""

    call = SelectField(_l("Call for proposals"), default="")
    commission = SelectField(_l("Commission"), default="")
    beneficiary = SelectField(_l("Beneficiary"), default="")
    state = SelectField(_l("State of the agreement"), default="")
    year = SelectField(_l("Fiscal year"), default="")
    first = DayField(_l("From"), description=_l("Value date; with a day or a year, figures are what moved meanwhile."))
    last = DayField(_l("Until"), description=_l("That day included."))

    def offer(self, fund: Fund) -> None:
        """The choices of this fund; four queries at most, whatever its size."""
        cluster: Cluster = fund.cluster
        everything = SelectChoice("", _("all"))
        calls = [SelectChoice(str(one.id), f"{one.code} · {plain(one.title)}") for one in queries.calls_of(fund.id)]
        themes = [SelectChoice(str(one.id), plain(one.name)) for one in cluster.commissions]
        who = [SelectChoice(str(one.id), one.name) for one in queries.beneficiaries_of(fund.id)]
        states = [SelectChoice(one.value, AGREEMENT_LABELS[one]) for one in AgreementState]
        this = now().astimezone(cluster.zone).year
        first = min((one.fiscal_year for one in fund.appropriations), default=this)
        years = [SelectChoice(str(one), str(one)) for one in range(this, max(first, SINCE) - 1, -1)]
        self.call.choices, self.commission.choices = [everything, *calls], [everything, *themes]
        self.beneficiary.choices, self.state.choices = [everything, *who], [everything, *states]
        self.year.choices = [everything, *years]

    def validate_last(self, field: Any) -> None:
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(N_("It must not come before the first day."))

    def chosen(self) -> Filters:
        typed = {
            "call_id": self.call.data,
            "commission_id": self.commission.data,
            "organisation_id": self.beneficiary.data,
            "state": self.state.data,
            "year": self.year.data,
            "first": self.first.data and self.first.data.isoformat(),
            "last": self.last.data and self.last.data.isoformat(),
        }
        return Filters.from_json({key: value for key, value in typed.items() if value})


@portal.route("/funds/<uuid:id>/ledger", methods=["GET", "POST"])
@access(award_policy.read_figures, funds.fund)
def ask_ledger(user: Person, fund: Fund) -> Any:
    """The Excel ledger in the reader's language: which part of it."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = FiltersForm()
    form.offer(fund)
    if form.validate_on_submit():
        one = workflow.ask_ledger(fund, form.chosen(), actor=user, reader=current_reader())
        return redirect(url_for(".export", id=one.id), 303)
    return render_template("finance/ledger_form.html", fund=fund, form=form), (422 if form.errors else 200)


@portal.post("/awards/<uuid:id>/dossier")
@access(policy.ask_dossier, awards.award)
def ask_dossier(user: Person, award: Award) -> Any:
    one = workflow.ask_dossier(award, actor=user, reader=current_reader())
    return redirect(url_for(".export", id=one.id), 303)


@portal.get("/exports")
@access(policy.list_exports)
def exports(user: Person) -> Any:
    """What I asked for: when, with which filters, what it holds, until when it is kept."""
    number = max(request.args.get("page", 1, type=int), 1)
    rows, total = queries.page(user, number)
    return render_template(
        "finance/exports.html",
        exports=rows,
        page=number,
        pages=max(1, -(-total // queries.PER_PAGE)),
        kinds=EXPORT_KIND_LABELS,
        funds=funds.funds(user),
    )


@portal.get("/exports/<uuid:id>")
@access(policy.read_export, queries.find)
def export(user: Person, one: Export) -> Any:
    speak_for(one.fund.cluster.country, one.fund.cluster.timezone)
    filters = list(Filters.from_json(one.filters).said())
    return render_template(
        "finance/export.html", one=one, kinds=EXPORT_KIND_LABELS, filters=filters, standing=standing(one)
    )


@portal.get("/exports/<uuid:id>/progress")
@access(policy.read_export, queries.find)
def export_progress(user: Person, one: Export) -> Any:
    """For the page that waits: `{"percent", "rows", "done", "failed", "message"}`."""
    return standing(one)


@portal.get("/exports/<uuid:id>/file")
@access(policy.read_export, queries.find)
def export_file(user: Person, one: Export) -> Any:
    """The file, streamed. Raises Refused while it is made, and once it is deleted."""
    if one.state != ExportState.READY:
        raise Refused(N_("This file is not there: it is still being made, or it was deleted."), N_("Ask for it anew."))
    if one.kind == ExportKind.LEDGER:
        award_policy.read_figures.require(user, one.fund)
    elif one.award is not None:
        policy.ask_dossier.require(user, one.award)
    try:
        pieces = storage(current_app.extensions["settings"]).read_made(workflow.name_of(one))
    except FileNotFoundError as gone:
        raise Refused(N_("This file is no longer in the storage."), N_("Ask for it anew.")) from gone
    response = Response(pieces, mimetype=TYPES[one.kind])
    response.headers.set("Content-Disposition", "attachment", filename=one.filename)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Content-Length"] = str(one.size)
    return response


def standing(one: Export) -> dict[str, Any]:
    """How far its job has come."""
    waiting = one.state == ExportState.WAITING
    done, total = progress_of(one.promise_id) if one.promise_id else (0, 0)
    promise = find_promise(one.promise_id) if one.promise_id and waiting else None
    lost = waiting and (promise is None or promise.status in {Status.DEAD, Status.DROPPED})
    return {
        "percent": 100 * done // total if total else 0,
        "rows": done,
        "total": total,
        "done": not waiting,
        "failed": lost,
        "message": _("The file was not made. Ask for it anew.") if lost else "",
    }
