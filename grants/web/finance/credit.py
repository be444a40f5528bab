"""Credit on the move: between the fund and its calls, across the end of a year, in another currency."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from grants.calls import credit_moves
from grants.calls.credit_moves import CreditMove, End
from grants.calls.credit_moves import CreditMoveState as S
from grants.clusters.places import CURRENCIES
from grants.core.clock import now
from grants.core.errors import NotEnough, Refused
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.funds import policy, queries
from grants.funds.models import UNCOMMITTED_LABELS, ExchangeRate, FiscalYear, Fund, Uncommitted, YearState
from grants.ledger.queries import balances, by_call_and_commission, first_year
from grants.ledger.stages import Stage
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.filters import plain
from grants.web.finance import portal
from grants.web.finance.journal import names
from grants.web.forms import DayField, Form, MoneyField, Versioned
from grants.web.language import speak_for
from workflows import credit_move, fiscal_year
from workflows import fund as workflow


def code_of(end: End) -> str:
    return f"{end.call_id or ''}/{end.commission_id or ''}"


def end_of(code: str) -> End:
    call, _, commission = code.partition("/")
    return End(UUID(call) if call else None, UUID(commission) if commission else None)


class MoveForm(Form):
    """Where credit comes from, where it goes. `key` makes a form sent twice one proposal."""

    key = HiddenField()
    source = SelectField(_l("From"), [InputRequired()])
    target = SelectField(_l("To"), [InputRequired()])
    amount = MoneyField(_l("Amount"), [InputRequired()])
    reason = TextAreaField(_l("Reason"), [InputRequired(), Length(max=1000)])

    def __init__(self, fund: Fund, **kwargs: Any) -> None:
        super().__init__(currency=fund.currency, data={"key": str(new_id())}, **kwargs)
        self.amount.minimum = Money(1, fund.currency)
        known = names(fund, set())
        standing = by_call_and_commission(fund.id)
        ends = [End(), *(End(call) for call in known.calls)]
        ends += [End(call, theme) for call, theme in standing if call and theme]
        order = {one: n for n, one in enumerate([*known.calls, *known.commissions])}
        ends.sort(key=lambda one: (order.get(one.call_id, -1), order.get(one.commission_id, -1)))  # type: ignore[arg-type]

        def label(end: End) -> Any:
            if end.call_id is None:
                return _("The fund")
            call = plain(known.calls[end.call_id])
            if end.commission_id is None:
                return _("%(call)s — not given to a commission", call=call)
            return f"{call} — {plain(known.commissions[end.commission_id])}"

        choices = [(code_of(one), label(one)) for one in ends]
        self.source.choices = choices
        self.target.choices = choices


@portal.route("/funds/<uuid:id>/moves", methods=["GET", "POST"], endpoint="moves")
@access(policy.view, queries.fund)
def moves(user: Person, fund: Fund) -> Any:
    """What was proposed and what became of it; the fund manager proposes here."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    may = credit_moves.propose_credit_move.allows(user, fund)
    form = MoveForm(fund) if may else None
    if request.method == "POST":
        credit_moves.propose_credit_move.require(user, fund)
    if form and form.validate_on_submit():
        fund_id = fund.id
        ends = end_of(form.source.data or ""), end_of(form.target.data or "")
        amount: Any = form.amount.data
        try:
            credit_move.propose(fund, *ends, amount, form.reason.data or "", UUID(form.key.data), actor=user)
        except (Refused, NotEnough) as refusal:
            form.amount.errors = [refusal.detail]
            fund = queries.fund(user, fund_id)
        else:
            flash(_("The transfer is proposed. The strategic committee confirms it."), "ok")
            return redirect(url_for(".moves", id=fund_id), 303)
    found = credit_moves.moves(fund.id)
    return render_template(
        "finance/moves.html",
        fund=fund,
        form=form,
        moves=[(one, portal.serves(credit_move.lifecycle.open_to(user, one))) for one in found],
        labels=credit_moves.MOVE_LABELS,
        tags={S.PROPOSED: "warn", S.CONFIRMED: "ok", S.REFUSED: "bad"},
    )


