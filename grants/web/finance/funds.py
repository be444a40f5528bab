"""Opening a fund, opening credit, and the list of funds with what stands in each."""

from typing import Any
from uuid import UUID

from babel.numbers import list_currencies
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp

from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.core.errors import Problem
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.core.types import Money
from grants.funds import policy, queries
from grants.funds.models import Fund
from grants.ledger.queries import Standing, balances
from grants.people.models import Person
from grants.web.access import access
from grants.web.finance import portal
from grants.web.forms import DayField, Form, MoneyField, NumberField
from grants.web.language import speak_for
from workflows import fund as workflow
from workflows.fund import Credit

CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9-]{1,19}$", message=_l("Two to twenty letters, digits or hyphens."))


class CreditForm(Form):
    """Credit to open."""

    amount = MoneyField(_l("Amount"), [InputRequired()])
    fiscal_year = NumberField(_l("Fiscal year"), [InputRequired()], minimum=1990, maximum=2200)
    document = StringField(
        _l("Document number"),
        [InputRequired(), Length(max=64)],
        description=_l("The decision or transfer that opens it."),
    )
    value_date = DayField(_l("Value date"), [InputRequired()])

    def credit(self) -> Credit:
        return Credit(self.amount.data, self.fiscal_year.data, self.document.data or "", self.value_date.data)


class FundForm(CreditForm):
    """A new fund with its first credit. The amount is in the currency typed above it."""

    code = StringField(_l("Code"), [InputRequired(), CODE], description=_l("Short, for references: FIN"))
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    currency_code = StringField(
        _l("Currency"), [InputRequired()], description=_l("ISO code of three letters: MAD, DZD, XOF, GBP")
    )

    def validate_currency_code(self, field: Any) -> None:
        field.data = (field.data or "").upper()
        if field.data not in list_currencies():
            raise ValueError(N_("This is no ISO 4217 currency code."))


ORDER = ("code", "name", "currency_code", "amount", "fiscal_year", "document", "value_date")


def fund_form(cluster: Cluster) -> FundForm:
    today = now().astimezone(cluster.zone).date()
    values = {"currency_code": cluster.currency, "fiscal_year": today.year, "value_date": today}
    typed = request.form.get("currency_code", "").strip().upper()
    currency = typed if typed in list_currencies() else cluster.currency
    form = FundForm(data=values, currency=currency)
    form.amount.minimum = Money(1, currency)
    return form


def credit_form(fund: Fund) -> CreditForm:
    today = now().astimezone(fund.cluster.zone).date()
    form = CreditForm(data={"fiscal_year": today.year, "value_date": today}, currency=fund.currency)
    form.amount.minimum = Money(1, fund.currency)
    return form


@portal.get("/funds")
@access(signed_in)
def funds(user: Person) -> Any:
    found = queries.funds(user)
    standings = balances([one.id for one in found])
    rows = [(one, standings.get(one.id) or Standing(one.currency, {})) for one in found]
    return render_template("finance/funds.html", funds=rows, clusters=queries.managed_clusters(user))


def cluster_to_open_in(user: Person, cluster_id: UUID) -> Cluster:
    return queries.managed_cluster(user, cluster_id)


@portal.route("/clusters/<uuid:cluster_id>/funds/new", methods=["GET", "POST"])
@access(policy.open_fund, cluster_to_open_in)
def new_fund(user: Person, cluster: Cluster) -> Any:
    speak_for(cluster.country, cluster.timezone)
    form = fund_form(cluster)
    if not form.validate_on_submit():
        return render_template("finance/fund_form.html", form=form, order=ORDER, cluster=cluster)
    credit = form.credit()
    try:
        made = workflow.open_fund(
            cluster, form.code.data or "", form.name.data or "", form.currency_code.data, credit, actor=user
        )
    except Problem as problem:
        form.code.errors = [problem.detail]
        return render_template(
            "finance/fund_form.html", form=form, order=ORDER, cluster=queries.managed_cluster(user, cluster.id)
        )
    flash(_("The fund is open."), "ok")
    return redirect(url_for(".fund", id=made.id), 303)


@portal.route("/funds/<uuid:id>/credit", methods=["GET", "POST"])
@access(policy.endow, queries.fund)
def open_credit(user: Person, fund: Fund) -> Any:
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = credit_form(fund)
    if not form.validate_on_submit():
        return render_template("finance/credit_form.html", form=form, fund=fund)
    try:
        workflow.open_credit(fund, form.credit(), actor=user)
    except Problem as problem:
        form.document.errors = [problem.detail]
        return render_template("finance/credit_form.html", form=form, fund=queries.fund(user, fund.id))
    flash(_("The credit is open."), "ok")
    return redirect(url_for(".fund", id=fund.id), 303)
