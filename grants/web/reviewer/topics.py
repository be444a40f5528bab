"""The topics of a commission, kept by its chair."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.wrappers import Response

from grants.clusters.models import Commission
from grants.core.i18n import Words
from grants.people.models import Person
from grants.reviews import panel_policy as policy
from grants.reviews import panel_queries as queries
from grants.reviews import panel_service as service
from grants.reviews.panel_models import Topic
from grants.reviews.topics import topics_of
from grants.web.access import access
from grants.web.reviewer import portal
from grants.web.reviewer.panel_forms import TopicForm


@portal.route("/commissions/<uuid:commission_id>/topics", methods=["GET", "POST"])
@access(policy.name_topics, queries.led_commission)
def topics(user: Person, commission: Commission) -> Any:
    form = TopicForm()
    if form.validate_on_submit():
        service.add_topic(commission, form.name.data or Words(), form.beginnings, actor=user)
        flash(_("The topic is added."), "ok")
        return _back(commission.id)
    found = topics_of([commission.id])
    return render_template("reviewer/topics.html", commission=commission, topics=found, form=form)


@portal.route("/topics/<uuid:id>", methods=["GET", "POST"])
@access(policy.name_topic, queries.led_topic)
def topic(user: Person, topic: Topic) -> Any:
    form = TopicForm(data={"name": topic.name, "words": ", ".join(topic.words), "version": topic.version})
    if form.validate_on_submit():
        service.change_topic(topic, form.name.data or Words(), form.beginnings, form.version.data, actor=user)
        flash(_("The topic is kept."), "ok")
        return _back(topic.commission_id)
    return render_template("reviewer/topic.html", topic=topic, form=form)


def commission_of(user: Person, commission_id: UUID, id: UUID) -> Commission:
    """The topic itself may be gone already."""
    return queries.led_commission(user, commission_id)


@portal.post("/commissions/<uuid:commission_id>/topics/<uuid:id>/remove")
@access(policy.name_topics, commission_of)
def remove_topic(user: Person, commission: Commission) -> Any:
    commission_id, id = commission.id, (request.view_args or {})["id"]
    with suppress(NoResultFound):  # gone already: a second press answers as the first
        service.remove_topic(queries.led_topic(user, id), actor=user)
    flash(_("The topic is removed."), "ok")
    return _back(commission_id)


def _back(commission_id: UUID) -> Response:
    return redirect(url_for(".topics", commission_id=commission_id), 303)