@portal.post("/funds/<uuid:fund_id>/moves/<uuid:id>/confirm")
@access(credit_moves.confirm_credit_move, credit_moves.move)
def confirm_credit_move(user: Person, move: CreditMove) -> Any:
    fund_id = move.fund_id
    credit_move.confirm(move, actor=user)
    flash(_("The transfer is confirmed: the credit has moved."), "ok")
    return redirect(url_for(".moves", id=fund_id), 303)


@portal.post("/funds/<uuid:fund_id>/moves/<uuid:id>/refuse")
@access(credit_moves.confirm_credit_move, credit_moves.move)
def refuse_credit_move(user: Person, move: CreditMove) -> Any:
    fund_id = move.fund_id
    credit_move.refuse(move, stated_reason(), actor=user)
    flash(_("The transfer is refused; the fund manager reads your reason."), "ok")
    return redirect(url_for(".moves", id=fund_id), 303)


# --- fiscal years ---------------------------------------------------------------------------------------------


class YearForm(Form, Versioned):
    """How a year ends."""

    uncommitted = SelectField(_l("Credit that nobody reserved or committed"))
    commitments_until = DayField(
        _l("Last day for commitments"), [Optional()], description=_l("After it no visa commits credit in that year.")
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.uncommitted.choices = [(one.value, label) for one, label in UNCOMMITTED_LABELS.items()]


class RecycleForm(Form):
    """What comes back to the fund, under which decision."""

    stage = SelectField(_l("What comes back"))
    document = StringField(_l("Document number"), [InputRequired(), Length(max=60)])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage.choices = [(one.value, one.label) for one in fiscal_year.RETURNABLE]


def years_shown(fund: Fund, kept: dict[int, FiscalYear], today: date) -> Sequence[FiscalYear]:
    """From the first with credit or operations to this one, newest first."""
    known = [today.year, *kept, *(one.fiscal_year for one in fund.appropriations)]
    first = min([*known, first_year(fund.id) or today.year])
    return [
        kept.get(one) or fiscal_year.year_of(fund, one)
        for one in range(max(known), max(first, max(known) - 30) - 1, -1)
    ]


@portal.get("/funds/<uuid:id>/years")
@access(policy.view, queries.fund)
def years(user: Person, fund: Fund) -> Any:
    speak_for(fund.cluster.country, fund.cluster.timezone)
    return _years_page(user, fund, RecycleForm() if policy.recycle.allows(user, fund) else None)


def _years_page(user: Person, fund: Fund, recycling: RecycleForm | None) -> str:
    today = now().astimezone(fund.cluster.zone).date()
    shown = years_shown(fund, queries.years(fund.id), today)
    opened = {one.year: [a for a in fund.appropriations if a.fiscal_year == one.year] for one in shown}
    standing = balances([fund.id])[fund.id]
    return render_template(
        "finance/years.html",
        fund=fund,
        today=today,
        years=shown,
        opened=opened,
        totals={y: Money(sum(a.amount_minor for a in found), fund.currency) for y, found in opened.items()},
        closed=YearState.CLOSED,
        may=policy.keep_years.allows(user, fund),
        recycling=recycling,
        back=[(stage, standing[stage]) for stage in fiscal_year.RETURNABLE],
    )


def year_of_fund(user: Person, id: UUID, year: int) -> FiscalYear:
    """As kept, or with the usual rules; with its fund."""
    fund = queries.fund(user, id)
    found = fiscal_year.year_of(fund, min(max(year, 1990), 2200))
    found.fund = fund
    return found


@portal.route("/funds/<uuid:id>/years/<int:year>", methods=["GET", "POST"])
@access(policy.close_year, year_of_fund)
def settle_year(user: Person, year: FiscalYear) -> Any:
    """The rules of a year, and what its close would do now."""
    fund = year.fund
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = YearForm(obj=year)
    form.commitments_until.minimum, form.commitments_until.maximum = date(year.year, 1, 1), year.last_day
    if form.validate_on_submit():
        number, fund_id = year.year, fund.id
        try:
            until = form.commitments_until.data
            fiscal_year.settle(fund, number, Uncommitted(form.uncommitted.data), until, form.version.data, actor=user)
        except Refused as refusal:
            form.commitments_until.errors = [refusal.detail]
            year = year_of_fund(user, fund_id, number)
            fund = year.fund
        else:
            flash(_("The rules of the year are kept."), "ok")
            return redirect(url_for(".settle_year", id=fund_id, year=number), 303)
    over = now().astimezone(fund.cluster.zone).date() > year.last_day
    return render_template(
        "finance/year.html",
        fund=fund,
        year=year,
        form=form,
        closed=year.state is YearState.CLOSED,
        over=over,
        closing=fiscal_year.closing(fund, year) if year.state is YearState.OPEN else None,
        names=names(fund, set()),
    )


@portal.post("/funds/<uuid:id>/years/<int:year>/close")
@access(policy.close_year, year_of_fund)
def close_year(user: Person, year: FiscalYear) -> Any:
    number, fund_id = year.year, year.fund_id
    fiscal_year.close(year.fund, number, actor=user)
    flash(_("The year %(year)s is closed.", year=str(number)), "ok")
    return redirect(url_for(".years", id=fund_id), 303)


@portal.post("/funds/<uuid:id>/recycle")
@access(policy.recycle, queries.fund)
def recycle(user: Person, fund: Fund) -> Any:
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form, fund_id = RecycleForm(), fund.id
    if form.validate_on_submit():
        try:
            back = fiscal_year.recycle(fund, Stage(form.stage.data), form.document.data or "", actor=user)
        except Refused as refusal:
            form.stage.errors = [refusal.detail]
            fund = queries.fund(user, fund_id)
        else:
            flash(_("%(amount)s is back in the fund.", amount=back), "ok")
            return redirect(url_for(".years", id=fund_id), 303)
    return _years_page(user, fund, form)


# --- exchange rates -------------------------------------------------------------------------------------------


class RateForm(Form):
    """What one unit of the fund's currency was worth, and who says so."""

    base = SelectField(_l("In currency"), [InputRequired()])
    on_date = DayField(_l("Day"), [InputRequired()])
    rate = StringField(  # a mark is always the decimal one here: nobody groups thousands in a rate
        _l("Rate"),
        [InputRequired(), Regexp(r"^[0-9]{1,9}([.,][0-9]{1,8})?$", message=N_("Write the rate as 10.9124."))],
        description=_l("What one unit of the fund’s currency is worth."),
    )
    source = StringField(
        _l("Source"), [InputRequired(), Length(max=200)], description=_l("The bank or bulletin that says so.")
    )

    def __init__(self, fund: Fund, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base.choices = [(one, one) for one in sorted({*CURRENCIES, "EUR", "USD"} - {fund.currency})]
        self.on_date.maximum = now().astimezone(fund.cluster.zone).date()


@portal.route("/funds/<uuid:id>/rates", methods=["GET", "POST"], endpoint="rates")
@access(policy.view, queries.fund)
def rates(user: Person, fund: Fund) -> Any:
    """What is recorded, and what the fund's figures are worth with the last of them: for information."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    may = policy.keep_rates.allows(user, fund)
    form = RateForm(fund) if may else None
    if request.method == "POST":
        policy.keep_rates.require(user, fund)
    if form and form.validate_on_submit():
        fund_id, day, rate = fund.id, form.on_date.data, Decimal((form.rate.data or "").replace(",", "."))
        try:
            workflow.record_rate(fund, form.base.data, day, rate, form.source.data or "", actor=user)  # type: ignore[arg-type]
        except Refused as refusal:
            form.rate.errors = [refusal.detail]
            fund = queries.fund(user, fund_id)
        else:
            flash(_("The rate is recorded."), "ok")
            return redirect(url_for(".rates", id=fund_id), 303)
    found = queries.rates(fund.id)
    last: dict[str, ExchangeRate] = {}
    for one in found:
        last.setdefault(one.base, one)
    return render_template(
        "finance/rates.html",
        fund=fund,
        form=form,
        rates=found,
        last=list(last.values()),
        standing=balances([fund.id])[fund.id],
    )
