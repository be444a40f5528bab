"""Commitments: the authorising officer proposes, countersigns, holds up and ends; the accountant gives the visa and
closes."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.awards import agreement_policy, policy, queries, visa
from grants.awards.models import Agreement, AgreementState, Amendment
from grants.core.policy import signed_in
from grants.payments.policy import establish
from grants.people.models import Person
from grants.reports.policy import ask_dossier
from grants.web.access import access
from grants.web.agreements import amendment_as_pdf, as_pdf, compared, parts
from grants.web.awards import speak, stated_reason
from grants.web.finance import portal
from workflows import amendment as amending
from workflows import award as workflow
from workflows import closeout, in_kind


@portal.get("/agreements")
@access(signed_in)
def agreements(user: Person) -> Any:
    return render_template("finance/agreements.html", awards=queries.awards(user, limit=200))


@portal.get("/agreements/<uuid:id>")
@access(policy.view_agreement, queries.agreement)
def agreement(user: Person, agreement: Agreement) -> Any:
    award = agreement.award
    speak(award)
    standing = closeout.standing(agreement)
    proposed = agreement.state == AgreementState.COMMITMENT_PROPOSED
    return render_template(
        "finance/agreement.html",
        award=award,
        agreement=agreement,
        standing=standing,
        moves=portal.serves(workflow.lifecycle.open_to(user, agreement)),
        checks=visa.checks(agreement) if proposed else visa.kept(agreement),
        ticking=proposed and policy.give_visa.allows(user, agreement),
        support_moves=lambda one: portal.serves(in_kind.lifecycle.open_to(user, one)),
        may_recover=bool(standing.paid) and establish.allows(user, award),
        may_take=ask_dossier.allows(user, award),
        **parts(agreement),
    )


@portal.get("/agreements/<uuid:id>/agreement.pdf")
@access(policy.view_agreement, queries.agreement)
def agreement_pdf(user: Person, agreement: Agreement) -> Any:
    return as_pdf(user, agreement)


@portal.post("/agreements/<uuid:id>/propose-commitment")
@access(policy.propose_commitment, queries.agreement)
def propose_commitment(user: Person, agreement: Agreement) -> Any:
    workflow.propose_commitment(agreement, actor=user)
    flash(_("The commitment is proposed. The accountant gives the visa."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/grant-visa")
@access(policy.give_visa, queries.agreement)
def grant_visa(user: Person, agreement: Agreement) -> Any:
    workflow.grant_visa(agreement, _ticked(), actor=user)
    flash(_("Visa granted. The credit is committed."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/refuse-visa")
@access(policy.give_visa, queries.agreement)
def refuse_visa(user: Person, agreement: Agreement) -> Any:
    workflow.refuse_visa(agreement, _ticked(), stated_reason(), actor=user)
    flash(_("Visa refused."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/countersign")
@access(policy.authorise, queries.agreement)
def countersign(user: Person, agreement: Agreement) -> Any:
    workflow.countersign(agreement, actor=user)
    flash(_("Countersigned. The agreement is active."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/suspend")
@access(policy.authorise, queries.agreement)
def suspend_agreement(user: Person, agreement: Agreement) -> Any:
    closeout.suspend_agreement(agreement, stated_reason(), actor=user)
    flash(_("Suspended. Nothing is claimed or ordered until you resume it."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/resume")
@access(policy.authorise, queries.agreement)
def resume_agreement(user: Person, agreement: Agreement) -> Any:
    closeout.resume_agreement(agreement, actor=user)
    flash(_("The agreement is active again."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/terminate")
@access(policy.authorise, queries.agreement)
def terminate(user: Person, agreement: Agreement) -> Any:
    closeout.terminate(agreement, stated_reason(), actor=user)
    flash(_("Terminated. What was not paid is back in the commission’s envelope."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/propose-closeout")
@access(policy.authorise, queries.agreement)
def propose_closeout(user: Person, agreement: Agreement) -> Any:
    closeout.propose_closeout(agreement, actor=user)
    flash(_("The closeout is proposed. The accountant closes the agreement."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/return-closeout")
@access(agreement_policy.close_agreement, queries.agreement)
def return_closeout(user: Person, agreement: Agreement) -> Any:
    closeout.return_closeout(agreement, stated_reason(), actor=user)
    flash(_("Sent back, with your reason."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/close")
@access(agreement_policy.close_agreement, queries.agreement)
def close_agreement(user: Person, agreement: Agreement) -> Any:
    closeout.close_agreement(agreement, actor=user)
    flash(_("Closed out. What was not used is back in the commission’s envelope."), "ok")
    return _back(agreement)


# --- amendments -----------------------------------------------------------------------------------------------


@portal.get("/amendments/<uuid:id>")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment(user: Person, amendment: Amendment) -> Any:
    speak(amendment.agreement.award)
    moves = portal.serves(amending.lifecycle.open_to(user, amendment))
    return render_template("finance/amendment.html", moves=moves, **compared(amendment))


@portal.get("/amendments/<uuid:id>/amendment.pdf")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment_pdf(user: Person, amendment: Amendment) -> Any:
    return amendment_as_pdf(amendment)


@portal.post("/amendments/<uuid:id>/approve")
@access(agreement_policy.decide_amendment, queries.amendment)
def approve_amendment(user: Person, amendment: Amendment) -> Any:
    amending.approve_amendment(amendment, actor=user)
    flash(_("Approved. The beneficiary is asked to sign."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.post("/amendments/<uuid:id>/refuse")
@access(agreement_policy.decide_amendment, queries.amendment)
def refuse_amendment(user: Person, amendment: Amendment) -> Any:
    amending.refuse_amendment(amendment, stated_reason(), actor=user)
    flash(_("Refused. The agreement stays as it is."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.post("/amendments/<uuid:id>/give-up")
@access(agreement_policy.decide_amendment, queries.amendment)
def give_up_amendment(user: Person, amendment: Amendment) -> Any:
    amending.give_up_amendment(amendment, stated_reason(), actor=user)
    flash(_("Given up. The agreement stays as it is."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.post("/amendments/<uuid:id>/make-effective")
@access(agreement_policy.make_effective, queries.amendment)
def make_effective(user: Person, amendment: Amendment) -> Any:
    amending.make_effective(amendment, actor=user)
    flash(_("In effect: dates, schedule, budget and commitment have followed."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


def _ticked() -> set[visa.Item]:
    return {visa.Item(one) for one in request.form.getlist("item") if one in set(visa.Item)}


def _back(agreement: Agreement) -> Any:
    return redirect(url_for(".agreement", id=agreement.id), 303)
