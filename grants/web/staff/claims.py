"""A programme officer's part in claims: check, certify, verify."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from grants.awards import policy, queries
from grants.awards.models import Claim, ClaimState
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.core.types import Money
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import award_of, people_named, speak, stated_reason
from grants.web.downloads import attached
from grants.web.forms import Form, MoneyField
from grants.web.staff import portal
from workflows import claim as workflow


class CheckForm(Form):
    """What of the claim is accepted, and why not the rest."""

    accepted = MoneyField(_l("Amount accepted"), [InputRequired()])
    reason = TextAreaField(_l("Reason for the reduction"), [Length(max=2000)])

    def validate_reason(self, field: Any) -> None:
        reduced = self.accepted.data is not None and self.accepted.data != self.accepted.maximum
        if reduced and not (field.data or "").strip():
            raise ValidationError(N_("Say why the amount is reduced: the beneficiary will read it."))


def check_form(claim: Claim) -> CheckForm:
    form = CheckForm(data={"accepted": claim.claimed}, currency=claim.currency)
    form.accepted.minimum, form.accepted.maximum = Money(1, claim.currency), claim.claimed
    return form


@portal.get("/claims")
@access(signed_in)
def claims(user: Person) -> Any:
    return render_template("staff/claims.html", claims=queries.claims(user))


@portal.get("/claims/<uuid:id>")
@access(policy.view_claim, queries.claim)
def claim(user: Person, claim: Claim) -> Any:
    return _page(user, claim, check_form(claim))


@portal.get("/claims/<uuid:id>/evidence")
@access(policy.view_claim, queries.claim)
def evidence(user: Person, claim: Claim) -> Any:
    return attached(claim)


@portal.post("/claims/<uuid:id>/check")
@access(policy.check, queries.claim)
def check(user: Person, claim: Claim) -> Any:
    form = check_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, form)
    accepted: Any = form.accepted.data
    workflow.check(claim, accepted, form.reason.data or "", actor=user)
    flash(_("The claim is checked."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/refuse")
@access(policy.check, queries.claim)
def refuse(user: Person, claim: Claim) -> Any:
    workflow.refuse(claim, stated_reason(), actor=user)
    flash(_("The claim is rejected. The beneficiary may claim the instalment again."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/certify")
@access(policy.certify, queries.claim)
def certify(user: Person, claim: Claim) -> Any:
    workflow.certify(claim, actor=user)
    flash(_("The delivery is certified."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/liquidate")
@access(policy.liquidate, queries.claim)
def liquidate(user: Person, claim: Claim) -> Any:
    workflow.liquidate(claim, actor=user)
    flash(_("The amount is verified. An authorising officer may order the payment."), "ok")
    return _back(claim)


def _back(claim: Claim) -> Any:
    return redirect(url_for(".claim", id=claim.id), 303)


def _page(user: Person, claim: Claim, form: CheckForm) -> str:
    speak(award_of(claim))
    return render_template(
        "staff/claim.html",
        claim=claim,
        award=award_of(claim),
        names=people_named(user, claim),
        form=form if claim.state == ClaimState.SUBMITTED and policy.check.allows(user, claim) else None,
        moves=portal.serves(workflow.lifecycle.open_to(user, claim)),
    )
