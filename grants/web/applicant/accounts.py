"""The bank accounts of an organisation: give one, change it, withdraw it. Numbers are never shown here again."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.clusters.places import COUNTRIES as PLACES
from grants.clusters.places import CURRENCIES
from grants.core.errors import Refused
from grants.people import policy as people
from grants.people.countries import COUNTRIES
from grants.people.models import Organisation, Person
from grants.profiles import bank, policy, queries
from grants.profiles.models import AccountState, BankAccount
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.organisations import own_organisation
from grants.web.downloads import attached
from grants.web.forms import Form, UploadField
from grants.web.uploads import keep_pdf
from workflows import bank_account as workflow
from workflows.bank_account import AccountDraft, Certificate

MONEY_OF = {country: currency for country, (currency, _zone) in PLACES.items()}


class AccountForm(Form):
    holder = StringField(
        _l("Account holder"), [InputRequired(), Length(max=200)], description=_l("As the bank's certificate says it.")
    )
    bank = StringField(_l("Bank"), [InputRequired(), Length(max=120)])
    country = SelectField(
        _l("Country of the account"),
        [InputRequired()],
        choices=[SelectChoice(*one) for one in COUNTRIES.items()],
    )
    currency_code = SelectField(
        _l("Currency"),
        [InputRequired()],
        choices=[SelectChoice(one, one) for one in sorted(CURRENCIES)],
    )
    number = StringField(
        _l("Account number"),
        [InputRequired(), Length(max=60)],
        description=_l("RIB in Morocco, Algeria and West Africa; IBAN elsewhere. Spaces do not matter."),
    )
    certificate = UploadField(_l("The bank's certificate"), [InputRequired()], kinds=("pdf",))

    def validate_number(self, field: Any) -> None:
        if wrong := bank.check(field.data or "", self.country.data).wrong:
            raise ValidationError(wrong)

    def draft(self) -> AccountDraft:
        return AccountDraft(
            self.holder.data or "",
            self.bank.data or "",
            self.country.data,
            self.currency_code.data,
            self.number.data or "",
        )


def own_account(user: Person, account_id: UUID) -> BankAccount:
    return queries.account(user, account_id)


@portal.get("/organisations/<uuid:organisation_id>/accounts")
@access(people.view_organisation, own_organisation)
def organisation_accounts(user: Person, organisation: Organisation) -> Any:
    found = queries.accounts(organisation)
    return render_template(
        "applicant/accounts.html",
        organisation=organisation,
        current=[one for one in found if one.state in queries.SHOWN],
        former=[one for one in found if one.state not in queries.SHOWN],
        endings={one.id: one.masked for one in found},
        states=AccountState,
        may_give=policy.give_account.allows(user, organisation),
        countries=COUNTRIES,
    )


@portal.route("/organisations/<uuid:organisation_id>/accounts/new", methods=["GET", "POST"])
@access(policy.give_account, own_organisation)
def organisation_account(user: Person, organisation: Organisation) -> Any:
    country = organisation.country if organisation.country in COUNTRIES else "MA"
    form = AccountForm(holder=organisation.name, country=country, currency_code=MONEY_OF.get(country, "MAD"))
    return _give(user, organisation, form, None)


@portal.route("/accounts/<uuid:account_id>/change", methods=["GET", "POST"])
@access(policy.withdraw_account, own_account)
def organisation_account_change(user: Person, account: BankAccount) -> Any:
    """The old one stays until the new one is verified."""
    values = {"holder": account.holder, "bank": account.bank, "country": account.country}
    return _give(user, account.organisation, AccountForm(**values, currency_code=account.currency), account)


@portal.post("/accounts/<uuid:account_id>/withdraw")
@access(policy.withdraw_account, own_account)
def withdraw_account(user: Person, account: BankAccount) -> Any:
    id = account.organisation_id
    workflow.withdraw(account, actor=user)
    flash(_("The account is withdrawn: nothing will be paid to it."))
    return redirect(url_for(".organisation_accounts", organisation_id=id), 303)


@portal.get("/accounts/<uuid:account_id>/certificate")
@access(policy.view_account, own_account)
def organisation_certificate(user: Person, account: BankAccount) -> Any:
    return attached(account)


def _give(user: Person, organisation: Organisation, form: AccountForm, replaces: BankAccount | None) -> Any:
    id, account_id = organisation.id, replaces.id if replaces else None
    if form.validate_on_submit():
        try:
            certificate = Certificate(*keep_pdf(form.certificate))
        except Refused as refusal:
            form.certificate.errors = [refusal.detail]
        else:
            try:
                workflow.give(organisation, form.draft(), certificate, actor=user, replaces=replaces)
            except Refused as refusal:
                form.number.errors = [refusal.detail]
                organisation = own_organisation(user, id)
                replaces = own_account(user, account_id) if account_id else None
            else:
                flash(_("The account is given. An accountant verifies it before anything is paid to it."))
                return redirect(url_for(".organisation_accounts", organisation_id=id), 303)
    return render_template("applicant/account_form.html", organisation=organisation, form=form, replaces=replaces)
