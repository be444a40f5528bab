"""The strategic committee decides on amendments that change a grant by more than the fund's threshold."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.awards import agreement_policy, queries
from grants.awards.models import Amendment
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.web.access import access
from grants.web.agreements import amendment_as_pdf, compared
from grants.web.awards import speak, stated_reason
from grants.web.board import portal
from workflows import amendment as workflow


@portal.get("/amendments")
@access(signed_in)
def amendments(user: Person) -> Any:
    return render_template("board/amendments.html", amendments=queries.amendments_to_decide(user))


@portal.get("/amendments/<uuid:id>")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment(user: Person, amendment: Amendment) -> Any:
    speak(amendment.agreement.award)
    moves = portal.serves(workflow.lifecycle.open_to(user, amendment))
    return render_template("board/amendment.html", moves=moves, **compared(amendment))


@portal.get("/amendments/<uuid:id>/amendment.pdf")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment_pdf(user: Person, amendment: Amendment) -> Any:
    return amendment_as_pdf(amendment)


@portal.post("/amendments/<uuid:id>/approve")
@access(agreement_policy.decide_amendment, queries.amendment)
def approve_amendment(user: Person, amendment: Amendment) -> Any:
    workflow.approve_amendment(amendment, actor=user)
    flash(_("Approved. The beneficiary is asked to sign."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.post("/amendments/<uuid:id>/refuse")
@access(agreement_policy.decide_amendment, queries.amendment)
def refuse_amendment(user: Person, amendment: Amendment) -> Any:
    workflow.refuse_amendment(amendment, stated_reason(), actor=user)
    flash(_("Refused. The agreement stays as it is."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.post("/amendments/<uuid:id>/give-up")
@access(agreement_policy.decide_amendment, queries.amendment)
def give_up_amendment(user: Person, amendment: Amendment) -> Any:
    workflow.give_up_amendment(amendment, stated_reason(), actor=user)
    flash(_("Given up. The agreement stays as it is."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)
