"""Payment batches: orders gathered, sent, their transfer list; and the accounts a fund pays from."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from grants.awards.policy import pay
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.funds.models import Fund
from grants.messages.models import Status
from grants.messages.queries import find, progress_of
from grants.payments import policy, queries
from grants.payments.models import BatchState, PayingAccount, PaymentBatch, PaymentOrder
from grants.payments.transfers import What, why_unpayable
from grants.people.countries import COUNTRIES
from grants.people.models import Person
from grants.web.access import access
from grants.web.downloads import attachment
from grants.web.finance import portal
from grants.web.finance.accounts import in_fours
from grants.web.forms import DayField, Form, Versioned
from grants.web.language import speak_for
from workflows import batch as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = 12


class GatherForm(Form):
    """From which account, and when the bank is to carry it out."""

    account = SelectField(_l("Account debited"), [InputRequired()])
    execute_on = DayField(_l("Day of execution"), [InputRequired()])


class AccountForm(Form):
    """An account the fund pays from."""

    holder = StringField(_l("Holder"), [InputRequired(), Length(max=120)])
    bank = StringField(_l("Bank"), [InputRequired(), Length(max=120)])
    country = SelectField(_l("Country of the bank"), [InputRequired()])
    number = StringField(_l("Account number"), [InputRequired(), Length(max=60)], description=_l("RIB or IBAN."))


class ColumnsForm(Form, Versioned):
    """What a bank wants in a transfer list; two fields a column are added by `columns_form`."""

    separator = SelectField(
        _l("Columns of the CSV file are separated by"), choices=[SelectChoice(one, one) for one in (";", ",")]
    )
    decimal_mark = SelectField(_l("Decimal mark"), choices=[SelectChoice(one, one) for one in (",", ".")])


@portal.get("/payments")
@access(policy.see_payments)
def payments(user: Person) -> Any:
    """Batches, and the funds whose approved orders wait."""
    page = max(request.args.get("page", 1, int), 1)
    found, total = queries.batches(user, offset=(page - 1) * queries.PER_PAGE)
    return render_template(
        "finance/payments.html",
        batches=found,
        page=page,
        pages=max(-(-total // queries.PER_PAGE), 1),
        waiting=queries.waiting_by_fund(user),
        reversals=queries.open_reversals(user),
        accounts=queries.paying_accounts(user),
        funds=queries.paying_funds(user),
    )


@portal.route("/funds/<uuid:id>/payments/new", methods=["GET", "POST"])
@access(policy.open_batch, queries.paying_fund)
def gather(user: Person, fund: Fund) -> Any:
    """Choose approved orders; one that cannot be paid says why."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form, fund_id = GatherForm(data={"execute_on": now().astimezone(fund.cluster.zone).date()}), fund.id
    accounts = queries.accounts_of(fund.id)
    form.account.choices = [SelectChoice(str(one.id), f"{one.bank} · {one.masked}") for one in accounts]
    if form.validate_on_submit():
        account = next(one for one in accounts if str(one.id) == form.account.data)
        day: Any = form.execute_on.data
        made = workflow.gather(fund, account, _chosen(), day, actor=user)
        flash(_("The batch is made. Look it over, then send it to the bank."), "ok")
        return redirect(url_for(".payment_batch", id=made.id), 303)
    orders = queries.gatherable(fund_id)
    return render_template(
        "finance/payment_new.html",
        fund=fund,
        form=form,
        orders=[(one, why_unpayable(one) or _not_mine(user, one)) for one in orders],
        chosen=set(request.form.getlist("order")) if form.is_submitted() else None,
        accounts=accounts,
    )


def _not_mine(user: Person, order: PaymentOrder) -> Any:
    return pay.why_not(user, order.claim)


def _chosen() -> list[UUID]:
    try:
        return [UUID(one) for one in request.form.getlist("order")]
    except ValueError as error:
        raise Refused(N_("Open the page again and start anew.")) from error


@portal.get("/payments/<uuid:id>")
@access(policy.view_batch, queries.batch)
def payment_batch(user: Person, batch: PaymentBatch) -> Any:
    """The orders with their accounts in full, the control sum, the files."""
    speak_for(batch.fund.cluster.country, batch.fund.cluster.timezone)
    lines = queries.lines(batch.id)
    moves = {one.name for one in portal.serves(workflow.lifecycle.open_to(user, batch))}
    return render_template(
        "finance/payment.html",
        batch=batch,
        lines=lines,
        in_fours=in_fours,
        moves=moves,
        total=sum((one.net for one in lines), Money(0, batch.currency)),
        standing=_standing(batch),
        may_leave_out=batch.state == BatchState.OPEN and policy.run_batch.allows(user, batch),
    )


@portal.post("/payments/<uuid:id>/remit")
@access(policy.run_batch, queries.batch)
def remit(user: Person, batch: PaymentBatch) -> Any:
    batch_id = batch.id
    workflow.remit(batch, actor=user)
    flash(_("The orders are being sent; the transfer list is written as soon as the ledger has all of them."), "ok")
    return redirect(url_for(".payment_batch", id=batch_id), 303)


@portal.post("/payments/<uuid:id>/abandon")
@access(policy.run_batch, queries.batch)
def abandon_batch(user: Person, batch: PaymentBatch) -> Any:
    workflow.abandon_batch(batch, actor=user)
    flash(_("The batch is given up; its orders wait for another one."), "ok")
    return redirect(url_for(".payments"), 303)


