"""Money that comes back: recovery orders and the repayment of advances, for officers, accountants and the committee."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from grants.awards.models import Award
from grants.calls.models import Call, Instrument
from grants.core.clock import now
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.ledger.service import Stage
from grants.payments import policy, queries
from grants.payments.models import Recovery, Repayment
from grants.payments.schedule import months_after
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import speak, stated_reason
from grants.web.finance import portal
from grants.web.forms import DayField, Form, MoneyField, Versioned
from workflows import recovery as workflow
from workflows import repayment as repaying


class EstablishForm(Form):
    """A recovery order. `key` makes a form sent twice one recovery."""

    key = HiddenField()
    amount = MoneyField(_l("Amount to recover"), [InputRequired()])
    reason = TextAreaField(
        _l("Reason"), [InputRequired(), Length(max=1000)], description=_l("The beneficiary reads it.")
    )


class NotifyForm(Form):
    """Until when it is to be paid."""

    due_on = DayField(_l("To be paid by"), [InputRequired()])


class TermsForm(Form):
    """Equal instalments, a month apart."""

    count = IntegerField(_l("Number of instalments"), [InputRequired(), NumberRange(2, 60)])
    first_on = DayField(_l("First one due"), [InputRequired()])


class ReceiptForm(Form):
    """What the bank received."""

    amount = MoneyField(_l("Amount received"), [InputRequired()])
    bank_reference = StringField(_l("Bank reference"), [InputRequired(), Length(max=64)])
    value_date = DayField(_l("Value date"), [InputRequired()])


class RuleForm(Form, Versioned):
    """How the advances of a call come back."""

    grace_months = IntegerField(_l("Grace months"), [InputRequired(), NumberRange(0, 120)])
    repayments = IntegerField(_l("Number of repayments"), [InputRequired(), NumberRange(1, 120)])
    period_months = IntegerField(_l("Months between two repayments"), [InputRequired(), NumberRange(1, 24)])


def day_of(award: Award) -> date:
    return now().astimezone(award.fund.cluster.zone).date()


def pages_of(total: int) -> int:
    return max(-(-total // queries.PER_PAGE), 1)


# --- recovery -------------------------------------------------------------------------------------------------


@portal.get("/recoveries")
@access(policy.see_money_back)
def recoveries(user: Person) -> Any:
    page = max(request.args.get("page", 1, int), 1)
    found, total = queries.recoveries(user, offset=(page - 1) * queries.PER_PAGE)
    return render_template("finance/recoveries.html", recoveries=found, page=page, pages=pages_of(total))


@portal.get("/recoveries/<uuid:id>")
@access(policy.view_recovery, queries.recovery)
def recovery(user: Person, recovery: Recovery) -> Any:
    return _recovery(user, recovery)


@portal.route("/agreements/<uuid:id>/recovery", methods=["GET", "POST"])
@access(policy.establish, queries.award_of_agreement)
def establish(user: Person, award: Award) -> Any:
    """An order to recover a part of what was paid."""
    speak(award)
    form = EstablishForm(currency=award.currency, data={"key": str(new_id())})
    held = Money(queries.shares(award).at(Stage.PAID), award.currency)
    form.amount.minimum, form.amount.maximum = Money(1, award.currency), held
    agreement_id = award.agreement.id if award.agreement else None
    if form.validate_on_submit():
        amount: Any = form.amount.data
        try:
            key = UUID(form.key.data)
            made = workflow.establish(award, amount, form.reason.data or "", actor=user, key=key)
        except ValueError as error:
            raise Refused(N_("Open the page again and start anew.")) from error
        except Problem as problem:
            form.amount.errors = [problem.detail]
            award = queries.award_of_agreement(user, agreement_id)  # type: ignore[arg-type]
        else:
            flash(_("The recovery is established. Notify the beneficiary."), "ok")
            return redirect(url_for(".recovery", id=made.id), 303)
    return render_template("finance/recovery_new.html", form=form, award=award, held=held)


@portal.post("/recoveries/<uuid:id>/notify")
@access(policy.pursue, queries.recovery)
def notify_recovery(user: Person, recovery: Recovery) -> Any:
    form = notify_form(recovery)
    if not form.validate_on_submit():
        return _recovery(user, recovery, notify=form)
    due_on: Any = form.due_on.data
    workflow.notify_recovery(recovery, due_on, actor=user)
    flash(_("The beneficiary’s owners are told by letter."), "ok")
    return _to(recovery)


@portal.post("/recoveries/<uuid:id>/instalments")
@access(policy.pursue, queries.recovery)
def agree_instalments(user: Person, recovery: Recovery) -> Any:
    form = TermsForm(prefix="terms-")
    if not form.validate_on_submit():
        return _recovery(user, recovery, terms=form)
    first: Any = form.first_on.data
    count = min(form.count.data or 2, recovery.left.minor)
    part = recovery.left.minor // count
    amounts = [part] * (count - 1) + [recovery.left.minor - part * (count - 1)]
    terms = [workflow.Term(months_after(first, n), Money(minor, recovery.currency)) for n, minor in enumerate(amounts)]
    workflow.agree_instalments(recovery, terms, actor=user)
    flash(_("The instalments are agreed; the beneficiary sees them."), "ok")
    return _to(recovery)


@portal.post("/recoveries/<uuid:id>/keep-back")
@access(policy.pursue, queries.recovery)
def keep_back(user: Person, recovery: Recovery) -> Any:
    workflow.keep_back_from_payments(recovery, actor=user)
    flash(_("What is left is kept back from the next payments to this beneficiary."), "ok")
    return _to(recovery)


@portal.post("/recoveries/<uuid:id>/collect")
@access(policy.collect, queries.recovery)
def collect_recovery(user: Person, recovery: Recovery) -> Any:
    form, recovery_id = receipt_form(recovery.award, recovery.left), recovery.id
    if not form.validate_on_submit():
        return _recovery(user, recovery, receipt=form)
    amount, value_date = _received(form)
    try:
        workflow.collect(recovery, amount, form.bank_reference.data or "", value_date, actor=user)
    except Problem as problem:
        form.form_errors = [problem.detail]
        return _recovery(user, queries.recovery(user, recovery_id), receipt=form)
    flash(_("The receipt is recorded."), "ok")
    return redirect(url_for(".recovery", id=recovery_id), 303)


@portal.post("/recoveries/<uuid:id>/write-off")
@access(policy.write_off, queries.recovery)
def write_off(user: Person, recovery: Recovery) -> Any:
    workflow.write_off(recovery, stated_reason(), actor=user)
    flash(_("The recovery is written off."), "ok")
    return _to(recovery)


def notify_form(recovery: Recovery) -> NotifyForm:
    form = NotifyForm(prefix="notify-")
    form.due_on.minimum = day_of(recovery.award)
    return form


def receipt_form(award: Award, left: Money) -> ReceiptForm:
    form = ReceiptForm(currency=left.currency, prefix="receipt-")
    form.amount.minimum, form.amount.maximum = Money(1, left.currency), left
    form.value_date.maximum = day_of(award)
    return form


def _received(form: ReceiptForm) -> tuple[Any, Any]:
    return form.amount.data, form.value_date.data


def _to(recovery: Recovery) -> Any:
    return redirect(url_for(".recovery", id=recovery.id), 303)


def _recovery(
    user: Person,
    recovery: Recovery,
    *,
    notify: NotifyForm | None = None,
    terms: TermsForm | None = None,
    receipt: ReceiptForm | None = None,
) -> Any:
    speak(recovery.award)
    moves = portal.serves(workflow.lifecycle.open_to(user, recovery))
    may = {one.name for one in moves}
    collects = recovery.state in workflow.PURSUED and policy.collect.allows(user, recovery)
    return render_template(
        "finance/recovery.html",
        recovery=recovery,
        receipts=queries.receipts(recovery_id=recovery.id),
        moves=may,
        notify=notify or (notify_form(recovery) if "notify_recovery" in may else None),
        terms=terms or (TermsForm(prefix="terms-") if "agree_instalments" in may else None),
        receipt=receipt or (receipt_form(recovery.award, recovery.left) if collects else None),
        on_their_way=queries.on_their_way([recovery.id]).get(recovery.id, 0),
    )


# --- repayment of advances ------------------------------------------------------------------------------------


@portal.get("/repayments")
@access(policy.see_money_back)
def repayments(user: Person) -> Any:
    """What is still to be repaid, late ones first."""
    page = max(request.args.get("page", 1, int), 1)
    found, total = queries.repayments(user, offset=(page - 1) * queries.PER_PAGE)
    return render_template(
        "finance/repayments.html", repayments=found, page=page, pages=pages_of(total), today=now().date()
    )


@portal.get("/agreements/<uuid:id>/repayments")
@access(policy.see_schedule, queries.award_of_agreement)
def repayment_schedule(user: Person, award: Award) -> Any:
    """The schedule of one advance."""
    return _schedule(user, award)


@portal.post("/agreements/<uuid:id>/repayments")
@access(policy.establish, queries.award_of_agreement)
def schedule_repayments(user: Person, award: Award) -> Any:
    agreement_id = award.agreement.id if award.agreement else None
    repaying.schedule_repayments(award, actor=user)
    flash(_("The schedule is drawn up; the beneficiary sees it."), "ok")
    return redirect(url_for(".repayment_schedule", id=agreement_id), 303)


@portal.route("/repayments/<uuid:id>", methods=["GET", "POST"])
@access(policy.record_repayment, queries.repayment)
def record_repayment(user: Person, repayment: Repayment) -> Any:
    speak(repayment.award)
    form, repayment_id = receipt_form(repayment.award, repayment.left), repayment.id
    agreement_id = repayment.award.agreement.id if repayment.award.agreement else None
    if form.validate_on_submit():
        amount, value_date = _received(form)
        try:
            repaying.record_repayment(repayment, amount, form.bank_reference.data or "", value_date, actor=user)
        except Problem as problem:
            form.form_errors = [problem.detail]
            repayment = queries.repayment(user, repayment_id)
        else:
            flash(_("The repayment is recorded."), "ok")
            return redirect(url_for(".repayment_schedule", id=agreement_id), 303)
    return render_template("finance/repayment.html", form=form, repayment=repayment, agreement_id=agreement_id)


@portal.post("/repayments/<uuid:id>/recover")
@access(policy.pursue_repayment, queries.repayment)
def pursue_repayment(user: Person, repayment: Repayment) -> Any:
    made = repaying.pursue_repayment(repayment, stated_reason(), actor=user)
    flash(_("The recovery is established. Notify the beneficiary."), "ok")
    return redirect(url_for(".recovery", id=made.id), 303)


@portal.route("/calls/<uuid:id>/repayment", methods=["GET", "POST"])
@access(policy.set_repayment_rule, queries.ruled_call)
def repayment_rule(user: Person, call: Call) -> Any:
    """How the advances of a call come back."""
    rule = queries.rule_of(call.id)
    kept = (
        {one: getattr(rule, one) for one in ("grace_months", "repayments", "period_months", "version")} if rule else {}
    )
    form, call_id = RuleForm(data=kept), call.id
    if form.validate_on_submit():
        if rule is not None:
            form.require_fresh(rule)
        grace, count, period = form.grace_months.data, form.repayments.data, form.period_months.data
        repaying.set_rule(call, grace or 0, count or 1, period or 1, form.version.data if rule else None, actor=user)
        flash(_("The rule is kept; it serves the schedules drawn up from now on."), "ok")
        return redirect(url_for(".repayment_rule", id=call_id), 303)
    return render_template(
        "finance/repayment_rule.html", form=form, call=call, advance=call.instrument == Instrument.REPAYABLE_ADVANCE
    )


def _schedule(user: Person, award: Award) -> Any:
    speak(award)
    found, _total = queries.repayments(user, award_id=award.id, limit=500)
    waited = [one for one in found if one.left and not one.recovery_id]
    waiting = queries.shares(award).at(Stage.PAID)
    return render_template(
        "finance/repayment_schedule.html",
        award=award,
        repayments=found,
        today=day_of(award),
        waiting=Money(waiting, award.currency),
        may_schedule=waiting > 0
        and award.call.instrument == Instrument.REPAYABLE_ADVANCE
        and policy.establish.allows(user, award),
        may_record={one.id for one in waited if policy.record_repayment.allows(user, one)},
        may_pursue={one.id for one in found if one.late(day_of(award)) and policy.pursue_repayment.allows(user, one)},
    )
