"""The organisations a person speaks for."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.clusters import queries as clusters
from grants.clusters.models import MembershipState
from grants.core.policy import signed_in
from grants.people import policy, queries, service
from grants.people.models import Organisation, Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.forms import OrganisationForm
from grants.web.eligibility import answers
from grants.web.language import local_path, say
from grants.web.parking import parks
from workflows import membership


def own_organisation(user: Person, organisation_id: UUID) -> Organisation:
    return queries.organisation(user, organisation_id)


@portal.route("/organisations/new", methods=["GET", "POST"])
@parks()
@access(signed_in)
def create_organisation(user: Person) -> Any:
    kept = answers()
    known = {"country": "MA"} | (kept.for_organisation() if kept else {})
    form = OrganisationForm(data=known, clusters=clusters.clusters(user))
    back = local_path(request.args.get("next"))
    if form.validate_on_submit():
        made = membership.register(form.draft(), *form.said(), actor=user)
        flash(_("%(name)s is registered, and you are its owner.", name=made.name))
        _warn(form)
        return redirect(back or url_for(".organisation_profile", organisation_id=made.id), 303)
    return render_template("applicant/organisation.html", form=form, organisation=None, back=back, said=(), tested=kept)


@portal.route("/organisations/<uuid:organisation_id>", methods=["GET", "POST"])
@parks()
@access(policy.edit_organisation, own_organisation)
def organisation(user: Person, organisation: Organisation) -> Any:
    said = clusters.memberships_of(organisation.id)
    members = [str(one.cluster_id) for one in said.values() if one.state != MembershipState.ABSENT]
    id = organisation.id
    form = OrganisationForm(obj=organisation, data={"members": members}, clusters=clusters.clusters(user))
    form.organisation = organisation
    if form.validate_on_submit():
        membership.revise(organisation, form.draft(), *form.said(), actor=user, version=form.version.data)
        flash(_("The organisation is saved."))
        _warn(form)
        return redirect(url_for(".organisation_profile", organisation_id=id), 303)
    return render_template(
        "applicant/organisation.html", form=form, organisation=organisation, back=None, said=said.values(), tested=None
    )


def _warn(form: OrganisationForm) -> None:
    """What to look at again; it is saved all the same."""
    for warning in service.warnings_about(form.draft(), form.organisation):
        flash(say(warning), "warning")
