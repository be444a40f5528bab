"""Colleagues talk about a section of their draft; the fund reads none of it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from grants.applications import comment_queries as queries
from grants.applications import comments as service
from grants.applications import drafting_policy as policy
from grants.applications.comment_queries import Talk
from grants.applications.models import Comment
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.status import section_url
from grants.web.forms import Form
from grants.web.language import speak_for
from grants.web.parking import parks
from workflows import comment as workflow


class CommentForm(Form):
    text = TextAreaField(
        _l("Your comment"),
        [DataRequired(), Length(max=service.LONGEST)],
        description=_l("Only the people of your organisation read it. It is never part of what you submit."),
    )


def own_talk(user: Person, application_id: UUID, section: str) -> Talk:
    found = queries.talk(user, application_id, section)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


def own_comment(user: Person, comment_id: UUID) -> Comment:
    return queries.own_comment(user, comment_id)


@portal.get("/applications/<uuid:application_id>/comments/<section>")
@parks()
@access(policy.read_comments, own_talk)
def comments(user: Person, talk: Talk) -> Any:
    return _page(user, talk, CommentForm())


@portal.post("/applications/<uuid:application_id>/comments/<section>")
@parks("applicant.comments")
@access(policy.comment, own_talk)
def add_comment(user: Person, talk: Talk) -> Any:
    form = CommentForm()
    if not form.validate():
        return _page(user, talk, form)
    id, section = talk.application.id, talk.section
    workflow.say(talk, form.text.data or "", actor=user)
    flash(_("Your comment is added."))
    return redirect(url_for(".comments", application_id=id, section=section), 303)


@portal.post("/comments/<uuid:comment_id>/settle")
@access(policy.settle_comment, own_comment)
def settle_comment(user: Person, comment: Comment) -> Any:
    there = _page_of(comment)
    service.settle(comment, actor=user)
    return redirect(there, 303)


@portal.post("/comments/<uuid:comment_id>/reopen")
@access(policy.settle_comment, own_comment)
def reopen_comment(user: Person, comment: Comment) -> Any:
    there = _page_of(comment)
    service.take_up_again(comment, actor=user)
    return redirect(there, 303)


def _page(user: Person, talk: Talk, form: CommentForm) -> Any:
    said = queries.said(talk)
    return render_template(
        "applicant/comments.html",
        application=talk.application,
        label=talk.label,
        back=section_url(talk.application.id, talk.section),
        form=form,
        refusal=policy.comment.why_not(user, talk),
        open=[one for one in said if one.resolved_at is None],
        settled=[one for one in said if one.resolved_at is not None],
    )


def _page_of(comment: Comment) -> str:
    return url_for(".comments", application_id=comment.application_id, section=comment.section)
