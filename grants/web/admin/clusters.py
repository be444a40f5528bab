"""Clusters and their commissions."""

from collections.abc import Callable
from typing import Any

from babel import Locale
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.clusters import policy, queries, service
from grants.clusters.models import Cluster, Commission
from grants.core.errors import Refused
from grants.core.i18n import NATIVE_NAMES, Words
from grants.people.models import Person
from grants.web.access import access
from grants.web.admin import portal
from grants.web.admin.forms import ClusterForm, CommissionForm
from grants.web.language import current_reader


@portal.get("/")
@access(policy.configure)
def index(user: Person) -> Any:
    return redirect(url_for(".people"), 303)


@portal.get("/clusters", endpoint="clusters")
@access(policy.configure)
def list_clusters(user: Person) -> Any:
    return render_template("admin/clusters.html", clusters=queries.clusters(user))


@portal.route("/clusters/new", methods=["GET", "POST"], endpoint="cluster_new")
@access(policy.configure)
def create(user: Person) -> Any:
    form = ClusterForm(country="MA", currency="MAD", timezone="Africa/Casablanca")
    if form.validate_on_submit() and (made := kept(form, service.create_cluster, form.draft(), actor=user)):
        flash(_("The cluster is created."))
        return redirect(url_for(".cluster", id=made.id), 303)
    return render_template("admin/cluster_form.html", form=form, cluster=None)


@portal.get("/clusters/<uuid:id>")
@access(policy.configure, queries.cluster)
def cluster(user: Person, cluster: Cluster) -> Any:
    return render_template("admin/cluster.html", cluster=cluster)


@portal.route("/clusters/<uuid:id>/edit", methods=["GET", "POST"], endpoint="cluster_edit")
@access(policy.configure, queries.cluster)
def revise(user: Person, cluster: Cluster) -> Any:
    form = ClusterForm(obj=cluster)
    if form.validate_on_submit():
        form.require_fresh(cluster)
        if kept(form, service.revise_cluster, cluster, form.draft(), actor=user, version=form.version.data):
            flash(_("The cluster is saved."))
            return redirect(url_for(".cluster", id=cluster.id), 303)
    return render_template("admin/cluster_form.html", form=form, cluster=cluster)


@portal.route("/clusters/<uuid:id>/commissions/new", methods=["GET", "POST"], endpoint="commission_new")
@access(policy.configure, queries.cluster)
def create_commission(user: Person, cluster: Cluster) -> Any:
    form = CommissionForm()
    if form.validate_on_submit() and kept(form, service.create_commission, cluster, form.draft(), actor=user):
        flash(_("The commission is created."))
        return redirect(url_for(".cluster", id=cluster.id), 303)
    return render_template("admin/commission_form.html", form=form, cluster=cluster, commission=None)


@portal.route("/commissions/<uuid:id>/edit", methods=["GET", "POST"], endpoint="commission_edit")
@access(policy.configure, queries.commission)
def revise_commission(user: Person, commission: Commission) -> Any:
    cluster = commission.cluster
    form = CommissionForm(obj=commission)
    if form.validate_on_submit():
        form.require_fresh(commission)
        draft, version = form.draft(), form.version.data
        if kept(form, service.revise_commission, commission, draft, actor=user, version=version):
            flash(_("The commission is saved."))
            return redirect(url_for(".cluster", id=cluster.id), 303)
    return render_template("admin/commission_form.html", form=form, cluster=cluster, commission=commission)


@portal.post("/commissions/<uuid:id>/move", endpoint="commission_move")
@access(policy.configure, queries.commission)
def move(user: Person, commission: Commission) -> Any:
    cluster_id = commission.cluster_id
    service.move_commission(commission, earlier=request.form.get("direction") == "earlier", actor=user)
    return redirect(url_for(".cluster", id=cluster_id), 303)


@portal.app_template_global()
def country_name(code: str) -> str:
    return str(Locale.parse(current_reader().cldr).territories.get(code, code))


@portal.app_template_global()
def native_names(text: Words) -> str:
    """The languages somebody wrote a text in, each in its own words."""
    return ", ".join(NATIVE_NAMES[language] for language in text)


def kept(form: ClusterForm | CommissionForm, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What the verb answers (True for nothing); or, refused, None, with the reason beside the code."""
    try:
        return verb(*args, **named) or True
    except Refused as refusal:
        form.code.errors = [refusal.detail]
        return None
