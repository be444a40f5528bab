"""The beneficiary: reads and signs the agreement."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.awards import policy, queries
from grants.awards.models import Agreement
from grants.people.models import Person, Right
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.awards import speak
from workflows import award as award_workflow


@portal.get("/agreements/<uuid:id>")
@access(policy.view_agreement, queries.agreement)
def agreement(user: Person, agreement: Agreement) -> Any:
    speak(agreement.award)
    moves = portal.serves(award_workflow.lifecycle.open_to(user, agreement))
    return render_template(
        "applicant/agreement.html",
        award=agreement.award,
        agreement=agreement,
        moves=moves,
        may_claim=policy.speaks_for(user, agreement.award, Right.OWNER, Right.EDITOR),
    )


@portal.post("/agreements/<uuid:id>/sign")
@access(policy.sign, queries.agreement)
def sign(user: Person, agreement: Agreement) -> Any:
    award_workflow.sign(agreement, actor=user)
    flash(_("You have signed. The authorising officer signs last."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)