@portal.post("/payments/<uuid:id>/leave-out")
@access(policy.run_batch, queries.batch)
def leave_out(user: Person, batch: PaymentBatch) -> Any:
    batch_id, chosen = batch.id, _chosen()
    for order in queries.lines(batch_id):
        if order.id in chosen:
            workflow.leave_out(order, actor=user)
            flash(_("The order waits for another batch."), "ok")
            break
    return redirect(url_for(".payment_batch", id=batch_id), 303)


@portal.get("/payments/<uuid:id>/progress")
@access(policy.view_batch, queries.batch)
def payment_progress(user: Person, batch: PaymentBatch) -> Any:
    """For the page that waits: `{"percent", "rows", "done", "failed", "message"}`."""
    return _standing(batch)


@portal.get("/payments/<uuid:id>/transfers.csv")
@access(policy.view_batch, queries.batch)
def transfers_csv(user: Person, batch: PaymentBatch) -> Any:
    """The list as it was written: the same bytes each time."""
    _require_written(batch)
    return attachment(batch.csv_sha256 or "", f"{batch.reference}.csv", "text/csv", batch.csv_size or 0)


@portal.get("/payments/<uuid:id>/transfers.xlsx")
@access(policy.view_batch, queries.batch)
def transfers_xlsx(user: Person, batch: PaymentBatch) -> Any:
    """The list as it was written: the same bytes each time."""
    _require_written(batch)
    return attachment(batch.xlsx_sha256 or "", f"{batch.reference}.xlsx", XLSX, batch.xlsx_size or 0)


def _require_written(batch: PaymentBatch) -> None:
    if batch.state != BatchState.WRITTEN:
        raise Refused(N_("The transfer list is written once the ledger has every order of the batch."))


def _standing(batch: PaymentBatch) -> dict[str, Any]:
    waiting = batch.state == BatchState.SENDING
    done, total = progress_of(batch.promise_id) if batch.promise_id else (0, 0)
    promise = find(batch.promise_id) if batch.promise_id and waiting else None
    lost = promise is not None and promise.status in {Status.DEAD, Status.DROPPED}
    return {
        "percent": 100 * done // total if total else 0,
        "rows": done,
        "done": not waiting,
        "failed": lost,
        "message": _("Nothing was sent to the bank: an administrator can start it again.") if lost else "",
    }


# --- the accounts a fund pays from ------------------------------------------------------------------------------


@portal.route("/funds/<uuid:id>/paying-account", methods=["GET", "POST"])
@access(policy.open_batch, queries.paying_fund)
def paying_account_new(user: Person, fund: Fund) -> Any:
    form = AccountForm(data={"country": fund.cluster.country, "holder": fund.name})
    form.country.choices = [SelectChoice(*one) for one in COUNTRIES.items()]
    if form.validate_on_submit():
        fund_id = fund.id
        try:
            made = workflow.give_paying_account(
                fund,
                bank_name=form.bank.data or "",
                holder=form.holder.data or "",
                country=form.country.data,
                number=form.number.data or "",
                actor=user,
            )
        except Refused as refusal:
            form.number.errors = [refusal.detail]
            fund = queries.paying_fund(user, fund_id)
        else:
            flash(_("The account is kept. Say what its bank wants in a transfer list."), "ok")
            return redirect(url_for(".paying_account", id=made.id), 303)
    return render_template("finance/paying_account_new.html", form=form, fund=fund)


@portal.route("/paying-accounts/<uuid:id>", methods=["GET", "POST"])
@access(policy.keep_account, queries.paying_account)
def paying_account(user: Person, account: PayingAccount) -> Any:
    """The columns of its transfer list, in the bank's order."""
    form = columns_form(account)
    if form.validate_on_submit():
        form.require_fresh(account)
        chosen = [
            (What(form[f"what_{n}"].data), form[f"heading_{n}"].data or What(form[f"what_{n}"].data).label)
            for n in range(COLUMNS)
            if form[f"what_{n}"].data
        ]
        said = [(what, str(heading)) for what, heading in chosen]
        separator, mark, account_id = form.separator.data, form.decimal_mark.data, account.id
        try:
            workflow.set_columns(account, said, separator, mark, form.version.data, actor=user)
        except Refused as refusal:
            form.form_errors = [refusal.detail]
            account = queries.paying_account(user, account_id)
        else:
            flash(_("The columns are kept for the next transfer list."), "ok")
            return redirect(url_for(".paying_account", id=account_id), 303)
    return render_template(
        "finance/paying_account.html", form=form, account=account, columns=COLUMNS, in_fours=in_fours
    )


def columns_form(account: PayingAccount) -> ColumnsForm:
    class Form(ColumnsForm):
        pass

    choices = [SelectChoice("", _("no column")), *(SelectChoice(one.value, one.label) for one in What)]
    held: dict[str, Any] = {}
    for n in range(COLUMNS):
        what, heading = account.columns[n] if n < len(account.columns) else ("", "")
        held[f"what_{n}"], held[f"heading_{n}"] = what, heading
        setattr(Form, f"what_{n}", SelectField(_("Column %(n)s", n=n + 1), choices=choices))
        setattr(Form, f"heading_{n}", StringField(_("Heading"), [Optional(), Length(max=60)]))
    kept = {"separator": account.separator, "decimal_mark": account.decimal_mark, "version": account.version}
    return Form(data={**held, **kept})
