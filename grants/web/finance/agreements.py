"""Commitments: the authorising officer proposes and countersigns, the accountant gives the visa."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.awards import policy, queries
from grants.awards.models import Agreement
from grants.core.policy import signed_in
from grants.ledger.queries import Standing, by_grant
from grants.people.models import Person
from grants.reports.policy import ask_dossier
from grants.web.access import access
from grants.web.awards import speak, stated_reason
from grants.web.finance import portal
from workflows import award as workflow


@portal.get("/agreements")
@access(signed_in)
def agreements(user: Person) -> Any:
    return render_template("finance/agreements.html", awards=queries.awards(user, limit=200))


@portal.get("/agreements/<uuid:id>")
@access(policy.view_agreement, queries.agreement)
def agreement(user: Person, agreement: Agreement) -> Any:
    award = agreement.award
    speak(award)
    standing = by_grant(award.fund_id, [award.id]).get(award.id) or Standing(award.currency, {})
    moves = portal.serves(workflow.lifecycle.open_to(user, agreement))
    return render_template(
        "finance/agreement.html",
        award=award,
        agreement=agreement,
        standing=standing,
        moves=moves,
        may_take=ask_dossier.allows(user, award),
    )


@portal.post("/agreements/<uuid:id>/propose-commitment")
@access(policy.propose_commitment, queries.agreement)
def propose_commitment(user: Person, agreement: Agreement) -> Any:
    workflow.propose_commitment(agreement, actor=user)
    flash(_("The commitment is proposed. The accountant gives the visa."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/grant-visa")
@access(policy.give_visa, queries.agreement)
def grant_visa(user: Person, agreement: Agreement) -> Any:
    workflow.grant_visa(agreement, actor=user)
    flash(_("Visa granted. The credit is committed."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/refuse-visa")
@access(policy.give_visa, queries.agreement)
def refuse_visa(user: Person, agreement: Agreement) -> Any:
    workflow.refuse_visa(agreement, stated_reason(), actor=user)
    flash(_("Visa refused."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/countersign")
@access(policy.authorise, queries.agreement)
def countersign(user: Person, agreement: Agreement) -> Any:
    workflow.countersign(agreement, actor=user)
    flash(_("Countersigned. The agreement is active."), "ok")
    return _back(agreement)


@portal.post("/agreements/<uuid:id>/terminate")
@access(policy.authorise, queries.agreement)
def terminate(user: Person, agreement: Agreement) -> Any:
    workflow.terminate(agreement, stated_reason(), actor=user)
    flash(_("The agreement is given up; its credit is back in the commission’s envelope."), "ok")
    return _back(agreement)


def _back(agreement: Agreement) -> Any:
    return redirect(url_for(".agreement", id=agreement.id), 303)
