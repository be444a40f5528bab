"""Funds: the list with its balances, opening one, opening credit in it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from grants.clusters.models import Cluster
from grants.clusters.places import CURRENCIES
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.funds import policy, queries
from grants.funds.models import Fund
from grants.ledger.queries import Standing, balances
from grants.people.models import Person
from grants.web.access import access
from grants.web.finance import portal
from grants.web.forms import DayField, Form, MoneyField
from grants.web.language import speak_for
from workflows import fund as workflow
from workflows.fund import Credit

CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9-]*$", message=N_("Letters, digits and hyphens only."))


class CreditForm(Form):
    """An appropriation. `key` makes a form sent twice one appropriation."""

    key = HiddenField()
    amount = MoneyField(_l("Credit opened"), [InputRequired()])
    fiscal_year = IntegerField(_l("Fiscal year"), [InputRequired(), NumberRange(1990, 2200)])
    document = StringField(
        _l("Document number"),
        [InputRequired(), Length(max=60)],
        description=_l("The decision that opens the credit. Each document serves once."),
    )
    value_date = DayField(_l("Value date"), [InputRequired()], description=_l("The day the credit is available."))
    donor = StringField(
        _l("Donor"), [Optional(), Length(max=120)], description=_l("Who gives this money, if a donor does.")
    )
    convention = StringField(
        _l("Reference of the convention"),
        [Optional(), Length(max=60)],
        description=_l("The agreement with the donor."),
    )

    def __init__(self, currency: str, cluster: Cluster, **kwargs: Any) -> None:
        today = now().astimezone(cluster.zone).date()
        fresh = {"key": str(new_id()), "fiscal_year": today.year, "value_date": today}
        super().__init__(currency=currency, data=fresh, **kwargs)
        self.amount.minimum = Money(1, currency)
        self.value_date.maximum = today

    def validate_key(self, field: Any) -> None:
        try:
            UUID(field.data)
        except ValueError as error:
            raise ValidationError(N_("Open the page again and start anew.")) from error

    def credit(self) -> Credit:
        amount, year, document, day = self.amount.data, self.fiscal_year.data, self.document.data, self.value_date.data
        given = self.donor.data or "", self.convention.data or ""
        return Credit(amount, year, document, day, *given)  # type: ignore[arg-type]  # validated: none is missing


class FundForm(CreditForm):
    """A fund and its first appropriation."""

    code = StringField(_l("Code"), [InputRequired(), Length(max=20), CODE], description=_l("Short, such as FINC."))
    name = StringField(_l("Name of the fund"), [InputRequired(), Length(max=120)])
    currency_code = SelectField(
        _l("Currency"), [InputRequired()], description=_l("For ever: a fund never changes its currency.")
    )

    def __init__(self, cluster: Cluster, **kwargs: Any) -> None:
        """Amounts are read in the currency chosen on the page."""
        known = sorted({*CURRENCIES, cluster.currency})
        sent = request.form.get("currency_code", "")
        super().__init__(sent if sent in known else cluster.currency, cluster, **kwargs)
        self.currency_code.choices = [(one, one) for one in known]
        if not self.is_submitted():
            self.currency_code.data = cluster.currency


@portal.get("/funds")
@access(policy.browse)
def funds(user: Person) -> Any:
    """Every fund of the person with what stands in it: three queries however many."""
    found = queries.funds(user)
    standings = balances(one.id for one in found)
    rows = [(one, standings.get(one.id, Standing(one.currency, {}))) for one in found]
    return render_template("finance/funds.html", funds=rows, clusters=queries.managed_clusters(user))


@portal.route("/clusters/<uuid:id>/funds/new", methods=["GET", "POST"])
@access(policy.open_fund, queries.managed_cluster)
def new_fund(user: Person, cluster: Cluster) -> Any:
    """A fund is opened with its first credit."""
    speak_for(cluster.country, cluster.timezone)
    form = FundForm(cluster)
    if form.validate_on_submit():
        code, name, currency = form.code.data or "", form.name.data or "", form.currency_code.data
        key, cluster_id = UUID(form.key.data), cluster.id
        try:
            made = workflow.open_fund(cluster, code, name, currency, form.credit(), actor=user, id=key)
        except Refused as refusal:
            form.code.errors = [refusal.detail]
            cluster = queries.managed_cluster(user, cluster_id)
        else:
            flash(_("The fund is open and its first credit is posted."), "ok")
            return redirect(url_for(".fund", id=made.id), 303)
    return render_template("finance/fund_form.html", form=form, cluster=cluster)


@portal.route("/funds/<uuid:id>/credit", methods=["GET", "POST"])
@access(policy.endow, queries.fund)
def open_credit(user: Person, fund: Fund) -> Any:
    """A further appropriation."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = CreditForm(fund.currency, fund.cluster)
    if form.validate_on_submit():
        fund_id = fund.id
        try:
            workflow.open_credit(fund, form.credit(), actor=user, id=UUID(form.key.data))
        except Refused as refusal:
            form.document.errors = [refusal.detail]
            fund = queries.fund(user, fund_id)
        else:
            flash(_("The credit is posted."), "ok")
            return redirect(url_for(".fund", id=fund_id), 303)
    opened = sorted(fund.appropriations, key=lambda one: (one.value_date, one.created_at))
    return render_template("finance/credit_form.html", form=form, fund=fund, opened=opened)
