"""Bank statements: brought in, their columns said once, their lines matched with payments and confirmed."""

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.sheets.reading import UnreadableFile
from grants.payments import policy, queries
from grants.payments.models import PayingAccount, Statement
from grants.payments.statements import WHY_LABELS, Columns, Part, matches, propose, proposed
from grants.people.models import Person
from grants.web.access import access
from grants.web.downloads import attachment
from grants.web.filters import plain
from grants.web.finance import portal
from grants.web.forms import DayField, Form, MoneyField
from grants.web.language import speak_for
from grants.web.sheet_field import SheetField
from workflows import statement as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OTHER = "other"


class StatementForm(Form):
    """The file of the bank and the two balances it asserts."""

    file = SheetField(_l("Workbook or CSV file"), [InputRequired()])
    opening = MoneyField(_l("Opening balance"), [InputRequired()])
    opening_on = DayField(_l("First day"), [InputRequired()])
    closing = MoneyField(_l("Closing balance"), [InputRequired()])
    closing_on = DayField(_l("Last day"), [InputRequired()])


class ColumnsForm(Form):
    """Which column holds what; a select for each part is added by `columns_form`."""


@portal.get("/statements")
@access(policy.see_payments)
def statements(user: Person) -> Any:
    page = max(request.args.get("page", 1, int), 1)
    found, total = queries.statements(user, offset=(page - 1) * queries.PER_PAGE)
    return render_template(
        "finance/statements.html",
        statements=found,
        unused=queries.unused(one.id for one in found),
        accounts=queries.paying_accounts(user),
        funds=queries.paying_funds(user),
        page=page,
        pages=max(-(-total // queries.PER_PAGE), 1),
    )


@portal.route("/paying-accounts/<uuid:id>/statements/new", methods=["GET", "POST"])
@access(policy.keep_account, queries.paying_account)
def statement_new(user: Person, account: PayingAccount) -> Any:
    speak_for(account.fund.cluster.country, account.fund.cluster.timezone)
    form = StatementForm(currency=account.currency)
    today = now().astimezone(account.fund.cluster.zone).date()
    form.opening_on.maximum = form.closing_on.maximum = today
    if form.validate_on_submit():
        sent, limit = form.file.data, current_app.extensions["settings"].upload_limit_mb * 1_000_000
        opening: Any = (form.opening.data, form.opening_on.data)
        closing: Any = (form.closing.data, form.closing_on.data)
        account_id = account.id
        try:
            content = sent.stream.read(limit + 1) if sent else b""
            name = (sent.filename if sent else "") or ""
            made, before = workflow.receive(account, name, content, opening=opening, closing=closing, actor=user)
        except UnreadableFile as refusal:
            form.file.errors = [refusal.detail]
            account = queries.paying_account(user, account_id)
        except Refused as refusal:
            form.form_errors = [refusal.detail]
            account = queries.paying_account(user, account_id)
        else:
            if before:
                flash(_("This very statement was brought in before. Nothing was added."), "info")
            return redirect(url_for(".statement", id=made.id), 303)
    return render_template("finance/statement_new.html", form=form, account=account)


@portal.get("/statements/<uuid:id>")
@access(policy.view_statement, queries.statement)
def statement(user: Person, statement: Statement) -> Any:
    return _page(user, statement, None)


@portal.post("/statements/<uuid:id>/columns")
@access(policy.work_statement, queries.statement)
def statement_columns(user: Person, statement: Statement) -> Any:
    form, statement_id = columns_form(statement), statement.id
    if not form.validate_on_submit():
        return _page(user, statement, form)
    headings = statement.shape["headings"]
    chosen = {part: headings[int(form[part.value].data)] for part in Part if form[part.value].data}
    try:
        workflow.say_columns(statement, Columns(chosen), actor=user)
    except Refused as refusal:
        form.form_errors = [refusal.detail]
        return _page(user, queries.statement(user, statement_id), form)
    flash(_("The lines are read; these columns are kept for the next statements of this account."), "ok")
    return redirect(url_for(".statement", id=statement_id), 303)


@portal.post("/statements/<uuid:id>/confirm")
@access(policy.work_statement, queries.statement)
def confirm_lines(user: Person, statement: Statement) -> Any:
    """What was chosen for each line; an empty choice leaves it unmatched."""
    statement_id = statement.id
    chosen: dict[UUID, UUID | None] = {}
    try:
        for name, value in request.form.items():
            if name.startswith("line-") and value:
                chosen[UUID(name[5:])] = None if value == OTHER else UUID(value)
    except ValueError as error:
        raise Refused(N_("Open the page again and start anew.")) from error
    done = workflow.confirm(statement, chosen, actor=user)
    flash(_("%(n)s confirmed.", n=done), "ok")
    return redirect(url_for(".statement", id=statement_id), 303)


@portal.post("/statements/<uuid:id>/release")
@access(policy.work_statement, queries.statement)
def release_line(user: Person, statement: Statement) -> Any:
    statement_id = statement.id
    try:
        line_id = UUID(request.form.get("line", ""))
    except ValueError as error:
        raise Refused(N_("Open the page again and start anew.")) from error
    workflow.release_line(statement, line_id, actor=user)
    return redirect(url_for(".statement", id=statement_id), 303)


@portal.get("/statements/<uuid:id>/file")
@access(policy.view_statement, queries.statement)
def statement_file(user: Person, statement: Statement) -> Any:
    kind = XLSX if statement.filename.lower().endswith((".xlsx", ".xlsm")) else "text/csv"
    return attachment(statement.sha256, statement.filename, kind, statement.size)


def columns_form(statement: Statement) -> ColumnsForm:
    """The columns of this file with an example each; those its headings tell are chosen already."""
    headings, examples = statement.shape["headings"], statement.shape["examples"]
    choices = [SelectChoice("", _("not in this file"))]
    for at, heading in enumerate(headings):
        shown = ", ".join(examples[at])
        choices.append(SelectChoice(str(at), f"{heading or '—'}" + (f" ({shown})" if shown else "")))
    held = {part.value: str(headings.index(said)) for part, said in propose(headings).headings.items()}

    class Form(ColumnsForm):
        pass

    for part in Part:
        setattr(Form, part.value, SelectField(part.label, choices=choices))
    return Form(data={part.value: held.get(part.value, "") for part in Part})


def _page(user: Person, statement: Statement, form: ColumnsForm | None) -> Any:
    speak_for(statement.account.fund.cluster.country, statement.account.fund.cluster.timezone)
    lines = queries.statement_lines(statement.id)
    may = policy.work_statement.allows(user, statement)
    orders = queries.awaited(statement.account_id) if may else []
    told = queries.already_seen(one.id for one in orders)
    open_lines = []
    for line in lines:
        if line.used_as is None:
            found = matches(line, orders, told)
            best = proposed(found)
            why = ", ".join(str(plain(WHY_LABELS[one])) for one in best.why) if best else ""
            open_lines.append((line, found, best, why))
    return render_template(
        "finance/statement.html",
        statement=statement,
        open_lines=open_lines,
        used=[one for one in lines if one.used_as is not None],
        columns=form or (columns_form(statement) if statement.read_at is None and may else None),
        parts=list(Part),
        may=may,
    )
