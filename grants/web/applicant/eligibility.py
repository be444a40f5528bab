"""The rules of the call on this application: how each stands, and the facts they still need."""

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.applications import policy
from grants.applications.models import Application
from grants.calls.eligibility import Facts, judge, shown
from grants.people.facts import OrganisationFacts
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.status import standing
from grants.web.eligibility import FactsForm, answers, changed, filled, forget, look
from grants.web.parking import parks
from workflows import eligibility as workflow
from workflows.eligibility import Given, facts_of, questions, rules_of

OF_THE_ORGANISATION = {"kind", "country"}  # asked when it was registered, changed in its own file


@portal.route("/applications/<uuid:application_id>/eligibility", methods=["GET", "POST"])
@parks()
@access(policy.edit, own_application)
def eligibility(user: Person, application: Application) -> Any:
    rules = rules_of(application.call_id)
    saved, kept = facts_of(application, rules), answers()
    asked = tuple(one for one in questions(rules) if one not in OF_THE_ORGANISATION)
    typed = kept.for_call(application.call) if kept else Facts()
    organisation, id = application.organisation, application.id
    form = FactsForm(asked, application.call, filled(saved, typed), version=organisation.version)
    if form.validate_on_submit():
        workflow.give(application, _given(form, application), actor=user, version=form.version.data)
        flash(_("Your answers are saved with the organisation."))
        return forget(redirect(url_for(".eligibility", application_id=id), 303))
    return render_template(
        "applicant/eligibility.html",
        application=application,
        call=application.call,
        form=form,
        findings=[(one, look(one)) for one in judge(rules, saved, application.call.terms)],
        offered=[name for name in asked if getattr(saved, name) is None and getattr(typed, name) is not None],
        changed=[(label, shown(was)[0][1], shown(said)[0][1]) for label, was, said in changed(saved, typed, asked)],
        standing=standing(application),
    )


def _given(form: FactsForm, application: Application) -> Given:
    """What was typed, the rest of the organisation's facts as they are."""
    typed = form.answers()
    about = {name: getattr(typed, name) for name in form.asked if name in OrganisationFacts.__dataclass_fields__}
    whole = replace(OrganisationFacts.of(application.organisation), **about) if about else None
    member = {"yes": True, "no": False}.get(form.data.get("membership") or "")
    return Given(whole, member, typed.aid_elsewhere)
