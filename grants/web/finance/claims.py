"""Claims to pay: the authorising officer orders; the accountant approves, and records what the bank did."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.awards import policy, queries
from grants.awards.models import Claim, ClaimState
from grants.awards.steps import steps_of
from grants.core.policy import signed_in
from grants.payments import policy as payment_policy
from grants.payments import queries as payments
from grants.payments.models import PaymentOrder, Reversal, ReversalState
from grants.people.models import Person, Role
from grants.web import reckoning
from grants.web.access import access
from grants.web.awards import award_of, speak, stated_reason, today
from grants.web.downloads import attached
from grants.web.finance import portal
from grants.web.forms import DayField, Form
from grants.web.history import of_claim
from workflows import payment as workflow
from workflows import reversal as reversing
from workflows.claim import lifecycle

OFFICE = Role.ACCOUNTANT


class PaymentForm(Form):
    """What the bank says."""

    bank_reference = StringField(_l("Bank reference"), [InputRequired(), Length(max=64)])
    value_date = DayField(_l("Value date"), [InputRequired()])


class ReturnForm(Form):
    """What the bank says of a payment that came back."""

    returned_on = DayField(_l("Day it came back"), [InputRequired()])
    reason = StringField(_l("Reason the bank gives"), [InputRequired(), Length(max=400)])


class OrderForm(Form):
    """Which verified account of the beneficiary is paid."""

    account = SelectField(_l("Account to pay"), [InputRequired()])


def order_form(claim: Claim) -> OrderForm:
    form = OrderForm()
    found = payments.payable_accounts(award_of(claim).organisation_id, claim.currency)
    form.account.choices = [SelectChoice(str(one.id), f"{one.holder} · {one.bank} · {one.masked}") for one in found]
    return form


def return_form(claim: Claim) -> ReturnForm:
    form = ReturnForm(prefix="return-")
    form.returned_on.maximum = today(award_of(claim))
    return form


def payment_form(claim: Claim) -> PaymentForm:
    form = PaymentForm()
    form.value_date.maximum = today(award_of(claim))
    return form


@portal.get("/claims")
@access(signed_in)
def claims(user: Person) -> Any:
    return render_template("finance/claims.html", claims=queries.claims(user))


@portal.get("/claims/<uuid:id>")
@access(policy.view_claim, queries.claim)
def claim(user: Person, claim: Claim) -> Any:
    return _page(user, claim)


@portal.get("/claims/<uuid:id>/evidence")
@access(policy.view_claim, queries.claim)
def evidence(user: Person, claim: Claim) -> Any:
    return attached(claim)


@portal.post("/claims/<uuid:id>/order")
@access(policy.order, queries.claim)
def order(user: Person, claim: Claim) -> Any:
    form = order_form(claim)
    if form.account.choices and not form.validate_on_submit():
        return _page(user, claim, order=form)
    workflow.order(claim, UUID(form.account.data) if form.account.data else None, actor=user)
    flash(_("The payment is ordered. The accountant approves the order."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/approve-order")
@access(policy.pay, queries.claim)
def approve_order(user: Person, claim: Claim) -> Any:
    workflow.approve_order(claim, actor=user)
    flash(_("The order is approved."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/return-order")
@access(policy.pay, queries.claim)
def return_order(user: Person, claim: Claim) -> Any:
    workflow.return_order(claim, stated_reason(), actor=user)
    flash(_("The order is returned to the authorising officer."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/pay")
@access(policy.pay, queries.claim)
def pay(user: Person, claim: Claim) -> Any:
    form = payment_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, paid=form)
    value_date: Any = form.value_date.data
    workflow.pay(claim, form.bank_reference.data or "", value_date, actor=user)
    flash(_("The payment is recorded."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/return-payment")
@access(policy.pay, queries.claim)
def return_payment(user: Person, claim: Claim) -> Any:
    form = return_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, returned=form)
    day: Any = form.returned_on.data
    workflow.return_payment(claim, form.reason.data or "", day, actor=user)
    flash(_("Recorded: it goes back to be ordered again, and the beneficiary reads why."), "ok")
    return _back(claim)


@portal.post("/orders/<uuid:id>/reversal")
@access(payment_policy.ask_reversal, payments.order)
def ask_reversal(user: Person, order: PaymentOrder) -> Any:
    claim_id = order.claim_id
    reversing.ask_reversal(order, stated_reason(), actor=user)
    flash(_("The reversal is asked for. Somebody else confirms it."), "ok")
    return redirect(url_for(".claim", id=claim_id), 303)


@portal.post("/reversals/<uuid:id>/confirm")
@access(payment_policy.decide_reversal, payments.reversal)
def confirm_reversal(user: Person, reversal: Reversal) -> Any:
    claim_id = reversal.order.claim_id
    reversing.confirm_reversal(reversal, actor=user)
    flash(_("The payment is reversed by a contra-entry. It is at the bank again, to be paid or returned."), "ok")
    return redirect(url_for(".claim", id=claim_id), 303)


@portal.post("/reversals/<uuid:id>/refuse")
@access(payment_policy.decide_reversal, payments.reversal)
def refuse_reversal(user: Person, reversal: Reversal) -> Any:
    claim_id = reversal.order.claim_id
    reversing.refuse_reversal(reversal, stated_reason(), actor=user)
    flash(_("The payment stays recorded."), "ok")
    return redirect(url_for(".claim", id=claim_id), 303)


def _back(claim: Claim) -> Any:
    return redirect(url_for(".claim", id=claim.id), 303)


def _page(
    user: Person,
    claim: Claim,
    *,
    order: OrderForm | None = None,
    paid: PaymentForm | None = None,
    returned: ReturnForm | None = None,
) -> str:
    speak(award_of(claim))
    moves = portal.serves(lifecycle.open_to(user, claim))
    may = {move.name for move in moves}
    orders = payments.orders_of([claim.id]).get(claim.id, [])
    asked = [one for one in payments.reversals(one.id for one in orders) if one.state == ReversalState.ASKED]
    living = next((one for one in orders if one.ended_at is None), None)
    return render_template(
        "finance/claim.html",
        claim=claim,
        award=award_of(claim),
        steps=of_claim(steps_of(claim)),
        reckoning=reckoning.kept(claim),
        order_form=order or (order_form(claim) if "order" in may else None),
        form=paid or (payment_form(claim) if "pay" in may else None),
        return_form=returned or (return_form(claim) if "return_payment" in may else None),
        moves=moves,
        orders=orders,
        living=living,
        asked=asked,
        may_ask=living is not None
        and claim.state == ClaimState.PAID
        and not asked
        and OFFICE in user.roles
        and policy.serves(user, award_of(claim).fund, OFFICE),
        may_decide=[one.id for one in asked if _may_decide(user, claim, one)],
    )


def _may_decide(user: Person, claim: Claim, reversal: Reversal) -> bool:
    return payment_policy.reverse_claim.allows(user, claim) and reversal.asked_by_id != user.id
