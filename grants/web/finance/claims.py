"""Payments: the authorising officer orders; the accountant approves, sends to the bank, records the payment."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from grants.awards import policy, queries
from grants.awards.models import Claim, ClaimState
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import award_of, people_named, speak, stated_reason, today
from grants.web.downloads import attached
from grants.web.finance import portal
from grants.web.forms import DayField, Form
from workflows import payment as workflow


class PaymentForm(Form):
    """What the bank says."""

    bank_reference = StringField(_l("Bank reference"), [InputRequired(), Length(max=64)])
    value_date = DayField(_l("Value date"), [InputRequired()])


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
    return _page(user, claim, payment_form(claim))


@portal.get("/claims/<uuid:id>/evidence")
@access(policy.view_claim, queries.claim)
def evidence(user: Person, claim: Claim) -> Any:
    return attached(claim)


@portal.post("/claims/<uuid:id>/order")
@access(policy.order, queries.claim)
def order(user: Person, claim: Claim) -> Any:
    workflow.order(claim, actor=user)
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


@portal.post("/claims/<uuid:id>/remit")
@access(policy.pay, queries.claim)
def remit(user: Person, claim: Claim) -> Any:
    workflow.remit(claim, actor=user)
    flash(_("Recorded: the order goes to the bank. Record the payment when the bank confirms it."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/pay")
@access(policy.pay, queries.claim)
def pay(user: Person, claim: Claim) -> Any:
    form = payment_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, form)
    value_date: Any = form.value_date.data
    workflow.pay(claim, form.bank_reference.data or "", value_date, actor=user)
    flash(_("The payment is recorded."), "ok")
    return _back(claim)


def _back(claim: Claim) -> Any:
    return redirect(url_for(".claim", id=claim.id), 303)


def _page(user: Person, claim: Claim, form: PaymentForm) -> str:
    speak(award_of(claim))
    moves = portal.serves(workflow.lifecycle.open_to(user, claim))
    return render_template(
        "finance/claim.html",
        claim=claim,
        award=award_of(claim),
        names=people_named(user, claim),
        form=form if claim.state == ClaimState.REMITTED and policy.pay.allows(user, claim) else None,
        moves=moves,
    )
